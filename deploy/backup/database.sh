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

# The good full backups, oldest first: what is not finished has another name.
fulls() { find "$BACKUPS/full" -mindepth 1 -maxdepth 1 -type d -name '2*' 2>/dev/null | sort; }

# Waits until a command succeeds. usage: wait_for SECONDS COMMAND ...
wait_for() {
  local until=$(($(milliseconds) + $1 * 1000)); shift
  until "$@"; do
    [ "$(milliseconds)" -lt "$until" ] || return 1
    sleep 0.05
  done
}
