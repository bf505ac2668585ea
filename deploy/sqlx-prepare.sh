#!/usr/bin/env bash
# Writes what sqlx's macros know of each query into <crate>/.sqlx, so that a build needs no database.
# usage: sqlx-prepare.sh [--check] [CRATE_FOLDER ...]      --check compares instead and fails on a difference
set -euo pipefail
cd "$(dirname "$0")/.."

check=false
if [ "${1:-}" = --check ]; then check=true; shift; fi
if [ $# -eq 0 ]; then set -- $(dirname $(git ls-files --cached --others --exclude-standard '*/sqlx.toml')); fi

cargo build --quiet --package grove-throwaway
for crate in "$@"; do
  name=$(basename "$crate")
  fresh=$(mktemp -d)
  # The macros run when the crate is compiled, so it has to be.
  touch "$crate/src/lib.rs"
  # Queries are prepared on MariaDB, whatever server DATABASE_URL names.
  env -u DATABASE_URL "${CARGO_TARGET_DIR:-target}/debug/grove-throwaway" \
    --migrations "migrations/$name" --variable GROVE_SQLX_URL -- \
    env SQLX_OFFLINE_DIR="$fresh" cargo check --quiet --package "grove-$name" --all-targets
  if $check; then
    diff -r "$fresh" "$crate/.sqlx" >/dev/null ||
      { echo "$crate/.sqlx is not what the queries say: run 'make sqlx' and commit it" >&2; exit 1; }
  else
    rm -rf "$crate/.sqlx"
    mv "$fresh" "$crate/.sqlx"
    chmod 755 "$crate/.sqlx"
  fi
done
