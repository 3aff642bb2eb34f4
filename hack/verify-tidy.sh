#!/usr/bin/env bash
# go.mod and go.sum name what the code needs, no more. The modules that only pin programs to
# build (hack/tools.mod, hack/cluster/*) are left out: tidying them would fetch the test
# dependencies of Kubernetes itself.
set -euo pipefail

failed=0
for dir in . hack/cluster; do
  (cd "$dir" && go mod tidy -diff) || failed=1
done
exit $failed
