# Workstream Operator. `make` alone lists what there is; recipes stand by family in hack/make.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Image to build and deploy. A tag `dev` is completed with a hash of the content, so that a
# changed build is a changed reference and a rollout follows by itself.
IMG ?= workstream.dev/operator:dev
# What the binaries report as their version.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# Tools are pinned in a module file of their own and built by the go command, which caches them.
TOOL := go tool -modfile=hack/tools.mod
CLUSTER := hack/cluster/cluster

export IMG VERSION

include hack/make/generate.mk
include hack/make/verify.mk
include hack/make/test.mk
include hack/make/build.mk
include hack/make/cluster.mk

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## "; print "Usage: make TARGET [VARIABLE=value]" } \
	  /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile $(filter-out Makefile,$(MAKEFILE_LIST))
