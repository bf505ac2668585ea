#!/usr/bin/env bash
# The restore drill, without Docker, by the scripts that a chapter's containers run: a server is killed while
# people write, its data folder and its stored files are deleted, and everything comes back.
# Then the tests beside it: moments around a restart, failures, and what is asked of Docker.
# usage: drill.sh     GROVE_MYSQLD names another server than the machine's; KEEP=1 keeps the folder
set -euo pipefail
# shellcheck source=deploy/backup/tests/throwaway.sh
. "$(dirname "$0")/throwaway.sh"

# Writes one row after another, and files, and notes what was acknowledged and when: "MILLISECONDS N".
write_rows() {
  local writer=$1 n=0 status
  trap 'exit 0' TERM
  coproc SESSION { "$client_program" --defaults-file="$work/root.cnf" -NB --unbuffered grove_quotes 2>/dev/null; }
  while true; do
    n=$((n + 1))
    printf "BEGIN; INSERT INTO quotes (writer, n, text, hash) VALUES (%d, %d, 'It''s \\\\\\\\ \\n 🌳 %d', UNHEX(SHA2('%d', 256)));
      INSERT INTO grove_credits.entries (amount, noted_at) VALUES (%d.25, NOW(6)); COMMIT; SELECT 'done';\n" \
      "$writer" $n $n $n $n >&"${SESSION[1]}" || exit 0
    read -r status <&"${SESSION[0]}" || exit 0
    [ "$status" = "done" ] && printf '%s %d\n' "$(now_ms)" $n >> "$work/journal.$writer"
  done
}
start_writers() {
  local writer
  rm -f "$work"/journal.*
  for writer in "$@"; do write_rows "$writer" 2>/dev/null & writers+=($!); done
}
stop_writers() {
  kill "${writers[@]}" 2>/dev/null || true
  wait "${writers[@]}" 2>/dev/null || true
  writers=()
}
has_written() { [ "$(cat "$work/journal.$1" 2>/dev/null | wc -l)" -ge "$2" ]; }

make_server
first_sql <<SQL
CREATE DATABASE grove_quotes CHARACTER SET utf8mb4; CREATE DATABASE grove_credits CHARACTER SET utf8mb4;
CREATE TABLE grove_quotes.people (netid VARCHAR(16) PRIMARY KEY, born DATE NULL);
CREATE TABLE grove_quotes.quotes (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, writer INT NOT NULL, n INT NOT NULL,
  text TEXT NOT NULL, hash BINARY(32) NOT NULL, netid VARCHAR(16) NULL, doubled INT AS (n * 2) STORED,
  UNIQUE KEY (writer, n), FOREIGN KEY (netid) REFERENCES grove_quotes.people (netid));
CREATE TABLE grove_credits.entries (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, amount DECIMAL(12, 2) NOT NULL,
  noted_at DATETIME(6) NOT NULL, changed TIMESTAMP NULL, flag BIT(3) NOT NULL DEFAULT b'101', ratio DOUBLE NULL);
INSERT INTO grove_quotes.people VALUES ('nova', '2004-02-29'), ('o''hara', NULL);
CREATE VIEW grove_quotes.counted AS SELECT COUNT(*) AS quotes FROM grove_quotes.quotes;
CREATE TRIGGER grove_quotes.trimmed BEFORE INSERT ON grove_quotes.people FOR EACH ROW SET NEW.netid = TRIM(NEW.netid);
CREATE USER 'grove_quotes'@'%' IDENTIFIED BY 'quotes-Own_password-1';
GRANT SELECT ON \`grove\_quotes\`.* TO 'grove_quotes'@'%'; GRANT INSERT ON grove_quotes.quotes TO 'grove_quotes'@'%';
SQL
protect_root
head -c 300000 /dev/urandom > "$OBJECTS/before"
start_backup
start_writers 1 2
until_true has_full_of_this_data
step "a full backup while two people write: $(sed -n 's/.*"locked_ms": \([0-9]*\).*/\1/p' "$(newest_full)/manifest.json") ms in which they waited"
tells_of_it() { grep -qE '"last_full_at": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"' "$BACKUPS/status.json" 2>/dev/null; }
until_true tells_of_it
mkdir -p "$OBJECTS/pictures"
head -c 200000 /dev/urandom > "$OBJECTS/pictures/a cat.png"
(cd "$OBJECTS" && find . -type f | sort | xargs -d '\n' sha256sum) > "$work/objects.before"
until_true has_written 1 300
until_true has_written 2 300
until_true test -e "$BACKUPS/objects/files/pictures/a cat.png"

kill_and_delete
killed=$(now_ms)
stop_writers
stop_backup
restore "$work/restored"
take_over "$work/restored"
step "killed, deleted, restored: $(tail -n 1 "$work/restore.log" | cut -d' ' -f2-)"
acknowledged=0 lost=0 lost_late=0
for writer in 1 2; do
  sql "SELECT n FROM grove_quotes.quotes WHERE writer = $writer ORDER BY n" > "$work/rows"
  read -r total missing late < <(awk -v killed="$killed" 'NR == FNR { there[$1]; next }
    { n++ } !($2 in there) { missing++; if (killed - $1 > 1000) late++ } END { print n + 0, missing + 0, late + 0 }' \
    "$work/rows" "$work/journal.$writer")
  acknowledged=$((acknowledged + total)) lost=$((lost + missing)) lost_late=$((lost_late + late))
done
expect "writes older than a second are lost: $lost_late" [ $lost_late = 0 ]
expect "a part of a transaction came back" [ "$(sql 'SELECT COUNT(*) FROM grove_quotes.quotes')" = "$(sql 'SELECT COUNT(*) FROM grove_credits.entries')" ]
expect "stored files differ" diff "$work/objects.before" <(cd "$OBJECTS" && find . -type f | sort | xargs -d '\n' sha256sum)
step "of $acknowledged acknowledged writes $lost are lost, all of the last second; each stored file has its SHA-256"
"$client_program" --user=grove_quotes --password=quotes-Own_password-1 --socket="$work/s" -e \
  "INSERT INTO grove_quotes.quotes (writer, n, text, hash) VALUES (9, 1, 'mine', '')" || expect "an account came back" false
expect "an account may more than before" bash -c "! '$client_program' --user=grove_quotes --password=quotes-Own_password-1 \
  --socket='$work/s' -e 'DELETE FROM grove_quotes.quotes' 2>/dev/null"
expect "the view is gone" [ "$(sql 'SELECT quotes FROM grove_quotes.counted')" -gt 300 ]

start_backup
until_true has_full_of_this_data
start_writers 3
until_true has_written 3 200
stop_writers
before=$(checksums)
# So that a second lies between the last write and the mistake.
last_write=$(sql 'SELECT FLOOR(UNIX_TIMESTAMP(MAX(noted_at))) FROM grove_credits.entries')
until_true bash -c "[ \$(date +%s) -gt $last_write ]"
second=$(date -u '+%F %T')
sql 'SET foreign_key_checks = 0; DROP TABLE grove_quotes.quotes'
sql "INSERT INTO grove_credits.entries (amount, noted_at) VALUES (1, NOW(6))"
after=$(checksums)
until_true logs_are_copied
kill_and_delete
stop_backup
position=$("$scripts/restore.sh" --list | awk '/DROP TABLE/ { print $3 }')

compare() {
  local what=$1 wanted=$2; shift 2
  restore "$work/restored" "$@"
  mv "$work/restored" "$DATA"
  rm -rf "$work/objects-restored"
  start_server
  expect "$what: tables differ" diff <(printf '%s\n' "$wanted") <(checksums)
  step "$what: the checksum of every table is equal"
  kill_and_delete
}
compare "the latest moment" "$after"
compare "just before the DROP TABLE at $position" "$before" "$position"
compare "the second of the DROP TABLE, $second" "$before" "$second"
step "the drill is passed"

# The last is about Docker, and not for an image.
for test in restarts failures chapter; do
  [ "$test" != chapter ] || [ -d "$scripts/../swarm" ] || continue
  printf '\n%s\n' "$test"
  TMPDIR=${work%/*} "$scripts/tests/$test.sh"
done
