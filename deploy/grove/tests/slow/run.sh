#!/usr/bin/env bash
# Runs every test of this folder, one after the other, and tells at the end which failed and how long each took.
# What takes longer than a change should wait is a program here, and nothing else has to name it.
# usage: run.sh [FILE ...]      without a file: all
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")"

failed=0
summary=
[ $# -gt 0 ] || set -- *.sh *.py
for test in "$@"; do
  [ "$test" != run.sh ] && [ -x "$test" ] || continue
  begin=$SECONDS
  printf '\n==== %s\n' "$test"
  if "./$test"; then outcome=passed; else outcome=FAILED; failed=1; fi
  summary+=$(printf '\\n  %-20s %-8s %5s s' "$test" $outcome $((SECONDS - begin)))
done
printf '%b\n' "$summary"
exit $failed
