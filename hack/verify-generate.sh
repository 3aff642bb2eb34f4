#!/usr/bin/env bash
# Generated files are what `make generate` makes of the sources, and all of them are in git.
# It generates in a copy of the tree from which they were removed, so files that should not be
# there any more show up as well, and the checkout itself stays as it is.
set -euo pipefail

generated=('api/*zz_generated*.go' 'config/crd/bases/*.yaml' 'config/rbac/role.yaml'
  'internal/planfeed/planpb/*.pb.go' 'docs/architecture.md')

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do
    if [[ -f $file ]]; then printf '%s\0' "$file"; fi
  done | tar --create --null --files-from=- | tar --extract --directory "$copy"
(
  cd "$copy"
  git init --quiet
  git add --all
  git ls-files -- "${generated[@]}" ':!docs/architecture.md' | xargs --no-run-if-empty rm
  make generate >/dev/null
  git add --all
  git ls-files -- "${generated[@]}" > .generated
)

bad=0
while IFS= read -r file; do
  if ! git ls-files --error-unmatch "$file" >/dev/null 2>&1; then
    echo "$file: generated, but not in git" >&2
    bad=1
  fi
done < "$copy/.generated"

# The second line of protoc's output names its version, which is the machine's and not ours.
while IFS= read -r file; do
  if ! diff --new-file -u --ignore-matching-lines='^//.*protoc ' --label "$file" --label "$file (generated)" \
    "$file" "$copy/$file" >&2; then
    bad=1
  fi
done < <({ cat "$copy/.generated"; git ls-files -- "${generated[@]}"; } | sort -u)

if ((bad)); then
  echo "generated files are not current: run 'make generate' and commit the result" >&2
fi
exit $bad
