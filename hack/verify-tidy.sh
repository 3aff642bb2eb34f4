#!/usr/bin/env bash
# go.mod and go.sum name what the code needs, no more. The modules that only pin programs to
# build (hack/tools.mod, hack/cluster/*) are left out: tidying them would fetch the test
# dependencies of Kubernetes itself.
set -euo pipefail

go mod tidy -diff
if [[ -f hack/cluster/go.mod ]]; then
  cd hack/cluster && go mod tidy -diff
fi
