#!/usr/bin/env bash
# Who may import whom. depguard sees direct imports; this sees what they pull in, and the few
# rules that are not about imports of one file. Test files are free.
set -euo pipefail

module=$(go list -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go list -f '{{.ImportPath}} {{join .Deps " "}}' ./... | sed "s#$module/#@/#g" > "$work/deps"
go list -f '{{.ImportPath}} {{join .Imports " "}}' ./... | sed "s#$module/#@/#g" > "$work/imports"
bad=0

# deny deps|imports SUBJECTS FORBIDDEN [ALLOWED [EXEMPT]]: no package that matches SUBJECTS and
# not EXEMPT may have a dependency that matches FORBIDDEN and not ALLOWED. Own packages are
# written @/path. A rule whose subject is gone is an error, or it would pass for ever.
deny() {
  awk -v kind="$1" -v subjects="^($2)\$" -v forbidden="^($3)" -v allowed="^(${4:-none})\$" -v exempt="^(${5:-none})\$" '
    $1 ~ subjects && $1 !~ exempt {
      seen = 1
      for (i = 2; i <= NF; i++)
        if ($i ~ forbidden && $i !~ allowed && $i != $1) {
          print $1 (kind == "deps" ? " depends on " : " imports ") $i
          bad = 1
        }
    }
    END {
      if (!seen) { print "no package matches " subjects; bad = 1 }
      exit bad
    }' "$work/$1" >&2 || bad=1
}

third='[^/ ]*\.[^ ]*'         # the first element of a module path has a dot, that of a standard package has not
kubernetes='k8s\.io/|sigs\.k8s\.io/'
nats='github\.com/nats-io/'
data='@/internal/(journal|natsd|ingress|channel|delivery|view|distributor)(/.*)?|@/cmd/distributor'

# The core: rule <- plan <- event <- match <- engine, and compact; nothing from outside but CEL, no process around it.
cel='cel\.dev/expr(/.*)?|github\.com/google/cel-go/.*|github\.com/antlr4-go/.*|google\.golang\.org/(protobuf|genproto)/.*|golang\.org/x/exp/.*|go\.yaml\.in/yaml/.*'
deny deps '@/internal/(hours|compact)' "$third|@/"
deny deps '@/internal/expression'    "$third|@/"        "$cel"
deny deps '@/internal/rule'          "$third|@/"        "$cel|@/internal/(hours|expression)"
deny deps '@/internal/plan'          "$third|@/"        "$cel|@/internal/(rule|hours|expression)"
deny deps '@/internal/event'         "$third|@/"        "$cel|@/internal/(rule|hours|expression|plan|compact)"
deny deps '@/internal/match'         "$third|@/"        "$cel|@/internal/(rule|hours|expression|plan|event|compact)"
deny deps '@/internal/engine'        "$third|@/"        "$cel|@/internal/(rule|hours|expression|plan|match|event|compact)"
deny deps '@/internal/analysis'      "$third|@/"        "$cel|@/internal/(rule|hours|expression|plan)"
deny deps '@/internal/(rule|hours|expression|compact|event|plan|match|engine)' 'net(/|$)' 'net/(url|netip)' # which CEL reads with
deny imports '@/internal/.*' 'github\.com/google/cel-go/' none '@/internal/expression'
deny imports '@/internal/(rule|hours|compact|event|plan|match|engine|compile|analysis|ruletest)' '(net/http|os|log|context|sync|math/rand)(/|$)'

deny deps '@/internal/graph'         "$third|@/"        "$cel|@/internal/(rule|hours|expression|plan)"

# The control plane: compile knows objects and plans, controllers know no part of the data plane.
deny deps '@/api/.*'                 'sigs\.k8s\.io/controller-runtime|k8s\.io/client-go|@/' '@/api/.*'
deny deps '@/internal/ruletest'      "sigs\.k8s\.io/controller-runtime|k8s\.io/client-go|$nats|@/" '@/(api/.*|internal/(rule|hours|expression|plan))'
deny deps '@/internal/compile'       "sigs\.k8s\.io/controller-runtime|k8s\.io/client-go|$nats|@/" '@/(api/.*|internal/(rule|hours|expression|plan|ruletest))'
deny deps '@/internal/admission'     "sigs\.k8s\.io/controller-runtime|k8s\.io/client-go|$nats|@/" '@/(api/.*|internal/(rule|hours|expression|plan|ruletest|compile|analysis))'
deny deps '@/internal/webhook'       "$nats|@/"         '@/(api/.*|internal/(rule|hours|expression|plan|ruletest|compile|analysis|admission|telemetry|version))'
deny deps '@/internal/pki'           "$nats|@/"         '@/internal/(telemetry|version)'
deny deps '@/(controllers.*|internal/operator|cmd/manager)' "$nats|@/internal/(engine|journal|ingress|channel|delivery|view|distributor|natsd)"

# The data plane: no Kubernetes, and only the composition root knows the engine.
deny deps "$data"                    "$kubernetes|@/(api|controllers)/|@/internal/(admission|compile|kube|operator|pki|webhook)"
deny deps '@/internal/planfeed(/.*)?' "$kubernetes"
deny deps '@/internal/journal(/.*)?' '@/internal/(engine|ingress|delivery|view)'
deny deps '@/internal/(ingress|delivery|view|channel)(/.*)?' '@/internal/engine'

# The plugin may import both planes; nothing imports the plugin.
deny imports '@/.*'                  '@/internal/cli$' none '@/cmd/kubectl-workstream'
# The plugin reads objects without a client, and tries items without Kubernetes.
deny deps '@/internal/manifest'      "k8s\.io/client-go|sigs\.k8s\.io/controller-runtime|$nats|$data"
deny deps '@/internal/whatif'        "$kubernetes|$nats|@/internal/(journal|distributor|natsd|compile)"

# One importer of the embedded server; test helpers stay in tests.
helpers='@/internal/testkit/.*|@/internal/journal/journaltest|@/test/.*|@/hack/.*'
deny imports '@/.*' 'github\.com/nats-io/nats-server' none '@/internal/natsd'
deny imports '@/.*' "testing\$|$helpers" none "$helpers"

# The core starts no goroutine and reads no clock; neither is an import.
if grep -rnE --include='*.go' --exclude='*_test.go' \
  '^[[:space:]]*go +(func\>|[A-Za-z_][A-Za-z0-9_.]*\()|\<time\.(Now|Since|Until|After|AfterFunc|Tick|NewTimer|NewTicker|Sleep)\>' \
  internal/{rule,hours,expression,compact,event,plan,match,engine,compile,analysis,ruletest} >&2; then
  echo "goroutine or clock in a pure package" >&2
  bad=1
fi

# The shape of the tree.
awk '{ print $1 }' "$work/imports" | awk -F / '
  $NF ~ /^(util|utils|common|helpers|types|base|misc|shared|model|service)$/ ||
    ($NF == "manager" && $0 != "@/cmd/manager") { print $0 ": a name that says nothing"; bad = 1 }
  $2 == "internal" && NF > 4 { print $0 ": more than two levels below internal"; bad = 1 }
  $2 == "internal" && ++count > 48 { print $0 ": the package map is full, merge something"; bad = 1 }
  END { exit bad }' >&2 || bad=1

exit $bad
