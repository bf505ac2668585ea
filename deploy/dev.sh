#!/usr/bin/env bash
# Runs the chapter as `make run` does, builds what is edited, and restarts it with the same data, ports and
# sessions. While an edit does not compile the chapter runs on as it was. Ctrl-C stops it.
# usage: make dev      DATABASE_URL names a database whose data stays; else it is thrown away at the end
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
sources=(Cargo.toml Cargo.lock gateway frontend services shared migrations deploy/grove deploy/setup deploy/vending-machine)
work=$(mktemp -d)
running=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

build() { touch "$work/built" && cargo build --quiet --package grove 3>&-; }

stop() {
  [ -n "$running" ] || return 0
  kill "$running" 2>/dev/null || true
  wait "$running" || true
  running=
}
finish() { stop; exec 3>&-; rm -rf "$work"; }
trap finish EXIT
trap 'exit 0' INT TERM

# Starts what was built last, and waits until all of it answers.
start() {
  touch "$work/started"
  "$target/debug/grove" run --demo >"$work/output" 2>&1 3>&- &
  running=$!
  until grep -q 'Ctrl-C stops it' "$work/output"; do
    kill -0 "$running" 2>/dev/null || { running=; cat "$work/output"; return 1; }
    sleep 0.05
  done
}

edited() { [ -n "$(find "${sources[@]}" -newer "$work/built" -not -path '*/tests/*' -print -quit)" ]; }

echo "Building Grove; the first time takes some minutes."
build
exec 3>/dev/null
if [ -z "${DATABASE_URL:-}" ]; then
  cargo build --quiet --package grove-throwaway
  # shellcheck disable=SC2016  # the inner shell's variables
  # It ends when its input does: with this script, however that ends. Ctrl-C is for the chapter first.
  exec 3> >(trap '' INT && exec "$target/debug/grove-throwaway" \
    bash -c 'printf %s "$DATABASE_URL" >"$0.part" && mv "$0.part" "$0" && read -r || true' "$work/database")
  until [ -s "$work/database" ]; do kill -0 $! && sleep 0.05; done
  DATABASE_URL=$(cat "$work/database") && export DATABASE_URL
fi
if start; then cat "$work/output"; fi
say "Watching for edits."

while true; do
  until edited; do sleep 0.2; done
  begin=$SECONDS
  if ! build; then
    say "It does not compile; the chapter runs on as it was."
    continue
  fi
  [ "$target/debug/grove" -nt "$work/started" ] || [ -z "$running" ] || continue
  say "Built in $((SECONDS - begin)) s; restarting."
  stop
  if start; then say "Edit served after $((SECONDS - begin)) s."; fi
done
