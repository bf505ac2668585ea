# Grove: the commands a person needs. `make` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# s=quotes restricts test and lint to one crate: grove-quotes.
s ?=
PACKAGES := $(if $(s),--package $(if $(filter grove,$(s)),grove,grove-$(s)),--workspace)
TARGET := $(or $(CARGO_TARGET_DIR),target)
TOOLS := $(TARGET)/tools

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run the whole chapter natively with demo data, until Ctrl-C
	@deploy/prepare-machine.sh compiler database
	@echo "Building Grove; the first time takes some minutes."
	@cargo build --locked --package grove
	@exec $(TARGET)/debug/grove run --demo

test: ## Test everything (s=quotes: one crate) on a throwaway database and in a real browser
	@deploy/prepare-machine.sh compiler database browser directory-server mail-sink
	@cargo build --quiet --locked --package grove-throwaway
	@if cargo nextest --version >/dev/null 2>&1; then \
		$(TARGET)/debug/grove-throwaway cargo nextest run --locked --no-fail-fast $(PACKAGES); \
	else \
		$(TARGET)/debug/grove-throwaway cargo test --locked --no-fail-fast $(PACKAGES) --lib --bins --tests; \
	fi

test-mysql: ## Test the services on MySQL 9 (Debian: unpacked into target/, nothing installed)
	@deploy/prepare-machine.sh compiler mysql directory-server mail-sink
	@cargo build --quiet --locked --package grove-throwaway
	@env -u DATABASE_URL GROVE_MYSQLD=$(abspath $(TARGET))/mysql/mysqld \
		$(TARGET)/debug/grove-throwaway cargo test --locked $(PACKAGES) $(if $(s),,--exclude grove-frontend) --test api

pictures: ## Take a picture of every page, in target/pictures
	@deploy/prepare-machine.sh compiler database browser
	@GROVE_PICTURES=$(abspath $(TARGET))/pictures cargo test --locked --package grove --test e2e accessibility

check: fmt-check catalog-check lint doc deny sqlx-check ## Everything that is checked without running it

fmt: ## Format the code
	@cargo fmt --all

fmt-check:
	@cargo fmt --all --check

lint: ## Lint the code; warnings are errors
	@cargo clippy --locked $(PACKAGES) --all-targets -- -D warnings

doc: ## Build the documentation of the code; broken links are errors
	@RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps --document-private-items

deny: ## Check licences, sources and bans of dependencies, and that each one is used
	@deploy/prepare-machine.sh dependency-tools
	@$(TOOLS)/bin/cargo-deny --log-level error check bans licenses sources
	@$(TOOLS)/bin/cargo-shear

catalog: ## Write what follows from services/*/service.toml: compose files, manifests, lists in the documentation
	@cargo run --quiet --package grove-catalog-writer -- write

catalog-check:
	@cargo run --quiet --locked --package grove-catalog-writer -- check

sqlx: ## Write what the SQL macros know of each query (s=quotes: of one service), after changing a query or a migration
	@deploy/prepare-machine.sh compiler mariadb
	@deploy/sqlx-prepare.sh $(if $(s),services/$(s))

sqlx-check: ## Check that it is written
	@deploy/prepare-machine.sh compiler mariadb
	@deploy/sqlx-prepare.sh --check

up: ## Run the chapter in containers; gets Docker and base images where they are missing
	@deploy/docker/prepare.sh
	@docker compose up --detach --build --wait
	@docker compose logs --no-log-prefix --no-color --tail 12 setup

down: ## Stop the containers; the data stays in data/
	@docker compose down

logs: ## Follow the logs (s=users: of one service)
	@docker compose logs --follow $(s)

images: ## Build the images of the containers
	@deploy/docker/prepare.sh
	@docker compose build

test-containers: ## Test the chapter in containers: hardening, joining to voting, replacing, losing volumes
	@deploy/docker/prepare.sh
	@deploy/grove/tests/containers/check.py

new-service: ## Make a service (n=polls: its name)
	@deploy/prepare-machine.sh compiler mariadb
	@deploy/new-service/new-service.sh "$(n)" "$(one)" "$(p)"

test-api: ## Ask the API what its description says can be asked, by its examples
	@deploy/prepare-machine.sh compiler mariadb openapi-tools
	@cargo build --quiet --locked --package grove
	@deploy/grove/tests/slow/openapi.py --brief

test-slow: ## Test what takes longer than a change should wait: see deploy/grove/tests/slow
	@deploy/prepare-machine.sh compiler database mariadb openapi-tools
	@deploy/grove/tests/slow/run.sh

dev: ## Run the chapter natively, and again at each edit, with its data and sessions
	@deploy/prepare-machine.sh compiler database
	@deploy/dev.sh

test-tls: ## Test TLS in front of the containers (after make images)
	@deploy/docker/prepare.sh
	@deploy/prepare-machine.sh caddy
	@deploy/grove/tests/containers/tls.py

backup: ## Back up the chapter in containers now, beside its schedule
	@docker compose exec -T backup bash /backup/backup.sh now

restore: ## Restore the chapter in containers (AT="2026-11-22 18:00:05", in UTC; LIST=1: moments before changed tables)
	@deploy/backup/restore-chapter.sh $(if $(LIST),--list,$(if $(AT),"$(AT)"))

test-restore: ## The restore drill, without Docker: kill, delete everything, restore, compare
	@deploy/prepare-machine.sh mariadb
	@deploy/backup/tests/drill.sh

test-kubernetes: ## Test the manifests of Kubernetes (PODS=1: run its pods in Docker, after make images)
	@deploy/prepare-machine.sh compiler kubernetes-tools
	@cargo build --quiet --locked --package grove-setup
	@deploy/grove/tests/containers/kubernetes.py $(if $(PODS),--pods)

sbom: ## Write what each image is made of (CycloneDX), in target/sbom
	@deploy/prepare-machine.sh compiler sbom-tools
	@deploy/sbom.sh

test-swarm: ## Test the chapter on a swarm of this one machine (after make images)
	@deploy/docker/prepare.sh
	@deploy/prepare-machine.sh caddy
	@deploy/grove/tests/containers/swarm.py

test-all-in-one: ## Test the chapter in one container (after make images)
	@deploy/docker/prepare.sh
	@docker compose build grove
	@deploy/grove/tests/containers/all_in_one.py

clean: ## Remove everything that was built
	@cargo clean

.PHONY: help run dev up down logs images test test-containers test-tls test-kubernetes test-swarm sbom test-all-in-one test-mysql test-api test-slow new-service pictures check catalog catalog-check fmt fmt-check lint doc deny sqlx sqlx-check backup restore test-restore clean
