#!/usr/bin/env bash
# All tests of both modules but e2e; the packages given as arguments under the race detector.
set -euo pipefail

KUBEBUILDER_ASSETS=$(hack/cluster/cluster assets)
export KUBEBUILDER_ASSETS

race=()
if (($#)) && command -v "$(go env CC)" >/dev/null; then
  list=$(go list "$@")
  mapfile -t race <<< "$list"
elif (($#)); then
  echo "no $(go env CC): testing without the race detector" >&2
fi

failed=0
list=$(go list ./... | grep -v '/test/e2e$' | grep -vxF -f <(printf '%s\n' "${race[@]:-none}"))
mapfile -t plain <<< "$list"
go test -timeout 30m -shuffle=on "${plain[@]}" || failed=1
if ((${#race[@]})); then
  go test -race -timeout 30m -shuffle=on "${race[@]}" || failed=1
fi
(cd hack/cluster && go test ./...) || failed=1
exit $failed
