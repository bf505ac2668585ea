# Sourced by the tests beside it and by bench/restore: a server of this machine (or of the image that this runs in) on a
# temporary folder, with the binary log on, and its backups. GROVE_MYSQLD names another server; KEEP=1 keeps
# the folder.
# shellcheck shell=bash
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C TZ=UTC PATH=$PATH:/usr/sbin:/usr/local/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/grove-drill-XXXXXX")
# In a folder that servers share, one that starts removes the temporary tables of the others.
mkdir "$work/tmp" && export TMPDIR=$work/tmp
server='' backup='' writers=()
cleanup() {
  local pid
  for pid in "${writers[@]}" $backup $server; do kill -9 "$pid" 2>/dev/null || true; done
  if [ "${KEEP:-}" = 1 ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT
expect() { local what=$1; shift; "$@" || { echo "FAILED: $what" >&2; exit 1; }; }
until_true() {
  local deadline=$((SECONDS + 60))
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { echo "FAILED: waited a minute for: $*" >&2; tail -n 20 "$work"/*.log >&2; exit 1; }
    sleep 0.05
  done
}
now_ms() { date +%s%3N; }
began=$(now_ms)
step() { printf '%6.1f s  %s\n' "$(awk -v ms=$(($(now_ms) - began)) 'BEGIN { print ms / 1000 }')" "$*"; }

server_program=${GROVE_MYSQLD:-$(command -v mariadbd || command -v mysqld)}
is_mariadb=0
[[ $("$server_program" --version) != *MariaDB* ]] || is_mariadb=1
client_program=$(command -v mariadb || command -v mysql)
as_root=()
[ "$(id -u)" != 0 ] || as_root=(--user=root)

export BACKUPS=$work/backups DATA=$work/data OBJECTS=$work/objects TMPDIR=$work/tmp
export ROOT_PASSWORD_FILE=$work/root-password
mkdir -p "$TMPDIR" "$DATA" "$OBJECTS"
echo "long-Password_of_root" > "$ROOT_PASSWORD_FILE"
printf '[client]\nuser=backup\npassword=backups-Own_password-1\nsocket=%s/s\n' "$work" > "$work/backup.cnf"
printf '[client]\nuser=root\npassword=%s\nsocket=%s/s\ndefault-character-set=utf8mb4\n' "$(cat "$ROOT_PASSWORD_FILE")" "$work" > "$work/root.cnf"
sql() { "$client_program" --defaults-file="$work/root.cnf" -NB --raw --execute "$1"; }

start_server() {
  local options=(--no-defaults "--datadir=$DATA" "--socket=$work/s" "--pid-file=$work/pid" --skip-networking
    --log-bin=binlog --server-id=1 --sync-binlog=1 --innodb-flush-log-at-trx-commit=1 --innodb-use-native-aio=0
    --innodb-buffer-pool-size=64M --performance-schema=0 --character-set-server=utf8mb4 --default-time-zone=+00:00)
  [ $is_mariadb = 1 ] || options+=(--mysqlx=0 --secure-file-priv=NULL)
  "$server_program" "${options[@]}" "${as_root[@]}" >> "$work/server.log" 2>&1 &
  server=$!
  until_true "$client_program" --defaults-file="${1:-$work/root.cnf}" -e 'DO 1' 2>/dev/null
}
start_backup() {
  CLIENT_FILE=$work/backup.cnf ROUND_SECONDS=1 "$scripts/backup.sh" run >> "$work/backup.log" 2>&1 &
  backup=$!
}
stop_backup() { kill -TERM "$backup"; wait "$backup" || true; backup=''; }
newest_full() { find "$BACKUPS/full" -maxdepth 1 -name '2*' 2>/dev/null | sort | tail -n 1; }
has_full_of_this_data() {
  local full; full=$(newest_full)
  [ -n "$full" ] && grep -q "\"logs\": \"$(cat "$BACKUPS/logs/current")\"" "$full/manifest.json"
}
logs_are_copied() {
  local copies; copies=$BACKUPS/logs/$(cat "$BACKUPS/logs/current")
  [ "$(stat -c %s "$DATA"/binlog.0* | tail -n 1)" = "$(stat -c %s "$copies"/binlog.0* | tail -n 1)" ]
}
kill_and_delete() {
  disown "$server"
  kill -9 "$server"
  rm -rf "${DATA:?}" "${OBJECTS:?}"
}
restore() {
  local target=$1; shift
  mkdir -p "$target" "$work/objects-restored"
  TARGET=$target TARGET_OBJECTS=$work/objects-restored "$scripts/restore.sh" "$@" > "$work/restore.log" 2>&1 ||
    { cat "$work/restore.log" >&2; exit 1; }
}
take_over() { mv "$1" "$DATA"; mv "$work/objects-restored" "$OBJECTS"; start_server; }
checksums() {
  local tables
  tables=$(sql "SELECT GROUP_CONCAT(CONCAT('\`', table_schema, '\`.\`', table_name, '\`')) FROM information_schema.tables
    WHERE table_schema LIKE 'grove%' AND table_type = 'BASE TABLE'")
  sql "CHECKSUM TABLE $tables" | sort
}

# A data folder, and a root who has no password yet.
make_server() {
  if [ $is_mariadb = 1 ]; then
    mariadb-install-db --no-defaults --datadir="$DATA" --auth-root-authentication-method=normal --skip-test-db \
      --innodb-use-native-aio=0 "${as_root[@]}" > "$work/install.log" 2>&1
  else
    "$server_program" --no-defaults --datadir="$DATA" --initialize-insecure --secure-file-priv=NULL "${as_root[@]}" > "$work/install.log" 2>&1
  fi
  printf '[client]\nuser=root\nsocket=%s/s\ndefault-character-set=utf8mb4\n' "$work" > "$work/first.cnf"
  start_server "$work/first.cnf"
}
first_sql() { "$client_program" --defaults-file="$work/first.cnf"; }
protect_root() {
  first_sql <<SQL
CREATE USER 'backup'@'%' IDENTIFIED BY 'backups-Own_password-1';
GRANT SELECT, RELOAD, REPLICATION CLIENT, SHOW VIEW, TRIGGER, EVENT ON *.* TO 'backup'@'%';
ALTER USER 'root'@'localhost' IDENTIFIED BY '$(cat "$ROOT_PASSWORD_FILE")';
SQL
}
