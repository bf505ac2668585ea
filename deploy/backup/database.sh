# Sourced by the scripts beside it: how they find and call the database. They use only what the official
# images of MySQL 9 and of MariaDB 10.11 both have: no mysqlbinlog, python, perl, jq or curl.
# shellcheck shell=bash
# shellcheck disable=SC2034 # for who sources this
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C TZ=UTC

fail() { printf 'backup: %s\n' "$*" >&2; exit 1; }
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
milliseconds() { date +%s%3N; }

client_program=$(command -v mariadb || command -v mysql) || fail "there is no client of the database"
# One line a row, columns separated by tabs. CLIENT_FILE says who connects to what.
client() {
  "$client_program" --defaults-file="${CLIENT_FILE:?}" --batch --raw --skip-column-names --default-character-set=utf8mb4 "$@"
}
sql() { client --execute "$1"; }

# A value that a manifest or a status has.
field() { sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1"; }

# The good full backups, oldest first by the logs, which no clock turns round: what is not finished has another name.
fulls() {
  local manifests
  manifests=$(find "$BACKUPS/full" -mindepth 2 -maxdepth 2 -path '*/2*/manifest.json' 2>/dev/null)
  [ -n "$manifests" ] || return 0
  # shellcheck disable=SC2016 # $ is awk's
  xargs -d '\n' awk -F '"' '
    FNR == 1 { logs = log_file = "" }
    $2 == "logs" { logs = $4 }
    $2 == "log_file" { log_file = $4 }
    $2 == "log_position" && logs != "" { sub(/^: */, "", $3); print logs "\t" log_file "\t" $3 + 0 "\t" FILENAME }' <<< "$manifests" |
    awk -F '\t' '{ print $1 "\t" $2 "\t" $3 "\t" substr($4, 1, length($4) - 14) }' |
    sort -t "$(printf '\t')" -k1,1 -k2,2 -k3,3n | cut -f4-
}

# Waits until a command succeeds. usage: wait_for SECONDS COMMAND ...
wait_for() {
  local until=$(($(milliseconds) + $1 * 1000)); shift
  until "$@"; do
    [ "$(milliseconds)" -lt "$until" ] || return 1
    sleep 0.05
  done
}
