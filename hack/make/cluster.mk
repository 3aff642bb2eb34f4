## Cluster

.PHONY: cluster-up cluster-down install deploy undeploy demo demo-down
cluster-up: ## Start a real Kubernetes on this machine (built from source the first time).
	$(CLUSTER) up

cluster-down: ## Stop that cluster and remove all it left.
	$(CLUSTER) down

install: ## Apply the CRDs to the cluster of KUBECONFIG, or to the local one when unset.
	hack/make/deploy.sh install

deploy: ## Apply CRDs, RBAC and manager; a local or kind cluster also gets the image.
	hack/make/deploy.sh deploy

undeploy: ## Remove what deploy applied, the CRDs and with them all routing objects included.
	hack/make/deploy.sh undeploy

## Try it

demo: export KUBECONFIG =
demo: cluster-up ## Local cluster, operator, samples, and a conversation told step by step; stays running.
	hack/make/deploy.sh deploy
	KUBECONFIG=$$($(CLUSTER) kubeconfig) go run ./hack/demo

demo-down: cluster-down ## Stop what demo started.
