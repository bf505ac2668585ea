#!/usr/bin/env bash
# Runs the chapter as `make run` does, but each program as a process of its own; builds what is edited, and
# the program is replaced, with the same data, ports and sessions. While an edit does not compile the chapter runs
# on as it was. Ctrl-C stops it.
# usage: make dev      DATABASE_URL names a database whose data stays; else it is thrown away at the end
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
# An edit of one of the latter starts the chapter anew: it migrates, or makes what the programs are given.
sources=(gateway frontend services shared deploy/vending-machine)
whole=(Cargo.toml Cargo.lock migrations deploy/grove deploy/setup)
programs=()
for folder in gateway frontend services/* deploy/vending-machine; do programs+=(--bin "grove-${folder##*/}"); done
# Stylesheets and scripts are served as they are in the checkout: an edit of one needs no build.
export ASSETS_FOLDER=${ASSETS_FOLDER:-$PWD/frontend/static}
work=$(mktemp -d)
running=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Of the whole workspace, so that dependencies are the same for each program.
build() { touch "$work/built" && cargo build --quiet --workspace "$@" 3>&-; }

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
  "$target/debug/grove" run --demo --separate "$target/debug" > >(tee "$work/output") 2>&1 3>&- &
  running=$!
  until grep -qs 'Ctrl-C stops it' "$work/output"; do
    kill -0 "$running" 2>/dev/null || { running=; return 1; }
    sleep 0.05
  done
}

edited() { # edited SOURCE ...: whether one of them is newer than what was built
  [ -n "$(find "$@" -newer "$work/built" -not -path '*/tests/*' -not -path 'frontend/static/*' -print -quit)" ]
}

echo "Building Grove; the first time takes some minutes."
build --bin grove "${programs[@]}"
exec 3>/dev/null
if [ -z "${DATABASE_URL:-}" ]; then
  build --bin grove-throwaway
  # shellcheck disable=SC2016  # the inner shell's variables
  # It ends when its input does: with this script, however that ends. Ctrl-C is for the chapter first.
  exec 3> >(trap '' INT && exec "$target/debug/grove-throwaway" \
    bash -c 'printf %s "$DATABASE_URL" >"$0.part" && mv "$0.part" "$0" && read -r || true' "$work/database")
  until [ -s "$work/database" ]; do kill -0 $! && sleep 0.05; done
  DATABASE_URL=$(cat "$work/database") && export DATABASE_URL
fi
start || true
say "Watching for edits."

anew= # an edit that the chapter has to start anew for
while true; do
  until edited "${whole[@]}" "${sources[@]}"; do sleep 0.2; done
  ! edited "${whole[@]}" || anew=1
  begin=$SECONDS
  if ! build ${anew:+--bin grove} "${programs[@]}"; then
    say "It does not compile; the chapter runs on as it was."
  elif [ -z "$anew" ] && kill -0 "${running:-none}" 2>/dev/null; then
    say "Built in $((SECONDS - begin)) s."
  else
    say "Built in $((SECONDS - begin)) s; starting anew."
    stop
    if start; then anew='' && say "Edit served after $((SECONDS - begin)) s."; fi
  fi
done
