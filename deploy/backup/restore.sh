#!/usr/bin/env bash
# Makes a data folder from backups, in the image of the database or natively; never touches another.
# usage: restore.sh [AT]     AT  "2026-11-22 18:00:05" (UTC): what was committed before that second;
#                                binlog.000007:1234: what was before that statement (restore.sh --list);
#                                nothing: everything that was copied
#        restore.sh --check [AT]   whether a restore to AT could begin: sound backups, no gap in the logs, room
#        restore.sh --list   the statements after the oldest backup that made, changed or dropped a table
# `make restore` calls it for a chapter in containers.
set -euo pipefail

BACKUPS=${BACKUPS:-/backups}              # where backups are kept
TARGET=${TARGET:-/restored}               # the empty folder that becomes the data folder
TARGET_OBJECTS=${TARGET_OBJECTS:-}        # the folder for stored files, if there are any
LOG=${LOG_BIN:-binlog}                    # what the server calls its binary logs
ROOT_PASSWORD_FILE=${ROOT_PASSWORD_FILE:-} # the password that the database's root has afterwards

# shellcheck source=deploy/backup/database.sh
. "$(dirname "$0")/database.sh"
work=$(mktemp -d)
CLIENT_FILE=$work/client.cnf
printf '[client]\nuser=root\nsocket=%s/s\n' "$work" > "$CLIENT_FILE"
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
# shellcheck source=deploy/backup/choose.sh
. "$here/choose.sh"
# shellcheck source=deploy/backup/server.sh
. "$here/server.sh"
# shellcheck source=deploy/backup/replay.sh
. "$here/replay.sh"

load() {
  client < "$full/schemas.sql"
  # As many clients as processors; the biggest tables first, and dealt out to them in turn.
  local clients loading=() number
  clients=$(nproc)
  find "$full/tables" -name '*.gz' -printf '%s %p\n' | sort -rn | cut -d' ' -f2- |
    awk -v clients="$clients" -v work="$work" '{ print > (work "/tables." NR % clients) }'
  for number in "$work"/tables.*; do
    xargs -d '\n' gzip -dc < "$number" | client &
    loading+=($!)
  done
  for number in "${loading[@]}"; do wait "$number" || fail "a table was not loaded"; done
  find "$full/later" -name '*.gz' | sort | while read -r part; do gzip -dc "$part" | client; done
}

# Whether every table is what it was when the backup was taken.
verify() {
  local tables
  # shellcheck disable=SC2016 # backticks are SQL's
  cut -f1 "$full/checksums.tsv" | sed 's/`/``/g; s/^\([^.]*\)\.\(.*\)$/`\1`.`\2`/' > "$work/tables"
  tables=$(paste -sd, "$work/tables")
  sql "CHECKSUM TABLE $tables" > "$work/checksums"
  diff <(sort "$full/checksums.tsv") <(sort "$work/checksums") > "$work/difference" ||
    { cat "$work/difference" >&2; fail "these tables are not what they were when the backup was taken"; }
}

# Accounts as they were; the root of the files in data/secrets, so that the chapter opens its database.
load_accounts() {
  # Our own session must not be locked out.
  sql "CREATE USER 'grove_restore'@'localhost'; GRANT ALL ON *.* TO 'grove_restore'@'localhost' WITH GRANT OPTION"
  sed -i 's/^user=.*/user=grove_restore/' "$CLIENT_FILE"
  # A right on a table that was dropped since is no reason to stop.
  client --force < "$full/accounts.sql" 2> "$work/accounts.log" || true
  grep -vE '^(mysql: \[Warning\]|$)' "$work/accounts.log" | sed 's/^/  account: /' || true
}
set_root_password() {
  if [ -n "$ROOT_PASSWORD_FILE" ]; then
    local password; password=$(< "$ROOT_PASSWORD_FILE")
    password=${password//\\/\\\\}
    sql "SELECT CONCAT('ALTER USER ', QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user = 'root'" |
      sed "s|\$| IDENTIFIED BY '${password//\'/\\\'}';|" | client
  fi
  sed -i 's/^user=.*/user=grove_restore/' "$CLIENT_FILE"
  sql "FLUSH PRIVILEGES; DROP USER 'grove_restore'@'localhost'; SHUTDOWN"
}

restore_objects() {
  [ -n "$TARGET_OBJECTS" ] && [ -s "$BACKUPS/objects/SHA256SUMS" ] || return 0
  mkdir -p "$TARGET_OBJECTS"
  cp -r "$BACKUPS/objects/files/." "$TARGET_OBJECTS/"
  # The last line of each file counts.
  tac "$BACKUPS/objects/SHA256SUMS" | awk '!seen[substr($0, 67)]++' > "$work/sums"
  (cd "$TARGET_OBJECTS" && sha256sum --check --quiet --ignore-missing "$work/sums") ||
    fail "a stored file is not what it was"
  say "$(find "$TARGET_OBJECTS" -type f | wc -l) stored files, each with its SHA-256"
}

# Chooses what is restored, and fails where it could not be.
prepare() {
  [ -z "$(ls -A "$TARGET")" ] || fail "$TARGET is not empty"
  choose_full
  say "full backup ${full##*/}, taken at $(field "$full/manifest.json" at)"
  choose_logs_to_replay
  check_room
}
restore() {
  prepare
  make_data_folder
  bring_logs
  start_server
  load
  verify
  say "$(wc -l < "$full/checksums.tsv") tables, each with its checksum"
  load_accounts
  replay
  set_root_password
  wait_for_end
  rm -f "$TARGET"/replay.* "$TARGET"/{master,relay-log}.info
  restore_objects
  say "restored in $SECONDS s"
}

task=restore
if [ "${1:-}" = --check ]; then task=prepare; shift; fi
AT=${1:-}
case $AT in
  --list) list_statements ;;
  "" | [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\ [0-9][0-9]:[0-9][0-9]:[0-9][0-9] | "$LOG".[0-9]*:[0-9]*) $task ;;
  [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\ [0-9][0-9]:[0-9][0-9]) AT=$AT:00; $task ;;
  *) fail "the moment is \"2026-11-22 18:00:05\" (UTC) or a position such as $LOG.000007:1234" ;;
esac
