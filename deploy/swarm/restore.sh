#!/usr/bin/env bash
# Restores a chapter on Docker Swarm from its backups, also when its data or the whole stack is gone.
# usage: deploy/swarm/restore.sh [AT [STACK]]     on the machine with the label grove.mysql=true, a manager;
#                                                 deploy/backup/restore.sh says what AT can be, "" is the latest moment
#        deploy/swarm/restore.sh --list [STACK]   the statements that made, changed or dropped a table, with their AT
# Settings are those of deploy.sh. It asks before it stops anything; YES=1 stands for the answer yes. What was there
# is kept beside it. See docs/backups.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
STACK=${2:-grove}
# shellcheck source=deploy/swarm/settings.sh
. deploy/swarm/settings.sh
# shellcheck disable=SC2034 # read by what is sourced next
data=$GROVE_DATA backups=$BACKUP_FOLDER start="deploy/swarm/deploy.sh $STACK"
# shellcheck source=deploy/backup/restore-steps.sh
. deploy/backup/restore-steps.sh

[ "$(docker node inspect self --format '{{index .Spec.Labels "grove.mysql"}}')" = true ] ||
  { echo "The data is on another machine; see: docker node ls --filter node.label=grove.mysql=true" >&2; exit 1; }

# All processors: nothing else runs meanwhile.
restore() {
  docker run "${hardened[@]}" --memory 1g --pids-limit 512 --user 999:999 --network none --tmpfs /tmp:mode=1777,size=256m \
    --volume "$PWD/deploy/backup:/backup:ro" --volume "$GROVE_DATA/restoring:/restoring" \
    --volume "$GROVE_DATA/secrets/mysql:/run/secrets:ro" --volume "$BACKUP_FOLDER:/backups:ro" \
    --env TARGET=/restoring/mysql --env TARGET_OBJECTS=/restoring/objects \
    --env ROOT_PASSWORD_FILE=/run/secrets/root-password --entrypoint bash "$database_image" /backup/restore.sh "$@"
}
as_root() {
  docker run "${hardened[@]}" "${root[@]}" --volume "$GROVE_DATA:/data" --entrypoint bash "$database_image" -euc "$1"
}
start_chapter() { deploy/swarm/deploy.sh "$STACK"; }

# No task of a service is left that could still write.
has_ended() {
  local states
  states=$(docker service ps --format '{{.CurrentState}}' "$1")
  ! grep -qvE '^(Complete|Shutdown|Failed|Rejected|Orphaned|$)' <<< "$states"
}
stop_chapter() {
  local services service tries
  mapfile -t services < <(docker stack services --filter mode=replicated --format '{{.Name}}' "$STACK" 2>/dev/null | grep .)
  # The backup last: it copies what the database writes as it ends. These two are on this machine; others may be
  # on one that does not answer, and are not waited for.
  for service in "${services[@]}"; do
    [[ $service == "${STACK}"_@(mysql|backup) ]] || docker service scale --detach "$service=0" >/dev/null
  done
  for service in "${STACK}_mysql" "${STACK}_backup"; do
    [[ " ${services[*]} " == *" $service "* ]] || continue
    docker service scale --detach "$service=0" >/dev/null
    for (( tries = 0; ; tries++ )); do
      ! has_ended "$service" || break
      [ "$tries" -lt 240 ] || { echo "$service has not ended after two minutes; see: docker service ps $service" >&2; exit 1; }
      sleep 0.5
    done
  done
}

restore_chapter "${1:-}"
