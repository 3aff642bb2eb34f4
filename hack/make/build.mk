## Build

LDFLAGS := -s -w -X workstream.dev/operator/internal/version.version=$(VERSION)

.PHONY: build plugin krew image
build: ## Build both binaries, static, into bin/.
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/manager ./cmd/distributor

plugin: ## Build the kubectl plugin, static, into bin/: put that on the PATH and type `kubectl workstream`.
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/kubectl-workstream
	install -m 755 cmd/kubectl-workstream/kubectl_complete-workstream bin/

krew: ## Write the plugin's archives and krew manifest to bin/krew; KREW_URL is where the archives will be, VERSION one such as v1.2.3.
	@LDFLAGS='$(LDFLAGS)' hack/make/krew.sh '$(KREW_URL)' '$(KREW_HOMEPAGE)'

image: build ## Write the image with both binaries to bin/image.tar, its reference to bin/image.ref. No engine needed.
	@ref='$(IMG)'; \
	if [[ $$ref == *:dev ]]; then ref+=-$$(cat bin/manager bin/distributor | sha256sum | cut -c1-12); fi; \
	$(CLUSTER) image --name "$$ref" --out bin/image.tar --entrypoint /manager \
	  --add bin/manager:/manager --add bin/distributor:/distributor; \
	echo "$$ref" > bin/image.ref; echo "image $$ref in bin/image.tar"
