#!/usr/bin/env bash
# Simulates many seeds on all cores, and compares snapshots now and then: sim.sh SEEDS [FIRST]. What fails is printed with
# its seed and its shortest history.
set -euo pipefail

seeds=${1:-10000} first=${2:-1} chunk=50
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -o "$work/engine.test" ./internal/engine
cd internal/engine
if seq "$first" "$chunk" $((first + seeds - 1)) |
  nice xargs -P "$(nproc)" -I '{}' "$work/engine.test" -test.run '^TestSimulation$' -test.timeout 2h -every 40 -seeds "$chunk" -first '{}' \
    > "$work/out"; then
  echo "$seeds seeds from $first on: no violation"
else
  grep -av '^PASS$' "$work/out"
  echo "$seeds seeds from $first on: $(grep -ac '^    --- FAIL' "$work/out") with a violation" >&2
  exit 1
fi
