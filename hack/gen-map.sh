#!/usr/bin/env bash
# Writes the package map in docs/architecture.md: each package with the first sentence of its
# package comment. A package without a comment is an error.
set -euo pipefail

page=docs/architecture.md
module=$(go list -m)
map=$(
  go list -f '{{.ImportPath}}|{{.Name}}|{{.Doc}}' ./... | LC_ALL=C sort -t '|' -k 1,1 | awk -F '|' -v module="$module/" '
    $3 == "" { print $1 ": no package comment" > "/dev/stderr"; bad = 1 }
    {
      path = substr($1, length(module) + 1)
      doc = $3
      sub("^(Package|Command) " $2 " ", "", doc)
      sub(/^Command [a-z-]+ /, "", doc)
      sub(/^is /, "", doc)
      sub(/\.$/, "", doc)
      printf "%-28s %s\n", path, doc
    }
    END { exit bad }'
)
grep -q '^<!-- map:begin' "$page" && grep -q '^<!-- map:end' "$page"
MAP=$map awk '
  /^<!-- map:end/ { skip = 0 }
  !skip { print }
  /^<!-- map:begin/ { print "```text\n" ENVIRON["MAP"] "\n```"; skip = 1 }
' "$page" > "$page.new"
mv "$page.new" "$page"
