#!/usr/bin/env bash
# Restores to every second around two restarts of the server, on MariaDB and on MySQL 9, and what goes wrong with backups
# of MySQL 9. `make test-restore` tries fewer moments, on MariaDB.
set -euo pipefail
cd "$(dirname "$0")/../../../.."

deploy/prepare-machine.sh mariadb mysql
mysqld=$(realpath "${CARGO_TARGET_DIR:-target}")/mysql/mysqld
tests=deploy/backup/tests
printf '\nMariaDB, restarts\n'
ALL=1 $tests/restarts.sh
printf '\nMySQL, restarts\n'
ALL=1 GROVE_MYSQLD=$mysqld $tests/restarts.sh
printf '\nMySQL, failures\n'
GROVE_MYSQLD=$mysqld $tests/failures.sh
