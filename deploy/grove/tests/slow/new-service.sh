#!/usr/bin/env bash
# Makes a service in a copy of the checkout, and holds it to what every service is held to: it builds, its
# tests pass, it answers behind the gateway to whom the matrix says, it is in the lists, the lints are
# content. Called by `make test-slow`; what was built stays for the next time.
set -euo pipefail
cd "$(dirname "$0")/../../../.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
# Always the same folder: what cargo built from it fits the next time.
copy=$CARGO_TARGET_DIR/new-service
trap 'rm -rf "$copy"' EXIT
rm -rf "$copy" && mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -f "$file" ] || printf '%s\0' "$file"
done | tar --create --null --files-from=- | tar --extract --directory "$copy"
cd "$copy"
git init --quiet && git add . # which says what a refused call would have changed

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

step "names that no service can have are refused, and nothing is written"
for arguments in n= n=Polls n=quotes n=gateway n=edge n=groups2/x n=match n=rows n=stores "n=polls p=8000" "n=polls p=80" "n=polls one=type"; do
  # shellcheck disable=SC2086
  if make --silent new-service $arguments >/dev/null 2>&1; then echo "accepted: $arguments" >&2; exit 1; fi
  if git status --porcelain | grep -qv '^A '; then echo "$arguments wrote something" >&2; exit 1; fi
done

step "a service is made"
make --silent new-service n=polls
if make --silent new-service n=polls >/dev/null 2>&1; then echo "made twice" >&2; exit 1; fi

step "its tests"
cargo test --locked --package grove-polls
step "the tests that would notice a forgotten place"
cargo build --quiet --locked --package grove-throwaway
"$CARGO_TARGET_DIR/debug/grove-throwaway" cargo test --locked --package grove --test e2e -- \
  architecture containers matrix services shapes
cargo test --locked --package grove-setup
step "lints, formatting, queries"
cargo fmt --all --check
cargo clippy --quiet --locked --package grove-polls --package grove --package grove-gateway --all-targets -- -D warnings
deploy/sqlx-prepare.sh --check services/polls
if docker compose version >/dev/null 2>&1; then
  step "compose reads its files"
  docker compose --file compose.yaml --file deploy/compose.dev.yaml config --quiet
  SITE_URL=https://example.edu docker compose --file compose.yaml --file deploy/compose.production.yaml config --quiet
fi
step "done"
