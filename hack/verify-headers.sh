#!/usr/bin/env bash
# Every Go and proto file starts with the licence line, at most a build constraint above it.
# --fix adds it where it is missing.
set -euo pipefail

line=$(<hack/boilerplate.go.txt)
bad=0
while IFS= read -r -d '' file; do
  [[ -f $file ]] || continue # deleted, not yet committed
  head -n 3 "$file" | grep -qxF "$line" && continue
  if [[ ${1:-} == --fix ]]; then
    fixed=$(mktemp)
    { printf '%s\n\n' "$line"; cat "$file"; } > "$fixed"
    cat "$fixed" > "$file" # keeps the mode
    rm "$fixed"
  else
    echo "$file:1: does not start with '$line'" >&2
    bad=1
  fi
done < <(git ls-files -z --cached --others --exclude-standard '*.go' '*.proto')
exit $bad
