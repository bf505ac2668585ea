#!/usr/bin/env bash
# What `make restore` and deploy/swarm/restore.sh ask of Docker, and in which order: a program that notes it stands in
# for docker.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
expect() { local what=$1; shift; "$@" || { echo "FAILED: $what" >&2; cat "$work/said" "$work/asked" >&2; exit 1; }; }

mkdir -p "$work/programs" "$work/chapter/deploy"
cp -r "$root/deploy/backup" "$root/deploy/swarm" "$work/chapter/deploy/"
printf '#!/bin/sh\necho "deploy $*" >> "%s/asked"\n' "$work" > "$work/chapter/deploy/swarm/deploy.sh"
cat > "$work/programs/docker" <<'SH'
#!/usr/bin/env bash
# Notes what is asked of docker, and answers as it does.
work=$(cd "$(dirname "$0")/.." && pwd)
declared=(backup gateway mysql)
asked=$*
case "$asked" in
  "compose ps --services"*) cat "$work/running" ;;
  "compose config --services") printf '%s\n' "${declared[@]}" ;;
  "info --format {{.Swarm.ControlAvailable}}" | "node inspect self"*) echo true ;;
  "node ls"*) echo 1 ;;
  "stack services"*) cat "$work/running" ;;
  "service ps"*) ;;
  "compose stop"* | "service scale"*)
    echo "${asked#compose }" >> "$work/asked"
    for service in "${@:3}"; do
      [[ $1 != compose || " ${declared[*]} " == *" $service "* ]] || { echo "no such service: $service" >&2; exit 1; }
    done
    ;;
  *" -euc "*) echo "as root: $(grep -oE 'mkdir|mv /data/restoring/mysql' <<< "$asked" | head -n 1)" >> "$work/asked" ;;
  *"restore --check"* | *"restore.sh --check"*)
    echo "check${asked##*--check}" >> "$work/asked"
    [ ! -e "$work/damaged" ] || { echo "backup: damaged" >&2; exit 1; }
    ;;
  *" restore"* | *"/restore.sh"*) echo "restore${asked##*restore}" >> "$work/asked" ;;
  *secrets*) echo secrets >> "$work/asked" ;;
  "compose up"*) echo up >> "$work/asked" ;;
  *) echo "docker $* is not known here" >&2; exit 1 ;;
esac
SH
chmod +x "$work/programs/docker" "$work/chapter/deploy/swarm/deploy.sh"
export PATH=$work/programs:$PATH YES=1
unset COMPOSE_ARGUMENTS BACKUP_FOLDER GROVE_DATA

# usage: asks RUNNING EXPECTED SCRIPT [ARGUMENT ...]     prints what it says that differs
asks() {
  local running=$1 expected=$2 script=$3; shift 3
  printf '%b\n' "$running" > "$work/running"
  : > "$work/asked"
  (cd "$work/chapter" && "deploy/$script" "$@") > "$work/said" 2>&1 || echo failed >> "$work/asked"
  diff <(printf '%b\n' "$expected") "$work/asked"
}
compose=backup/restore-chapter.sh swarm=swarm/restore.sh
begin='secrets\nas root: mkdir' end='as root: mv /data/restoring/mysql'
expect "nothing runs" asks '' "$begin\ncheck\nrestore\n$end\nup" $compose
expect "of what runs, the backup is not stopped last" \
  asks 'mysql\nbackup\ncaddy\ngateway' "$begin\ncheck\nstop mysql gateway\nstop backup\nrestore\n$end\nup" $compose
expect "only the backup runs" asks 'backup' "$begin\ncheck\nstop backup\nrestore\n$end\nup" $compose
at='2026-11-22 18:00:05'
expect "a moment" asks 'mysql' "$begin\ncheck $at\nstop mysql\nrestore $at\n$end\nup" $compose "$at"
touch "$work/damaged"
expect "damaged backups stop a chapter" asks 'mysql\nbackup' "$begin\ncheck\nfailed" $compose
expect "it is not said that all runs on" grep -q 'Nothing was stopped' "$work/said"
rm "$work/damaged"

expect "on a swarm, nothing runs" asks '' "$begin\ncheck\nrestore.sh\n$end\ndeploy grove" $swarm
expect "on a swarm, the backup is not stopped last" asks 'grove_backup\ngrove_gateway\ngrove_mysql' \
  "$begin\ncheck\n$(printf 'service scale --detach grove_%s=0\\n' gateway mysql backup)restore.sh\n$end\ndeploy grove" $swarm
echo "what a restore asks of Docker is right, whatever runs"
