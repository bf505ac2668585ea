#!/usr/bin/env bash
# Compares transfers through the credits service with the same statements as plain SQL, on one durable
# database; with --kill, kills the service and the database at random meanwhile instead.
# usage: run.sh [--kill] [--rounds N] [--transfers N] [--clients N] [--connections N]
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin

for tool in mariadbd mariadb-install-db mariadb-admin; do
  command -v $tool >/dev/null || { echo "$tool is missing: apt-get install mariadb-server" >&2; exit 1; }
done

profile=${PROFILE:-release}
cargo build --profile "$profile" --package grove-credits --bin grove-credits --example transfers
programs=${CARGO_TARGET_DIR:-target}/${profile/#dev/debug}

port=${PORT:-13306}
work=$(mktemp -d)
cleanup() {
  touch "$work/stop"
  [ -e "$work/pid" ] && kill -KILL "$(cat "$work/pid")" 2>/dev/null
  wait || true
  rm -rf "$work"
}
trap cleanup EXIT

user=(); [ "$(id -u)" = 0 ] && user=(--user=root)
mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db \
  --datadir="$work/data" "${user[@]}" >/dev/null
database() { # durable: each commit is on the disk before it is answered
  mariadbd --no-defaults --datadir="$work/data" --socket="$work/socket" --port="$port" \
    --bind-address=127.0.0.1 --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M \
    --innodb-use-native-aio=0 --skip-log-bin --max-connections=200 --character-set-server=utf8mb4 "${user[@]}" \
    >>"$work/log" 2>&1 &
  echo $! >"$work/pid"
  wait $! || true
}
# Its standard error would tell of each kill.
(until [ -e "$work/stop" ]; do database; done) 2>/dev/null &
admin() { mariadb-admin --no-defaults --socket="$work/socket" --user=root "$@"; }
for _ in $(seq 100); do
  admin ping >/dev/null 2>&1 && break
  sleep 0.1
done
admin create grove_credits

load=$(cut -d' ' -f1 /proc/loadavg)
DATABASE_URL=mysql://root@127.0.0.1:$port/grove_credits \
  "$programs/examples/transfers" --service "$programs/grove-credits" --database-pid "$work/pid" "$@"
echo "$(date +%F), $(nproc) cores, load average $load before and $(cut -d' ' -f1 /proc/loadavg) after"
