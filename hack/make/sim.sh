#!/usr/bin/env bash
# Simulates many seeds on all cores, and compares snapshots now and then: sim.sh SEEDS [FIRST]. What fails is printed with
# its seed and its shortest history.
set -euo pipefail

seeds=${1:-10000} first=${2:-1} chunk=50 # seeds of one process at a time, the last of which may have fewer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -o "$work/engine.test" ./internal/engine
cd internal/engine
each=$(((seeds + $(nproc) - 1) / $(nproc)))
((each > chunk)) && each=$chunk
last=$((first + seeds - 1))
if for ((at = first; at <= last; at += each)); do
  echo "$at $((last - at + 1 < each ? last - at + 1 : each))"
done |
  nice xargs -r -P "$(nproc)" -L 1 bash -c \
    'exec "$0" -test.run "^TestSimulation$" -test.timeout 2h -every 40 -first "$1" -seeds "$2"' "$work/engine.test" \
    > "$work/out"; then
  echo "$seeds seeds from $first on: no violation"
else
  grep -av '^PASS$' "$work/out"
  echo "$seeds seeds from $first on: $(grep -ac '^    --- FAIL' "$work/out") with a violation" >&2
  exit 1
fi
