# Sourced by deploy.sh and restore.sh, which name the STACK: the settings of a chapter on Docker Swarm, and how they
# run what is no part of the stack.
# shellcheck shell=bash
# shellcheck disable=SC2034 # for who sources this
export STACK

# .env is read as Compose reads it: NAME=VALUE, no commands. What is set already counts more.
while IFS= read -r line; do
  [[ $line =~ ^([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
  name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
  if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then value=${BASH_REMATCH[1]}; fi
  [ -n "${!name+set}" ] || export "$name=$value"
done < <(cat .env 2>/dev/null || true)

GROVE_DATA=$(realpath -m "${GROVE_DATA:-data}")
BACKUP_FOLDER=$(realpath -m "${BACKUP_FOLDER:-$GROVE_DATA-backups}")
export GROVE_DATA BACKUP_FOLDER
image=${GROVE_IMAGES:-grove}/setup:${GROVE_VERSION:-latest}
database_image=${GROVE_MYSQL_IMAGE:-mysql:9}
hardened=(--rm --read-only --cap-drop ALL --security-opt "no-new-privileges:true" --memory 256m --pids-limit 128)
# Who gives folders to the users of containers.
root=(--user 0:0 --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --network none)

[ "$(docker info --format '{{.Swarm.ControlAvailable}}')" = true ] ||
  { echo "This is no manager of a swarm. docker swarm init makes it one." >&2; exit 1; }
if [ -z "$(docker node ls --quiet --filter node.label=grove.mysql=true)" ]; then
  docker node update --label-add grove.mysql=true "$(docker info --format '{{.Swarm.NodeID}}')" >/dev/null
fi

# What is missing of passwords, keys and folders; as in compose.yaml.
make_secrets() {
  mkdir -p "$GROVE_DATA" "$BACKUP_FOLDER"
  docker run "${hardened[@]}" "${root[@]}" --volume "$GROVE_DATA:/data" --volume "$BACKUP_FOLDER:/backups" \
    "$image" secrets /data --backups /backups "$@"
}
