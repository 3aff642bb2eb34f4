## Build

LDFLAGS := -s -w -X workstream.dev/operator/internal/version.version=$(VERSION)

.PHONY: build image
build: ## Build both binaries, static, into bin/.
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/manager ./cmd/distributor

image: build ## Write the image with both binaries to bin/image.tar, its reference to bin/image.ref. No engine needed.
	@ref='$(IMG)'; \
	if [[ $$ref == *:dev ]]; then ref+=-$$(cat bin/manager bin/distributor | sha256sum | cut -c1-12); fi; \
	$(CLUSTER) image --name "$$ref" --out bin/image.tar --entrypoint /manager \
	  --add bin/manager:/manager --add bin/distributor:/distributor; \
	echo "$$ref" > bin/image.ref; echo "image $$ref in bin/image.tar"
