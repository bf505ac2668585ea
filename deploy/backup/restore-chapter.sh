#!/usr/bin/env bash
# Restores the chapter of this folder from its backups, also when its data or the whole stack is gone.
# usage: restore-chapter.sh [AT]     `make restore AT=...`; restore.sh says what AT can be
#        restore-chapter.sh --list   the statements that made, changed or dropped a table, with their AT
# COMPOSE_ARGUMENTS names another shape: "--project-directory . -f deploy/compose.all-in-one.yaml"
# It asks before it stops anything; YES=1 stands for the answer yes. What was there is kept beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."
at=${1:-}
export GROVE_BACKUP=1

# shellcheck disable=SC2086  # several words
compose() { docker compose ${COMPOSE_ARGUMENTS:-} "$@"; }
restore() { compose run --rm --no-deps --no-TTY restore "$@"; }
# The folders belong to the users of containers: only root moves and gives them.
as_root() {
  compose run --rm --no-deps --no-TTY --user 0:0 --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
    --volume "$PWD/data:/data" --entrypoint bash restore -euc "$1"
}

if [ "$at" = --list ]; then
  restore --list
  as_root 'rmdir /data/restoring'
  exit
fi

echo "This stops the chapter, makes its database ${at:+as it was at $at }from the backups in ${BACKUP_FOLDER:-data-backups}"
echo "and starts it again. What is in data/mysql stays, under another name."
if [ "${YES:-}" != 1 ]; then
  [ -t 0 ] || { echo "Nobody is there to ask. YES=1 make restore does it." >&2; exit 1; }
  read -r -p "Restore${at:+ $at}? [y/N] " answer
  [[ $answer == [yY]* ]] || { echo "Nothing was done."; exit 1; }
fi

# The backup last: it copies what the database writes as it ends.
mapfile -t running < <(compose ps --services --status running | grep -vx backup)
[ ${#running[@]} -eq 0 ] || compose stop "${running[@]}"
compose stop backup
began=$SECONDS
compose run --rm --no-deps --no-TTY secrets
as_root 'rm -rf /data/restoring/*
  mkdir /data/restoring/mysql /data/restoring/objects
  chown 999:999 /data/restoring /data/restoring/*'
restore ${at:+"$at"} || { echo "Nothing was replaced. docker compose up -d starts the chapter as it was." >&2; exit 1; }

kept=before-$(date -u +%Y%m%dT%H%M%SZ)
as_root "
  if [ -n \"\$(ls -A /data/mysql 2>/dev/null)\" ]; then mv /data/mysql /data/mysql.$kept; else rm -rf /data/mysql; fi
  mv /data/restoring/mysql /data/mysql
  if [ -n \"\$(ls -A /data/restoring/objects)\" ]; then
    rmdir /data/objects 2>/dev/null || [ ! -e /data/objects ] || mv /data/objects /data/objects.$kept
    mv /data/restoring/objects /data/objects
    chown -R 10001:10001 /data/objects
  fi
  rm -rf /data/restoring"
echo "Restored after $((SECONDS - began)) s."
compose up --detach --wait
echo "Everything runs after $((SECONDS - began)) s. When all is well, delete data/*.$kept, if there is any."
