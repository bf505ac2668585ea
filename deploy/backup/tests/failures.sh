#!/usr/bin/env bash
# What goes wrong is said, and mended by itself when its cause is gone, without Docker: a full disk, logs that cannot
# be read, a file that cannot be copied, a clock that jumps, backups that are damaged.
# usage: failures.sh     GROVE_MYSQLD names another server than the machine's; KEEP=1 keeps the folder
set -euo pipefail
# shellcheck source=deploy/backup/tests/throwaway.sh
. "$(dirname "$0")/throwaway.sh"

# A disk of its own for the backups, which can be full.
mkdir -p "$BACKUPS"
disk=
if mount -t tmpfs -o size=24m none "$BACKUPS" 2>/dev/null; then
  disk=1
  trap 'umount --lazy "$BACKUPS"; cleanup' EXIT
elif [ -z "${IN_NAMESPACE:-}" ] && unshare --user --map-root-user --mount true 2>/dev/null; then
  rm -rf "$work"
  exec env TMPDIR="${work%/*}" IN_NAMESPACE=1 unshare --user --map-root-user --mount "$0"
fi

# Programs that fail while a file says so, before those of the machine. usage: fails_while FILE PROGRAM [PATTERN]
mkdir "$work/programs"
fails_while() {
  local real; real=$(command -v "$2")
  cat > "$work/programs/$2" <<SH
#!/bin/sh
if [ -e "$work/$1" ]; then case "\$*" in *${3:-}*) echo "$2: this does not work" >&2; exit 1 ;; esac; fi
exec $real "\$@"
SH
  chmod +x "$work/programs/$2"
}
fails_while no-tail tail '+'
fails_while no-cp cp poor
# It takes everything, and writes nothing.
cat > "$work/programs/gzip" <<SH
#!/bin/sh
if [ -e "$work/no-gzip" ]; then cat > /dev/null; exit 1; fi
exec $(command -v gzip) "\$@"
SH
cat > "$work/programs/date" <<SH
#!/bin/sh
if [ -e "$work/ahead" ]; then case "\$*" in *-d*) ;; *) set -- -d '+60 days' "\$@" ;; esac; fi
exec $(command -v date) "\$@"
SH
cat > "$work/programs/df" <<SH
#!/bin/sh
if [ -e "$work/no-room" ]; then printf 'Avail\n1000000\n'; else exec $(command -v df) "\$@"; fi
SH
chmod +x "$work"/programs/*
real_path=$PATH
export PATH=$work/programs:$PATH RETRY_SECONDS=1

# A link, which can lead to nothing.
mv "$DATA" "$work/data-of-server"
ln -s "$work/data-of-server" "$DATA"
backup_sh() { CLIENT_FILE=$work/backup.cnf "$scripts/backup.sh" "$@"; }
is_healthy() { backup_sh health 2>/dev/null; }
is_unhealthy() { ! is_healthy; }
says() { grep -q "\"error\": \".*$1" "$BACKUPS/status.json"; }
says_nothing() { grep -q '"error": ""' "$BACKUPS/status.json"; }
all_is_well() { says_nothing && is_healthy; }
count_fulls() { find "$BACKUPS/full" -maxdepth 1 -name '2*' | wc -l; }
has_fulls() { [ "$(count_fulls)" = "$1" ]; }
log_says() { grep -q "$1" "$work/backup.log"; }
write() { sql "INSERT INTO grove_quotes.quotes (text) VALUES ('$1')"; }
make_due() { find "$BACKUPS/full" -name manifest.json -exec touch -d '2 days ago' {} +; }

make_server
first_sql <<SQL
CREATE DATABASE grove_quotes CHARACTER SET utf8mb4;
CREATE TABLE grove_quotes.quotes (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT NOT NULL);
INSERT INTO grove_quotes.quotes (text) VALUES ('in the full backup');
SQL
protect_root
echo first > "$OBJECTS/first"
start_backup
until_true has_full_of_this_data
until_true all_is_well
step "all is well"

if [ -n "$disk" ]; then
  head -c 1G /dev/zero > "$BACKUPS/filler" 2>/dev/null || true
  make_due
  until_true says 'full backup .* failed: the disk of the backups is full'
  until_true is_unhealthy
  # More than a block, of which a part may be free.
  write "while the disk is full $(head -c 20000 /dev/zero | tr '\0' x)"
  until_true says 'logs of the database are not copied: the disk of the backups is full'
  rm "$BACKUPS/filler"
  until_true has_fulls 2
  until_true logs_are_copied
  until_true all_is_well
  step "a full disk is said, and with room again a full backup is taken"
else
  echo "left out, for no disk can be mounted here: a full disk"
fi

# Its oldest child.
read -r schedule _ < "/proc/$backup/task/$backup/children" || true
kill -9 "$schedule"
fulls=$(count_fulls)
make_due
until_true has_fulls $((fulls + 1))
expect "what was killed was not the schedule" log_says 'schedule of full backups has ended'
step "a schedule that was killed goes on"

ln -sfn "$work/programs" "$DATA"
until_true says 'there are no logs of the database'
until_true is_unhealthy
copied=$(sed -n 's/.*"logs_copied_at": "\(.*\)".*/\1/p' "$BACKUPS/status.json")
later() { [[ $(sed -n 's/.*"checked_at": "\(.*\)".*/\1/p' "$BACKUPS/status.json") > $(date -u -d "$copied + 2 seconds" +%FT%TZ) ]]; }
until_true later
expect "the logs count as copied" grep -q "\"logs_copied_at\": \"$copied\"" "$BACKUPS/status.json"
ln -sfn "$work/data-of-server" "$DATA"
until_true all_is_well
touch "$work/no-tail"
write "while the logs cannot be read"
until_true says 'not copied: tail: this does not work'
until_true is_unhealthy
rm "$work/no-tail"
until_true logs_are_copied
until_true all_is_well
step "logs that cannot be read are said"

touch "$work/no-cp"
echo poor > "$OBJECTS/poor"
echo rich > "$OBJECTS/rich"
until_true test -e "$BACKUPS/objects/files/rich"
until_true says 'stored files are not copied: cp'
until_true is_unhealthy
rm "$work/no-cp"
until_true test -e "$BACKUPS/objects/files/poor"
until_true all_is_well
expect "a stored file has not one SHA-256" [ "$(wc -l < "$BACKUPS/objects/SHA256SUMS")" = 3 ]
step "a stored file that could not be copied is tried again"

copies() { find "$BACKUPS/objects/files" -type f -printf '%P %i %C@\n' | sort; cat "$BACKUPS/objects/SHA256SUMS"; }
before=$(copies)
stop_backup
# Of a crash in the middle of a line.
printf '0123456789' >> "$BACKUPS/objects/SHA256SUMS"
rm "$BACKUPS/objects/files/rich"
start_backup
until_true test -e "$BACKUPS/objects/files/rich"
until_true all_is_well
expect "what was copied is copied again" diff <(grep -v rich <<< "$before") <(copies | grep -v rich)
step "a start copies only what is missing"

fulls=$(count_fulls)
touch "$work/no-gzip"
expect "a backup that gzip could not write counts" bash -c "! CLIENT_FILE='$work/backup.cnf' '$scripts/backup.sh' now 2>/dev/null"
rm "$work/no-gzip"
expect "a backup that gzip could not write is left" [ "$(count_fulls)" = "$fulls" ]
coproc HOLDER { "$client_program" --defaults-file="$work/root.cnf" -NB --unbuffered; }
echo "SELECT GET_LOCK('grove full backup', 0);" >&"${HOLDER[1]}"
read -r -u "${HOLDER[0]}" _
: > "$work/second"
backup_sh now >> "$work/second" 2>&1 & second=$!
until_true grep -q 'another full backup is being taken' "$work/second"
expect "two full backups are taken at once" [ "$(count_fulls)" = "$fulls" ]
eval "exec ${HOLDER[1]}>&-"
expect "the second full backup is not taken: $(cat "$work/second")" wait $second
backup_sh due
expect "a backup was taken that was not due" [ "$(count_fulls)" = $((fulls + 1)) ]
step "one full backup at a time, and none that gzip could not write"

while [ "$(count_fulls)" -lt 5 ]; do backup_sh now > /dev/null; done
find "$BACKUPS/full" -name manifest.json | sort | head -n 4 | xargs touch -d '20 days ago'
# The schedule deletes at once what is old, all but three.
until_true has_fulls 3
find "$BACKUPS/full" -name manifest.json -exec touch {} +
backup_sh now > /dev/null
touch "$work/ahead"
until_true log_says 'the clock jumped ahead'
has_all() { [ "$(count_fulls)" -ge 5 ]; }
until_true has_all
rm "$work/ahead"
expect "a clock that jumps deletes backups" has_all
step "three backups are kept, and all of them where the clock jumps"

write "in the logs alone"
until_true logs_are_copied
wanted=$(sql 'SELECT * FROM grove_quotes.quotes')
kill_and_delete
rm -rf "$work/data-of-server"
stop_backup
mkdir -p "$work/restored"
touch "$work/no-room"
expect "a restore begins without room" bash -c "! TARGET='$work/restored' '$scripts/restore.sh' --check > /dev/null 2> '$work/said'"
expect "who has no room is told: $(cat "$work/said")" grep -q 'MB are free' "$work/said"
rm "$work/no-room"
mapfile -t newest < <(find "$BACKUPS/full" -maxdepth 1 -name '2*' | sort -r)
# As after a power cut: files without what was written to them.
: > "${newest[0]}/manifest.json"
: > "${newest[1]}/tables/grove_quotes.quotes.sql.gz"
restore "$work/restored"
expect "that backups are damaged is not said" [ "$(grep -cE 'is left out|is damaged; the one before' "$work/restore.log")" = 2 ]
rm -rf "$DATA"
PATH=$real_path take_over "$work/restored"
expect "after a damaged backup the rows are others" diff <(printf '%s\n' "$wanted") <(sql 'SELECT * FROM grove_quotes.quotes')
kill_and_delete
step "damaged backups are passed over, and nothing is lost"
