# One image with both binaries, so that manager and distributor are always of one version.
# `make image` writes the same image without an engine.
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM golang:1.26 AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath \
    -ldflags "-s -w -X workstream.dev/operator/internal/version.version=${VERSION}" \
    -o /out/ ./cmd/manager ./cmd/distributor

FROM ${BASE_IMAGE}
COPY --from=build /out/manager /out/distributor /
USER 65532:65532
ENTRYPOINT ["/manager"]
