# The targets below are the whole interface; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# go.mod says which Go; any Go from 1.21 on fetches it.
export GOTOOLCHAIN := auto
# Only tenon-gpu-agent, which comes later, needs cgo.
export CGO_ENABLED := 0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
LINT    := .cache/bin/golangci-lint
# A workspace in which Karpenter takes nothing by chance (controllers/karpenter/gen). Without it all the same builds.
ORDER   := .cache/order/go.work
ordered := GOWORK='$(CURDIR)/$(ORDER)'

$(ORDER): go.mod controllers/karpenter/gen/main.go
	@GOWORK=off go run ./controllers/karpenter/gen '$(@D)'

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: $(ORDER) ## Build bin/tenon
	@$(ordered) go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tenon ./cmd/tenon
	@ln -sf tenon bin/kubectl-tenon

.PHONY: run
run: build ## Plan the embedded example cluster, print the plan, write out/plan.html
	@mkdir -p out
	@bin/tenon plan --example --report out/plan.html --out out/plan.json

.PHONY: test
test: $(ORDER) ## Run all tests, and those against VPA's own code
	@$(ordered) go test -timeout 20m ./...
	@go -C test/vpa test -timeout 20m ./...

.PHONY: test-e2e
test-e2e: ## Run the suites against a real API server and Karpenter (built once: 14 minutes)
	@nice -n 10 go run ./test/e2e/build
	@go -C test/e2e test -tags e2e -timeout 30m -args -ginkgo.seed=1 -ginkgo.no-color -ginkgo.timeout=25m

.PHONY: verify
verify: $(LINT) ## Check format, vet, lint, modules, generated files and the rules of the house
	@.ci/verify

.PHONY: generate
generate: ## Write generated files anew
	@go generate ./...

.PHONY: lint
lint: $(LINT) ## Run golangci-lint (built once into .cache/bin)
	@$(LINT) run

$(LINT): .ci/golangci/go.mod .ci/golangci/go.sum
	@echo "building golangci-lint: a few minutes, once"
	@go -C .ci/golangci build -o '$(CURDIR)/$@' github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch '$@'

.PHONY: bench
bench: $(ORDER) ## Run the benchmarks and write docs/benchmarks.md (20 minutes)
	@$(ordered) go run ./test/bench

.PHONY: picture
picture: run ## Take docs/report.png of the example's report (needs Debian's chromium)
	@command -v chromium >/dev/null || { echo "make picture needs chromium: apt-get install chromium"; exit 1; }
	@profile=$$(mktemp -d); chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
	  --disable-component-update --disable-sync --disable-quic --hide-scrollbars --user-data-dir="$$profile" \
	  --screenshot=docs/report.png --window-size=1280,1560 "file://$(CURDIR)/out/plan.html" 2>/dev/null; rm -rf "$$profile"
	@ls -l docs/report.png

.PHONY: clean
clean: ## Remove what was built
	@rm -rf bin out .cache
