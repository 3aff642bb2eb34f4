#!/usr/bin/env bash
# Tries a running cluster with real pods: images, DNS, services, volumes, logs, exec, port-forward,
# an outage of the API server. Needs `cluster up`; leaves the cluster up and empty.
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "$0")")" && pwd)"
work="$(mktemp -d)"
forward=
finish() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

PATH="$("$here/cluster" path):$PATH"
KUBECONFIG="$("$here/cluster" kubeconfig)"
export PATH KUBECONFIG
k() { kubectl --cache-dir "$work/kubectl" -n smoke "$@"; }
probe() { k exec disk-0 -- /probe "$@"; }
# expect WHAT WANTED COMMAND...: the output must contain WANTED.
expect() {
  local what="$1" wanted="$2" got
  shift 2
  got="$("$@" 2>&1)" || { echo "FAILED $what: $got"; exit 1; }
  [[ "$got" == *"$wanted"* ]] || { echo "FAILED $what: wanted $wanted, got $got"; exit 1; }
  echo "ok  $what: $(tr '\n' ' ' <<<"$got")"
}
# fetch URL: the host's side, with the probe because curl may not be there.
fetch() { "$work/probe" get "$1"; }

(cd "$here" && CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false go build -trimpath -ldflags "-s -w" -o "$work/probe" ./probe)
"$here/cluster" image --name workstream-probe:smoke --out "$work/probe.tar" --entrypoint /probe --add "$work/probe:/probe"
"$here/cluster" load-image "$work/probe.tar"

start=$SECONDS
k apply -f "$here/smoke.yaml" >/dev/null
k rollout status deployment/web --timeout=90s >/dev/null
k rollout status statefulset/disk --timeout=90s >/dev/null
echo "ok  3 pods and 2 volumes after $((SECONDS - start))s"

ip="$(k get service web -o jsonpath='{.spec.clusterIP}')"
expect "runs as nonroot" "65532 65532" probe id
expect "DNS: service, full name" "$ip" probe lookup web.smoke.svc.cluster.local
expect "DNS: service, short name" "$ip" probe lookup web
expect "DNS: pod of a headless service" "10.244." probe lookup disk-0.disk.smoke.svc.cluster.local
expect "DNS: API server" "10.96.0.1" probe lookup kubernetes.default.svc
expect "service from a pod" "web-" probe get http://web/
expect "service from the host" "web-" fetch "http://$ip/"
pods="$(for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do fetch "http://$ip/"; done | sort -u | wc -l)"
expect "service balances over the pods" "2" echo "$pods"
expect "own service from the pod itself" "disk-0" probe get http://disk-0.disk:8080/
expect "pod from the host" "web-" fetch "http://$(k get pod -l app=web -o jsonpath='{.items[0].status.podIP}'):8080/"
expect "volume: nonroot writes" "" probe write /data/file
expect "volume: it is there" "written by 65532" probe read /data/file
expect "volume: 4Mi memory volume fills" "no space left" probe fill /small
expect "logs" "serving on" k logs deployment/web

k port-forward service/web :80 --address 127.0.0.1 >"$work/forward" 2>&1 &
forward=$!
for _ in $(seq 50); do grep -q Forwarding "$work/forward" && break; sleep 0.1; done
expect "port-forward" "web-" fetch "http://$(sed -n 's/^Forwarding from \([0-9.:]*\) .*/\1/p' "$work/forward")/"
kill "$forward"
forward=

k delete pod disk-0 --wait >/dev/null
k rollout status statefulset/disk --timeout=60s >/dev/null
expect "volume: survives its pod" "written by 65532" probe read /data/file

"$here/cluster" stop-apiserver
expect "service during an outage" "web-" fetch "http://$ip/"
"$here/cluster" start-apiserver
expect "cluster after the outage" "disk-0" k get pods -o name
expect "exec after the outage" "written by 65532" probe read /data/file

start=$SECONDS
kubectl --cache-dir "$work/kubectl" delete namespace smoke --wait >/dev/null
for _ in $(seq 100); do [ -z "$(k get pv -o name)" ] && break; sleep 0.2; done
expect "volumes are gone with their claims" "0" sh -c "kubectl --cache-dir '$work/kubectl' get pv -o name | wc -l"
echo "ok  namespace and volumes deleted after $((SECONDS - start))s"
