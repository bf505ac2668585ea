#!/usr/bin/env bash
# Backs up a chapter's database and stored files, in the image of the database or natively.
# usage: backup.sh run      copy the logs as they grow, take full backups on schedule, until SIGTERM
#        backup.sh now      take a full backup
#        backup.sh health   whether `run` works
# Settings are environment variables; docs/backups.md explains what is kept where.
set -euo pipefail

BACKUPS=${BACKUPS:-/backups}            # where backups are kept
DATA=${DATA:-/var/lib/mysql}            # the data folder of the server, which is only read
OBJECTS=${OBJECTS:-/objects}            # the folder of stored files, if there is one
LOG=${LOG_BIN:-binlog}                  # what the server calls its binary logs
HOURS=${BACKUP_HOURS:-24}               # a full backup is taken so often
KEEP_DAYS=${BACKUP_KEEP_DAYS:-14}       # and kept so long
CLIENT_FILE=${CLIENT_FILE:-/run/secrets/client.cnf}
ROTATE_BYTES=$((16 * 1024 * 1024))      # a restore reads one log to the end, so none gets big
pulse=${TMPDIR:-/tmp}/backup.pulse

# shellcheck source=deploy/backup/database.sh
. "$(dirname "$0")/database.sh"
# shellcheck source=deploy/backup/logs.sh
. "$here/logs.sh"
# shellcheck source=deploy/backup/full.sh
. "$here/full.sh"
# shellcheck source=deploy/backup/retention.sh
. "$here/retention.sh"

# The moment of a full backup, as RFC 3339 has it; nothing where there is none. usage: moment_of FULL
moment_of() { [ -z "$1" ] || field "$1/manifest.json" at | sed 's/ /T/; s/$/Z/'; }

# status.json: what others (a page for officers, alerts) may read of the backups.
write_status() {
  local newest=$1 error=$2
  cat > "$BACKUPS/.status.json" <<JSON
{
  "checked_at": "$(date -u +%FT%TZ)",
  "last_full_at": "$(moment_of "$newest")",
  "last_full_bytes": $(if [ -n "$newest" ]; then field "$newest/manifest.json" bytes; else echo 0; fi),
  "last_full_seconds": $(if [ -n "$newest" ]; then field "$newest/manifest.json" seconds; else echo 0; fi),
  "oldest_full_at": "$(moment_of "$(fulls | head -n 1)")",
  "fulls": $(fulls | wc -l),
  "logs_copied_at": "$(date -u -d "@$(stat -c %Y "$pulse" 2>/dev/null || echo 0)" +%FT%TZ)",
  "error": "$error"
}
JSON
  mv "$BACKUPS/.status.json" "$BACKUPS/status.json"
  # For the page of officers, without the backups.
  if [ -d "${STATUS:-/status}" ]; then
    cp "$BACKUPS/status.json" "${STATUS:-/status}/.backup.json"
    mv "${STATUS:-/status}/.backup.json" "${STATUS:-/status}/backup.json"
  fi
}

# Whether a full backup should be taken: the last is too old, or of another data folder.
is_due() {
  local newest=$1
  [ -n "$newest" ] && [ "$(field "$newest/manifest.json" logs)" = "$(cat "$BACKUPS/logs/current" 2>/dev/null)" ] || return 0
  [ $(($(date +%s) - $(stat -c %Y "$newest/manifest.json"))) -ge $((HOURS * 3600)) ]
}

schedule() {
  local newest error='' retry=0
  while wait_for 60 test -e "$BACKUPS/logs/current" || true; do
    newest=$(fulls | tail -n 1)
    if is_due "$newest" && [ "$(date +%s)" -ge $retry ]; then
      # A process of its own, which ends at its first error.
      if "$here/backup.sh" now; then
        error=
      else
        error="the last full backup failed at $(date -u +%FT%TZ); the log of this container says why"
        retry=$(($(date +%s) + 300))
      fi
      newest=$(fulls | tail -n 1)
    fi
    forget_old
    write_status "$newest" "$error"
    sleep 15
  done
}

run() {
  mkdir -p "$BACKUPS"/{full,logs,objects/files}
  rm -rf "$BACKUPS"/full/.partial-*
  local stopping='' newest_size=0 stamped='' scheduling rotated=0 ticks=0
  exec {nothing}<> <(:)
  # Until the server has written its first log there is nothing to choose by.
  until [ -n "$(server_logs)" ]; do sleep 0.2; done
  choose_logs
  schedule & scheduling=$!
  trap 'stopping=1' TERM INT
  say "copying the logs of $DATA to ${logs}"
  while [ -z "$stopping" ]; do
    copy_logs
    # Less often: it looks at every folder.
    [ $((ticks++ % 3)) != 0 ] || copy_objects
    : > "$pulse"
    if [ "$newest_size" -gt $ROTATE_BYTES ] && [ $((SECONDS - rotated)) -ge 5 ]; then
      rotated=$SECONDS
      sql 'FLUSH BINARY LOGS' || true
    fi
    # Sleeps without a process.
    read -r -t 0.2 -u "$nothing" || true
  done
  kill $scheduling 2>/dev/null || true
  copy_logs
  copy_objects
}

case ${1:-} in
  run) run ;;
  now) take_full ;;
  health) [ $(($(date +%s) - $(stat -c %Y "$pulse"))) -le 10 ] ;;
  *) fail "usage: backup.sh run | now | health" ;;
esac
