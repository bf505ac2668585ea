#!/usr/bin/env bash
# Measures a backup and a restore of a database of about so many MB, on this machine's server, or on that of
# an image. usage: run.sh [MB [IMAGE]]     such as run.sh 400 mysql:9
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
megabytes=${1:-400}
if [ -n "${2:-}" ]; then
  folder=$(mktemp -d)
  trap 'docker run --rm --user 0 --entrypoint rm --volume "$folder:/folder" "$2" -rf /folder/work; rm -rf "$folder"' EXIT
  chmod 777 "$folder"
  docker run --rm --network none --user 999:999 --env TMPDIR=/folder/work --volume "$folder:/folder" --volume "$root:/grove:ro" \
    --entrypoint bash "$2" -c 'mkdir /folder/work; exec bash /grove/bench/restore/run.sh "$1"' bash "$megabytes"
  exit
fi
# shellcheck source=deploy/backup/tests/throwaway.sh
. "$root/deploy/backup/tests/throwaway.sh"
row() { printf '| %s | %s |\n' "$1" "$2"; }
seconds() { awk -v ms=$(($(now_ms) - $1)) 'BEGIN { printf "%.1f s", ms / 1000 }'; }
size() { du -sm "$@" | awk '{ n += $1 } END { print n " MB" }'; }

make_server
# Rows as the ledger has them, in six tables of different sizes; about 190 bytes each with their indexes.
{
  echo 'CREATE DATABASE grove_credits CHARACTER SET utf8mb4; USE grove_credits;'
  echo 'CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);'
  for share in 30 25 20 15 6 4; do
    cat <<SQL
CREATE TABLE entries_$share (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, account BIGINT UNSIGNED NOT NULL,
  amount BIGINT NOT NULL, noted_at DATETIME(6) NOT NULL, text VARCHAR(100) NOT NULL, hash BINARY(32) NOT NULL, KEY (account, id));
SET SESSION sql_log_bin = 0;
INSERT INTO entries_$share (account, amount, noted_at, text, hash)
  SELECT FLOOR(RAND() * 5000), FLOOR(RAND() * 10000), NOW(6), CONCAT('payment ', UUID(), ' of ', a.d), UNHEX(SHA2(UUID(), 256))
  FROM digits a, digits b, digits c, digits d, digits e, digits f, digits g LIMIT $((megabytes * share * 1000000 / 100 / 190));
SET SESSION sql_log_bin = 1;
SQL
  done
} | first_sql
protect_root
row "server" "$("$server_program" --version | sed 's/.*Ver \([^ ]*\).*/\1/')"
row "tables" "$(size "$DATA"/grove_*)"
row "making the data" "$(seconds "$began")"
begun=$(now_ms)
start_backup
until_true has_full_of_this_data
manifest=$(newest_full)/manifest.json
row "full backup" "$(seconds "$begun"), $(size "$(newest_full)"), writers wait $(sed -n 's/.*"locked_ms": \([0-9]*\).*/\1/p' "$manifest") ms"
# What was written since is replayed from the logs.
for _ in $(seq 5000); do
  echo "INSERT INTO grove_credits.entries_4 (account, amount, noted_at, text, hash) VALUES (1, 2, NOW(6), 'later', '');"
done | "$client_program" --defaults-file="$work/root.cnf"
until_true logs_are_copied
before=$(checksums)
kill_and_delete
stop_backup
sync
begun=$(now_ms)
TIMEFORMAT='%U %S'
{ time restore "$work/restored"; } 2> "$work/time"
row "restore, with 5,000 transactions from the logs" "$(seconds "$begun")"
take_over "$work/restored"
row "processor time of it" "$(awk '{ printf "%.1f s", $1 + $2 }' "$work/time")"
row "until the server answers" "$(seconds "$begun")"
expect "tables differ" diff <(printf '%s\n' "$before") <(checksums)
row "checksum of each table" equal
row "load average" "$(cut -d' ' -f1 /proc/loadavg) on $(nproc) processors"
