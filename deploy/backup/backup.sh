#!/usr/bin/env bash
# Backs up a chapter's database and stored files, in the image of the database or natively.
# usage: backup.sh run      copy the logs as they grow, take full backups on schedule, until SIGTERM
#        backup.sh now      take a full backup
#        backup.sh due      take one if it is time for it, as `run` does
#        backup.sh health   whether `run` works
# Settings are environment variables; docs/backups.md explains what is kept where.
set -euo pipefail

BACKUPS=${BACKUPS:-/backups}            # where backups are kept
DATA=${DATA:-/var/lib/mysql}            # the data folder of the server, which is only read
OBJECTS=${OBJECTS:-/objects}            # the folder of stored files, if there is one
STATUS=${STATUS:-/status}               # the folder of a copy of status.json, if there is one
LOG=${LOG_BIN:-binlog}                  # what the server calls its binary logs
HOURS=${BACKUP_HOURS:-24}               # a full backup is taken so often
KEEP_DAYS=${BACKUP_KEEP_DAYS:-14}       # and kept so long
RETRY_SECONDS=${RETRY_SECONDS:-300}     # one that failed is tried again after so long
ROUND_SECONDS=${ROUND_SECONDS:-15}      # how often the schedule and the status are looked at
CLIENT_FILE=${CLIENT_FILE:-/run/secrets/client.cnf}
ROTATE_BYTES=$((16 * 1024 * 1024))      # a restore reads one log to the end, so none gets big

# shellcheck source=deploy/backup/database.sh
. "$(dirname "$0")/database.sh"
# shellcheck source=deploy/backup/status.sh
. "$here/status.sh"
# shellcheck source=deploy/backup/logs.sh
. "$here/logs.sh"
# shellcheck source=deploy/backup/objects.sh
. "$here/objects.sh"
# shellcheck source=deploy/backup/full.sh
. "$here/full.sh"
# shellcheck source=deploy/backup/retention.sh
. "$here/retention.sh"
# shellcheck source=deploy/backup/schedule.sh
. "$here/schedule.sh"

run() {
  local stopping='' newest_size=0 stamped='' scheduled_at=0 rotated=0 ticks=0
  scheduling=
  exec {nothing}<> <(:)
  rm -rf "$state" && mkdir -p "$state"
  trap 'stopping=1' TERM INT
  trap '[ -z "$scheduling" ] || kill "$scheduling" 2>/dev/null || true' EXIT
  while [ -z "$stopping" ]; do
    copy_logs_and_tell
    # Less often: it looks at every folder.
    [ $((ticks++ % 3)) != 0 ] || copy_objects_and_tell
    keep_scheduling
    if [ "$newest_size" -gt $ROTATE_BYTES ] && [ $((SECONDS - rotated)) -ge 5 ]; then
      rotated=$SECONDS
      sql 'FLUSH BINARY LOGS' || true
    fi
    # Sleeps without a process.
    read -r -t 0.2 -u "$nothing" || true
  done
  copy_logs_and_tell
  copy_objects_and_tell
}

case ${1:-} in
  run) run ;;
  now) take_full ;;
  due) take_full due ;;
  health) is_healthy ;;
  *) fail "usage: backup.sh run | now | due | health" ;;
esac
