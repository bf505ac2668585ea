# Sourced by restore.sh: a server on the folder that is being restored, which nobody else reaches.
# shellcheck shell=bash
# shellcheck disable=SC2154 # TARGET and work are of restore.sh.
server_program=${GROVE_MYSQLD:-$(PATH=$PATH:/usr/sbin; command -v mariadbd || command -v mysqld)} ||
  fail "there is no mysqld"
is_mariadb=0
[[ $("$server_program" --version) != *MariaDB* ]] || is_mariadb=1
as_root=()
[ "$(id -u)" != 0 ] || as_root=(--user=root)

START_SECONDS=120 STOP_SECONDS=600 # it writes on its way out what it has in memory

make_data_folder() {
  if [ $is_mariadb = 1 ]; then
    mariadb-install-db --no-defaults --datadir="$TARGET" --auth-root-authentication-method=normal \
      --skip-test-db --innodb-use-native-aio=0 "${as_root[@]}" > "$work/install.log" 2>&1
  else
    "$server_program" --no-defaults --datadir="$TARGET" --initialize-insecure --secure-file-priv=NULL \
      "${as_root[@]}" > "$work/install.log" 2>&1
  fi || { cat "$work/install.log" >&2; fail "cannot make a data folder in $TARGET"; }
}

# Nothing is flushed for safety: what is interrupted is restored again.
start_server() {
  local options=(--no-defaults "--datadir=$TARGET" "--socket=$work/s" "--pid-file=$work/pid" --skip-networking
    --skip-log-bin --server-id=4000000000 --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0
    --innodb-buffer-pool-size=400M --innodb-use-native-aio=0 --performance-schema=0 --max-allowed-packet=1G
    --default-time-zone=+00:00 --character-set-server=utf8mb4 --relay-log=replay --relay-log-index=replay.index
    --relay-log-recovery=0 --relay-log-purge=0 --loose-skip-replica-start --loose-skip-slave-start)
  if [ $is_mariadb = 1 ]; then
    options+=(--innodb-log-file-size=256M)
  else
    options+=(--mysqlx=0 --secure-file-priv=NULL --innodb-redo-log-capacity=512M --loose-innodb-numa-interleave=0)
  fi
  "$server_program" "${options[@]}" "${as_root[@]}" > "$work/server.log" 2>&1 &
  server=$!
  wait_for $START_SECONDS answers_or_ended || true
  answers ||
    { cat "$work/server.log" >&2; fail "the server on $TARGET has ended, or does not answer after $START_SECONDS s"; }
}
answers() { sql 'DO 1' 2>/dev/null; }
answers_or_ended() { has_ended || answers; }

# Waits until the server, which was told to, has ended.
wait_for_end() {
  wait_for $STOP_SECONDS has_ended ||
    { cat "$work/server.log" >&2; fail "the server on $TARGET has not ended after $STOP_SECONDS s"; }
  wait "$server" || { cat "$work/server.log" >&2; fail "the server did not end well"; }
  server=
}
has_ended() { ! kill -0 "$server" 2>/dev/null; }
