#!/usr/bin/env bash
# Restores to moments around a clean stop of the server and its next starts, without Docker: each has to hold what
# was committed before it, and to come to an end.
# usage: restarts.sh     GROVE_MYSQLD names another server than the machine's; ALL=1 tries each second instead of the
#                        ones at which something changes; KEEP=1 keeps the folder
set -euo pipefail
# shellcheck source=deploy/backup/tests/throwaway.sh
. "$(dirname "$0")/throwaway.sh"

second() { date +%s; }
reaches() { [ "$(second)" -ge "$1" ]; }
n=0
# Ten transactions; each notes its second as the log does.
write_some() {
  local last=$((n + 10))
  while [ $n -lt $last ]; do
    n=$((n + 1))
    printf 'INSERT INTO grove_quotes.quotes (n, second) VALUES (%d, UNIX_TIMESTAMP());\n' $n
  done > "$work/statements"
  "$client_program" --defaults-file="$work/root.cnf" < "$work/statements"
}
stop_server() {
  sql SHUTDOWN
  wait "$server"
  server=
}

make_server
first_sql <<SQL
CREATE DATABASE grove_quotes CHARACTER SET utf8mb4;
CREATE TABLE grove_quotes.quotes (n INT PRIMARY KEY, second BIGINT NOT NULL);
SQL
protect_root
start_backup
until_true has_full_of_this_data

# Nothing was written since the full backup but the ends and beginnings of logs.
stop_server
start_server
until_true logs_are_copied
restore "$work/restored"
rm -rf "$work/restored" "$work/objects-restored"
step "two starts without a write after the full backup: $(tail -n 1 "$work/restore.log" | cut -d' ' -f2-)"

write_some
until_true reaches $(($(second) + 1))
write_some
stopped=$(second)
stop_server
until_true reaches $((stopped + 2))
started=$(second)
start_server
# A start after which nobody writes leaves a log without a transaction.
until_true reaches $((started + 2))
stop_server
started_again=$(second)
start_server
until_true reaches $((started_again + 2))
write_some
written=$(second)
until_true reaches $((written + 1))
write_some
sql 'SELECT n, second FROM grove_quotes.quotes ORDER BY n' > "$work/rows"
until_true logs_are_copied
kill_and_delete
stop_backup

if [ "${ALL:-}" = 1 ]; then
  mapfile -t moments < <(seq $((stopped - 1)) $((written + 2)))
else
  moments=("$stopped" $((stopped + 1)) "$started" $((started + 1)) $((started_again + 1)) "$written" $((written + 1)))
fi
for moment in "${moments[@]}" ''; do
  at=${moment:+$(date -u -d "@$moment" '+%F %T')}
  restore "$work/restored" ${at:+"$at"}
  mv "$work/restored" "$DATA"
  rm -rf "$work/objects-restored"
  start_server
  expect "at ${at:-the latest moment}: the rows are others" \
    diff <(awk -v until="${moment:-9999999999}" '$2 < until' "$work/rows") <(sql 'SELECT n, second FROM grove_quotes.quotes ORDER BY n')
  step "at ${at:-the latest moment}, $((${moment:-$(second)} - stopped)) s after the stop: $(sql 'SELECT COUNT(*) FROM grove_quotes.quotes') rows"
  kill_and_delete
done

# A server that says that it waits for more, and is not at the end.
stands_still() (
  fail() { echo "$*"; exit 1; }
  # shellcheck disable=SC2034 # read by what is sourced
  IDLE_SECONDS=1 REPLAY_SECONDS=$2 last_log=replay.000001 logs=(binlog.000001) ends=(100)
  # shellcheck source=deploy/backup/replay.sh
  . "$scripts/replay.sh"
  state=$1
  look_at_replica() {
    printf ' %s: %s\n' Relay_Log_File replay.000001 Relay_Log_Pos 4 Slave_SQL_Running Yes Slave_SQL_Running_State "$state" > "$work/replica"
  }
  wait_for_replay
)
for case in "Slave has read all relay log; waiting for more updates:3600" "Reading event from the relay log:1"; do
  stands_still "${case%:*}" "${case##*:}" > "$work/said" || true
  expect "a replay that stands still is waited for" grep -q 'has stood at replay.000001:4 for 1 s.*replay.000001:100' "$work/said"
done
step "a replay that stands still is given up, and where it stands is said"
