#!/usr/bin/env bash
# install, deploy or undeploy, on the cluster that KUBECONFIG names or else on the local one.
# Only the local cluster and kind take an image from a file; for any other cluster IMG must be
# a reference that its nodes can pull.
set -euo pipefail

action=$1
cluster=hack/cluster/cluster
kubectl=kubectl
local_kubectl=$("$cluster" path)/kubectl
[[ -x $local_kubectl ]] && kubectl=$local_kubectl

kind=given
if [[ -z ${KUBECONFIG:-} ]]; then
  if [[ $("$cluster" status 2>&1 | tail -n 1) != healthy ]]; then
    echo "no cluster: set KUBECONFIG, or run 'make cluster-up' first" >&2
    exit 1
  fi
  KUBECONFIG=$("$cluster" kubeconfig)
  export KUBECONFIG
  kind=local
fi
context=$("$kubectl" config current-context)
[[ $kind == given && $context == kind-* ]] && kind=kind

# render writes an overlay of config/default that runs the image $1, and prints its folder.
render() {
  mkdir -p bin/deploy
  cat > bin/deploy/kustomization.yaml <<EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../config/default]
images:
- {name: workstream.dev/operator, newName: "${1%:*}", newTag: "${1##*:}"}
EOF
  echo bin/deploy
}

case $action in
install)
  "$kubectl" apply --server-side -k config/crd
  ;;
deploy)
  image=${IMG:?}
  if [[ $kind == given ]]; then
    if [[ $image == *:dev ]]; then
      echo "this cluster cannot be handed an image: push one and give its reference as IMG=..." >&2
      exit 1
    fi
  else
    make image
    image=$(<bin/image.ref)
    case $kind in
    local) "$cluster" load-image bin/image.tar ;;
    kind) kind load image-archive bin/image.tar --name "${context#kind-}" ;;
    esac
  fi
  manifests=$(render "$image")
  "$kubectl" apply --server-side -k "$manifests"
  "$kubectl" kustomize "$manifests" |
    "$kubectl" get -f - -o jsonpath='{range .items[?(@.kind=="Deployment")]}{.metadata.namespace} {.metadata.name}{"\n"}{end}' |
    while read -r namespace name; do
      "$kubectl" -n "$namespace" rollout status "deployment/$name" --timeout=180s
    done
  ;;
undeploy)
  # The objects first, while the manager is there to let go of their finalizers.
  "$kubectl" delete --ignore-not-found --timeout=120s -k config/crd
  "$kubectl" delete --ignore-not-found --timeout=180s -k "$(render "${IMG:?}")"
  ;;
*)
  echo "usage: $0 install|deploy|undeploy" >&2
  exit 2
  ;;
esac
