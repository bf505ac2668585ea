# Sourced by backup.sh: takes a full backup, the same moment of all schemas, while everybody works on.
# shellcheck shell=bash
# shellcheck disable=SC2154 # BACKUPS and OBJECTS are the settings in backup.sh.
dump_program=$(command -v mariadb-dump || command -v mysqldump) || fail "there is no mysqldump"
TURN_SECONDS=3600
not_ours="'mysql', 'sys', 'information_schema', 'performance_schema'"

# Opens the connection that holds what is locked, until this process ends.
connect() {
  coproc LOCK { client --unbuffered 2>"$work/lock.err"; }
  # Of a coprocess a subshell has nothing but copies.
  exec {to_lock}>&"${LOCK[1]}" {from_lock}<&"${LOCK[0]}"
  ask "SET SESSION wait_timeout = 86400"
}
# One full backup at a time, whoever asks for it.
wait_for_turn() {
  local waited=0 mine
  while true; do
    mine=$(ask "SELECT GET_LOCK('grove full backup', $((waited > 0 ? 30 : 0)))") || fail "the database is not to be asked"
    [ "$mine" != 1 ] || return 0
    [ $waited -gt 0 ] || say "another full backup is being taken; this one waits for up to $TURN_SECONDS s"
    [ $waited -lt $TURN_SECONDS ] || fail "another full backup is still being taken after $TURN_SECONDS s"
    waited=$((waited + 30))
  done
}
# Holds back writers while snapshots open, which takes a fraction of a second.
lock() {
  ask "SET SESSION lock_wait_timeout = 20; FLUSH TABLES WITH READ LOCK"
  locked_at=$(milliseconds)
}
# Asks by the connection that holds the lock: no other could wait for it, and none has to be opened.
ask() {
  local line
  printf "%s; SELECT '-- end';\n" "$1" >&"$to_lock"
  while true; do
    IFS= read -r -t 60 line <&"$from_lock" || fail "the database does not go on: $(cat "$work/lock.err")"
    [ "$line" != '-- end' ] || return 0
    printf '%s\n' "$line"
  done
}
unlock() {
  ask 'UNLOCK TABLES'
  locked_ms=$(($(milliseconds) - locked_at))
}

# Everybody who may sign in to the database, with their rights, as statements.
print_accounts() {
  local users
  users=$(ask "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user NOT LIKE 'mysql.%' AND user NOT IN
    ('mariadb.sys', 'PUBLIC', '') $([ "$is_mariadb" = 0 ] || echo "AND is_role = 'N'") ORDER BY user, host")
  [ "$is_mariadb" = 1 ] || ask 'SET print_identified_with_as_hex = ON'
  ask "$(sed 's/^/SHOW CREATE USER /; $!s/$/;/' <<< "$users")" | sed 's/$/;/' > "$work/users"
  sed 's/^CREATE USER/CREATE USER IF NOT EXISTS/' "$work/users"
  sed 's/^CREATE USER/ALTER USER/' "$work/users"
  ask "$(sed 's/^/SHOW GRANTS FOR /; $!s/$/;/' <<< "$users")" | sed '/^GRANT PROXY/d; s/$/;/'
}

dump_options() {
  options=(--single-transaction --no-tablespaces --skip-lock-tables --hex-blob --routines --events --triggers
    --net-buffer-length=1M --default-character-set=utf8mb4)
  [[ $("$dump_program" --version) == *MariaDB* ]] || options+=(--set-gtid-purged=OFF)
}
dump() {
  "$dump_program" --defaults-file="$CLIENT_FILE" "${options[@]}" --databases "$@" |
    awk -v folder="$folder" -v started="$work/dump-started" -f "$here/split.awk"
}

# The checksum of every table, as the dump sees them.
checksums() {
  local tables; tables=$(paste -sd, "$work/tables")
  printf "SET SESSION time_zone = '+00:00'; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n"
  printf "START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT 'started'; CHECKSUM TABLE %s;\n" "$tables"
}
snapshots_are_open() { [ -e "$work/dump-started" ] && [ -s "$work/checksums" ] || ! kill -0 "$dumping" "$summing" 2>/dev/null; }

# How big the data folder is, without its logs; what a server deletes meanwhile does not matter.
data_bytes() { { du -sb --exclude="$LOG.*" "$DATA/" 2>/dev/null || true; } | awk '{ n = $1 } END { print n + 0 }'; }

# usage: take_full [due]     `due`: unless another one was taken meanwhile
take_full() {
  local begin is_mariadb=0 options log position at lineage schemas dumping summing name
  begin=$(milliseconds)
  [[ $(sql 'SELECT VERSION()') != *MariaDB* ]] || is_mariadb=1
  lineage=$(cat "$BACKUPS/logs/current" 2>/dev/null) || fail "nobody copies the logs: backup.sh run does"
  work=$(mktemp -d)
  folder=$BACKUPS/full/.partial-$$-$begin
  trap 'rm -rf "$work" "$folder"' EXIT
  trap 'exit 1' TERM INT
  connect
  wait_for_turn
  [ -z "${1:-}" ] || is_due || return 0
  # Of one that was interrupted.
  rm -rf "$BACKUPS"/full/.partial-*
  mkdir -p "$folder/tables" "$folder/later"

  sql 'FLUSH BINARY LOGS'
  schemas=$(sql "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ($not_ours)")
  [ -n "$schemas" ] || fail "the database has no schema"
  dump_options
  lock
  # shellcheck disable=SC2086 # a schema of Grove has no blank in its name
  dump $schemas {to_lock}>&- & dumping=$!
  ask "SELECT CONCAT('\`', table_schema, '\`.\`', table_name, '\`') FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ($not_ours)" > "$work/tables"
  checksums | client --unbuffered > "$work/checksums" {to_lock}>&- & summing=$!
  read -r log position _ <<< "$(ask "$([ $is_mariadb = 1 ] && echo 'SHOW MASTER STATUS' || echo 'SHOW BINARY LOG STATUS')")"
  at=$(ask "SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%d %H:%i:%s.%f')")
  print_accounts > "$folder/accounts.sql"
  wait_for 120 snapshots_are_open || fail "no snapshot in two minutes"
  unlock
  wait "$dumping" || fail "the dump failed"
  wait "$summing" || fail "the checksums failed"
  tail -n +2 "$work/checksums" > "$folder/checksums.tsv"
  [ "$(wc -l < "$folder/checksums.tsv")" = "$(wc -l < "$work/tables")" ] || fail "a table has no checksum"
  [ ! -d "$OBJECTS" ] || (cd "$OBJECTS" && find . -type f ! -name '*.partial' | sed 's|^\./||') > "$folder/objects.list"
  wait_for 30 test -e "$BACKUPS/logs/$lineage/$log" || fail "$log is not being copied"

  cat > "$folder/manifest.json" <<JSON
{
  "at": "$at",
  "logs": "$lineage",
  "log_file": "$log",
  "log_position": $position,
  "server": "$(sql 'SELECT VERSION()')",
  "tables": $(wc -l < "$work/tables"),
  "bytes": $(du -sb "$folder" | cut -f1),
  "data_bytes": $(data_bytes),
  "locked_ms": $locked_ms,
  "seconds": $((($(milliseconds) - begin) / 1000))
}
JSON
  (cd "$folder" && find . -type f | sort | xargs -d '\n' sha256sum) > "$work/sums"
  mv "$work/sums" "$folder/SHA256SUMS"
  # On the disk, and not in memory alone, before it counts.
  find "$folder" -exec sync {} + || fail "the backup cannot be written to the disk"
  name=${at//[-:]/}
  mv "$folder" "$BACKUPS/full/${name/ /T}Z"
  sync "$BACKUPS/full"
  trap 'rm -rf "$work"' EXIT
  say "full backup ${name/ /T}Z: $(wc -l < "$work/tables") tables, writers waited for $locked_ms ms"
}
