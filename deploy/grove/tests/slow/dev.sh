#!/usr/bin/env bash
# `make dev` in a copy of the checkout: an edit is served, one that does not compile changes nothing, and however it
# ends no process stays. Called by `make test-slow`; what was built stays for the next time.
set -euo pipefail
cd "$(dirname "$0")/../../../.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export FRONTEND_LISTEN=127.0.0.1:15100 GATEWAY_LISTEN=127.0.0.1:18100
unset DATABASE_URL
# Always the same folder: what cargo built from it fits the next time.
copy=$CARGO_TARGET_DIR/dev
dev=
cleanup() { [ -z "$dev" ] || kill "$dev" 2>/dev/null || true; rm -rf "$copy"; }
trap cleanup EXIT
rm -rf "$copy" && mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -f "$file" ] || printf '%s\0' "$file"
done | tar --create --null --files-from=- | tar --extract --directory "$copy"
cd "$copy"

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }
fail() { echo "$1" >&2; cat "$copy/said" >&2; exit 1; }
until_true() { # until_true SECONDS COMMAND ...
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do [ $SECONDS -lt $deadline ] || fail "in vain: $*"; sleep 0.1; done
}
says() { grep -q "$1" said; }
serves() { curl -s "http://$FRONTEND_LISTEN$1" | grep -q "$2"; }
# What runs of the chapter: the programs of this folder, and the database that was started for it.
none_runs() { ! pgrep --full "^$CARGO_TARGET_DIR/debug/grove-(quotes|frontend)|mariadbd .*grove-mysql-" >/dev/null; }
start() {
  : > said
  deploy/dev.sh > said 2>&1 &
  dev=$!
  until_true 900 says Watching
}

step "it starts"
none_runs || fail "a chapter runs on this machine already"
start
until_true 5 serves / '<h2>'

step "edits of a style, a page and a service are served"
echo '/* an edited style */' >> frontend/static/css/base.css
css=$(curl -s "http://$FRONTEND_LISTEN/" | grep -o '/static/site[^"]*css')
serves "$css" 'an edited style' || fail "the style is the old one"
sed -i '0,/<h2>[^<]*/s//<h2>An edited page/' frontend/templates/home.html
until_true 120 serves / 'An edited page'
before=$(pgrep --full "^$CARGO_TARGET_DIR/debug/grove-quotes")
echo '// edited' >> services/quotes/src/lib.rs
until_true 120 says 'quotes is replaced'
until_true 10 pgrep --full "^$CARGO_TARGET_DIR/debug/grove-quotes" >/dev/null
[ "$(pgrep --full "^$CARGO_TARGET_DIR/debug/grove-quotes")" != "$before" ] || fail "quotes is the old one"

step "what does not compile is said, and the page is there"
echo 'fn' >> frontend/src/lib.rs
until_true 120 says 'does not compile'
serves / 'An edited page' || fail "the page is gone"
sed -i '$d' frontend/src/lib.rs

step "no process stays when it is killed"
kill -KILL "$dev"
pkill -KILL --full "^$CARGO_TARGET_DIR/debug/grove run" || true
until_true 20 none_runs

step "none stays when it is told to stop"
start
kill "$dev" && wait "$dev" || true
dev=
until_true 10 none_runs
step "done"
