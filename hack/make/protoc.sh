#!/usr/bin/env bash
# Generates the Go code of every .proto file in the given folder, beside it.
# protoc comes from the distribution; its Go plugins are pinned in hack/tools.mod.
set -euo pipefail

dir=$1
if ! command -v protoc >/dev/null; then
  echo "installing protobuf-compiler" >&2
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends protobuf-compiler; } >&2
fi

plugin() { go tool -modfile=hack/tools.mod -n "$1"; }
protoc --proto_path="$dir" \
  --plugin=protoc-gen-go="$(plugin protoc-gen-go)" --go_out="$dir" --go_opt=paths=source_relative \
  --plugin=protoc-gen-go-grpc="$(plugin protoc-gen-go-grpc)" --go-grpc_out="$dir" --go-grpc_opt=paths=source_relative \
  "$dir"/*.proto
