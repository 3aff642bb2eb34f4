## Test

# Packages whose tests also run under the race detector in test-race: those with goroutines.
RACE ?= ./internal/journal/... ./internal/planfeed/... ./internal/ingress/... ./internal/channel/... \
  ./internal/delivery/... ./internal/distributor/... ./internal/view/...

.PHONY: test test-race test-e2e bench
test: ## Run every test that needs no cluster, against a real API server where one is asked for.
	assets=$$($(CLUSTER) assets); export KUBEBUILDER_ASSETS="$$assets"; \
	go test -shuffle=on $$(go list ./... | grep -v '/test/e2e')
	cd hack/cluster && go test ./...

test-race: ## Run the tests of the packages with goroutines under the race detector.
	go test -race -shuffle=on $(RACE)

test-e2e: ## Run the flows on a real cluster; one that it started itself is stopped afterwards unless KEEP=1.
	hack/make/e2e.sh

bench: ## Run the benchmarks.
	go test -run '^$$' -bench . -benchmem ./internal/...
