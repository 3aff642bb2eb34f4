#!/usr/bin/env bash
# The e2e tests on the cluster of KUBECONFIG, else on the local one, which is started when down
# and in that case stopped again unless KEEP=1.
set -euo pipefail

cluster=hack/cluster/cluster
if [[ -z ${KUBECONFIG:-} ]]; then
  if [[ $("$cluster" status 2>&1 | tail -n 1) != healthy ]]; then
    [[ ${KEEP:-} == 1 ]] || trap '"$cluster" down' EXIT
    "$cluster" up
  fi
  hack/make/deploy.sh deploy
  KUBECONFIG=$("$cluster" kubeconfig)
  export KUBECONFIG
else
  hack/make/deploy.sh deploy
fi
PATH=$("$cluster" path):$PATH go test -count=1 -v -timeout 30m ./test/e2e/...
