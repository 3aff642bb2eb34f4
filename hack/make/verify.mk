## Check

.PHONY: check lint verify verify-generate verify-deps verify-headers verify-tidy verify-docs
check: lint verify ## Lint and verify: what must hold before a commit, besides the tests.

lint: ## Run golangci-lint on both modules.
	$(TOOL) golangci-lint run
	cd hack/cluster && go tool -modfile=../tools.mod golangci-lint run

verify: verify-headers verify-deps verify-tidy verify-generate verify-docs ## Generated files, import rules, modules, docs and API conventions.

verify-headers:
	hack/verify-headers.sh

verify-deps:
	hack/verify-deps.sh

verify-tidy:
	hack/verify-tidy.sh

verify-generate:
	hack/verify-generate.sh

verify-docs:
	go test ./test/docs/... ./test/apilint/...
