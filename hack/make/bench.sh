#!/usr/bin/env bash
# The benchmarks, package after package; the arguments are for go test. Other packages are left out, for some start an API
# server before they see that there is nothing to run.
set -euo pipefail

KUBEBUILDER_ASSETS=$(hack/cluster/cluster assets)
export KUBEBUILDER_ASSETS

files=$(grep -rl --include='*_test.go' '^func Benchmark' internal)
mapfile -t packages < <(xargs -n 1 dirname <<< "$files" | sort -u)
go test -run '^$' -benchmem "$@" "${packages[@]/#/./}"
