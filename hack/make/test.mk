## Test

# Packages that are tested under the race detector: those of the data plane with goroutines.
# It needs gcc, and about three times the time. `make test RACE=` goes without.
RACE ?= ./internal/journal/... ./internal/planfeed/... ./internal/ingress/... ./internal/channel/... \
  ./internal/delivery/... ./internal/view/... ./internal/distributor/...

.PHONY: test test-e2e bench bench-once perf perf-cluster bench-control-plane
test: ## Run every test that needs no cluster, against a real API server where one is asked for.
	hack/make/test.sh $(RACE)

test-e2e: ## Run the flows on a real cluster; one that it started itself is stopped afterwards unless KEEP=1.
	hack/make/e2e.sh

BENCH ?= .
COUNT ?= 1
bench: ## Run the benchmarks that match BENCH, each COUNT times: `make bench COUNT=6 > old.txt` is for benchstat. ARGS='-benchtime 100ms'.
	@hack/make/bench.sh -bench '$(BENCH)' -count $(COUNT) -timeout 0 $(ARGS)

bench-once: ## Run every benchmark once, at a small size: none of them may fail.
	@hack/make/bench.sh -bench . -benchtime 1x -short -timeout 5m

perf: ## Measure a distributor as a process on this machine: lifecycles, memory, snapshots, recovery. PERF has its flags.
	go run ./test/perf/local $(PERF)

WORKSTREAMS ?= 5000
AGENTS ?= $(shell echo $$((2 * $(WORKSTREAMS))))
QUEUES ?= $(shell echo $$((($(WORKSTREAMS) + 9) / 10)))
bench-control-plane: ## Measure the manager with WORKSTREAMS workstreams, AGENTS agents and QUEUES queues; ARGS='-profile DIR -rest 10s'.
	KUBEBUILDER_ASSETS="$$(hack/cluster/cluster assets)" go run ./test/perf/controlplane \
	  -workstreams $(WORKSTREAMS) -agents $(AGENTS) -queues $(QUEUES) $(ARGS)

perf-cluster: ## Measure a deployment on the cluster of KUBECONFIG, else on the local one: edits, offers, writes at rest, memory.
	go run ./test/perf

.PHONY: simulate
simulate: ## Run the engine as a contact centre in virtual time: waits, utilisation, abandonment as JSON; ARGS=--help.
	@go run ./test/simulate $(ARGS)

.PHONY: sim-centre
sim-centre: ## Let a centre of 500 agents work for 1,000 hours of virtual time, and do its books; ARGS='-seed 2'.
	go test -count=1 -v -run TestThousandHours ./test/endurance -hours 1000 $(ARGS)

.PHONY: mutation
mutation: ## Put bugs into the engine, one at a time, and fail if its tests do not see one of them; ARGS='-run timers'.
	go run ./test/mutation $(ARGS)

SEEDS ?= 10000
.PHONY: sim
sim: ## Simulate SEEDS random namespaces on all cores, each decided by the naive engine as well; ARGS is the first seed.
	hack/make/sim.sh $(SEEDS) $(ARGS)

.PHONY: bench-peers
bench-peers: ## Measure decisions by rules beside cel-go, OPA, expr and Alertmanager's route tree; ARGS='-for 1s'.
	cd test/peers && go test . && go run . $(ARGS)
