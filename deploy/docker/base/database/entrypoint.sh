#!/bin/bash
# Makes an empty data folder a database whose root has the given password, then runs the server.
set -euo pipefail
data=/var/lib/mysql

# `docker run mysql --some-option` means the server.
[ "${1:0:1}" != - ] || set -- mysqld "$@"
case $1 in
  mysqld | mariadbd) ;;
  *) exec "$@" ;;
esac
shift
server=$(command -v mysqld || command -v mariadbd)

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /run/mysqld
  chown mysql:mysql "$data" /run/mysqld
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" mysqld "$@"
fi

password=${MYSQL_ROOT_PASSWORD:-}
[ -z "${MYSQL_ROOT_PASSWORD_FILE:-}" ] || password=$(< "$MYSQL_ROOT_PASSWORD_FILE")
unset MYSQL_ROOT_PASSWORD MYSQL_ROOT_PASSWORD_FILE

if [ ! -d "$data/mysql" ]; then
  [ -n "$password" ] || { echo "set MYSQL_ROOT_PASSWORD or MYSQL_ROOT_PASSWORD_FILE" >&2; exit 1; }
  quoted=${password//\\/\\\\}
  quoted=${quoted//\'/\\\'}
  accounts=$(mktemp)
  cat > "$accounts" <<SQL
ALTER USER 'root'@'localhost' IDENTIFIED BY '$quoted';
CREATE USER 'root'@'%' IDENTIFIED BY '$quoted';
GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
SQL
  echo "Initialising the database" >&2
  if command -v mariadb-install-db >/dev/null; then
    mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
    # It makes roots of other hosts too, without a password. This is done before the first connection.
    printf '%s\n' "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host NOT IN ('localhost', '%');" 'FLUSH PRIVILEGES;' >> "$accounts"
    set -- "$@" --init-file="$accounts"
  else
    "$server" "$@" --initialize-insecure --init-file="$accounts"
    rm "$accounts"
  fi
fi
unset password quoted
exec "$server" "$@"
