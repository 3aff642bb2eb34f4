#!/usr/bin/env bash
# Builds the plugin for each of PLATFORMS (os/arch ...), packs it, and writes the krew manifest that names the archives:
# krew.sh URL HOMEPAGE, where URL is the folder from which the archives will be downloaded.
set -euo pipefail
cd "$(dirname "$0")/../.."

url=${1:?"the URL of the folder with the archives, as in: make krew KREW_URL=https://host/releases/v1.0.0"}
homepage=${2:-$url}
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}
[[ ${VERSION:?} =~ ^v[0-9]+\.[0-9]+\.[0-9]+ ]] || { echo "VERSION=$VERSION: krew wants one such as v1.2.3" >&2; exit 2; }

out=bin/krew
rm -rf "$out" && mkdir -p "$out"
sed -e "s|@VERSION@|$VERSION|" -e "s|@HOMEPAGE@|$homepage|" cmd/kubectl-workstream/krew.yaml > "$out/workstream.yaml"
for platform in $platforms; do
  os=${platform%/*} arch=${platform#*/} bin=kubectl-workstream
  [[ $os != windows ]] || bin+=.exe
  work=$(mktemp -d)
  CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags "${LDFLAGS:?}" -o "$work/$bin" ./cmd/kubectl-workstream
  cp LICENSE cmd/kubectl-workstream/kubectl_complete-workstream "$work/"
  archive=kubectl-workstream_${VERSION}_${os}_$arch.tar.gz
  # The same content gives the same bytes.
  tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - . | gzip -n > "$out/$archive"
  rm -rf "$work"
  cat >> "$out/workstream.yaml" <<END
  - selector:
      matchLabels: {os: $os, arch: $arch}
    uri: $url/$archive
    sha256: $(sha256sum "$out/$archive" | cut -d' ' -f1)
    bin: $bin
END
done
echo "$out/workstream.yaml and its archives; try them with: kubectl krew install --manifest=$out/workstream.yaml --archive=ARCHIVE"
