## Generate

PLANPB := internal/planfeed/planpb

.PHONY: generate generate-api generate-proto generate-map fmt fix
generate: generate-api generate-proto generate-map ## Write deep copies, CRDs, RBAC, the plan feed's code and the package map.

generate-api:
	$(TOOL) controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...
	$(TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=manager-role paths=./controllers/... paths=./internal/operator/... \
	  output:rbac:dir=config/rbac

generate-proto:
	hack/make/protoc.sh $(PLANPB)

generate-map:
	hack/gen-map.sh

fmt: ## Format the Go code and add missing licence lines.
	hack/verify-headers.sh --fix
	$(TOOL) golangci-lint fmt

fix: fmt ## Mend what the linter can mend by itself, and list the rest.
	$(TOOL) golangci-lint run --fix
