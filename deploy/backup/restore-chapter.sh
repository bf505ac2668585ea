#!/usr/bin/env bash
# Restores the chapter of this folder from its backups, also when its data or the whole stack is gone.
# usage: restore-chapter.sh [AT]     `make restore AT=...`; restore.sh says what AT can be
#        restore-chapter.sh --list   the statements that made, changed or dropped a table, with their AT
# COMPOSE_ARGUMENTS names another shape: "--project-directory . -f deploy/compose.all-in-one.yaml"
# It asks before it stops anything; YES=1 stands for the answer yes. What was there is kept beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."
export GROVE_BACKUP=1
data=data backups=${BACKUP_FOLDER:-data-backups} start="docker compose up -d"
# shellcheck source=deploy/backup/restore-steps.sh
. deploy/backup/restore-steps.sh

# shellcheck disable=SC2086  # several words
compose() { docker compose ${COMPOSE_ARGUMENTS:-} "$@"; }
restore() { compose run --rm --no-deps --no-TTY restore "$@"; }
as_root() {
  compose run --rm --no-deps --no-TTY --user 0:0 --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
    --volume "$PWD/data:/data" --entrypoint bash restore -euc "$1"
}
make_secrets() { compose run --rm --no-deps --no-TTY secrets; }
start_chapter() { compose up --detach --wait --wait-timeout 900; }
stop_chapter() {
  local declared names running
  declared=$(compose config --services)
  # One that is started again and again would write, too.
  names=$(compose ps --services --status running --status restarting --status paused)
  # If nothing runs, compose prints an empty line. What this shape of the chapter does not declare it cannot stop.
  mapfile -t running < <(grep -xF "$declared" <<< "$names" | grep -vx backup)
  [ ${#running[@]} -eq 0 ] || compose stop "${running[@]}"
  # The backup last: it copies what the database writes as it ends.
  ! grep -qx backup <<< "$names" || compose stop backup
}

restore_chapter "$@"
