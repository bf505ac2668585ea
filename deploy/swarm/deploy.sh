#!/usr/bin/env bash
# Deploys a chapter to Docker Swarm, and each later version of it, without failing a request.
# usage: deploy/swarm/deploy.sh [STACK]        on a manager; STACK is "grove" unless it is named
# Settings come from .env. Data and secrets are in ./data (GROVE_DATA names another folder) and backups beside it
# (BACKUP_FOLDER) on the machine that has the label grove.mysql=true, which is this one unless another has it.
# ROTATE="identity-keys website database-passwords", or some of these, replaces secrets. OVERLAY names a file of yours
# on top of stack.yaml. See docs/swarm.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
STACK=${1:-grove}
# shellcheck source=deploy/swarm/settings.sh
. deploy/swarm/settings.sh

PUBLISH=${PUBLISH-deploy/swarm/ports.yaml}
export SITE_URL=${SITE_URL:-http://localhost:${FRONTEND_PORT:-5000}}
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

docker network inspect "${STACK}_setup" >/dev/null 2>&1 ||
  docker network create --driver overlay --internal --attachable --opt encrypted=true "${STACK}_setup" >/dev/null

rotate=()
for what in ${ROTATE:-}; do rotate+=(--rotate "$what"); done
make_secrets "${rotate[@]}"

in_data() {
  docker run "${hardened[@]}" --cap-add DAC_READ_SEARCH --user 0:0 --network none --volume "$GROVE_DATA/secrets:/in:ro" \
    --entrypoint bash "$database_image" "$@"
}

# The website's token is known before the website starts; setup tells the gateway.
if ! in_data -c '[ -f /in/frontend/gateway-token ] || [ -f /in/frontend/gateway-token.next ]'; then
  token=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
  docker run "${hardened[@]}" --interactive --user 10001:10001 --network none --volume "$GROVE_DATA/secrets:/out" \
    --entrypoint bash "$database_image" -euc 'umask 377
      IFS= read -r token
      for name in gateway-token gateway-token.next; do printf %s "$token" > "/out/frontend/$name"; done' <<< "$token"
fi

# stage: copies the secrets to where `docker stack deploy` reads them, and names each by its text.
stage() {
  local file name
  rm -rf "${staging:?}"/*
  in_data -c 'cd /in && tar -c .' | tar -x --no-same-owner -C "$staging"
  for file in "$staging"/*/*; do
    name=${file#"$staging"/}
    name=${name//[\/.-]/_}
    export "${name^^}_VERSION=$(sha256sum "$file" | cut -c1-12)"
  done
  export SECRETS=$staging
}

deploy() {
  deployed=$(date -u '+%Y-%m-%d %H:%M:%S')
  docker stack deploy --with-registry-auth --resolve-image "${RESOLVE_IMAGE:-always}" --detach=true \
    --compose-file deploy/swarm/stack.yaml ${PUBLISH:+--compose-file "$PUBLISH"} \
    ${OVERLAY:+--compose-file "$OVERLAY"} "$STACK" >/dev/null
}

# Waits until everything is as stack.yaml says, or something was rolled back. Services are updated side by side.
converge() {
  local tries states
  for (( tries = 0; tries < 600; tries++ )); do
    sleep 1
    states=$(docker stack services --quiet "$STACK" | xargs docker service inspect --format \
      '{{if .UpdateStatus}}{{.UpdateStatus.StartedAt}}{{end}} {{.Spec.Name}} {{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}')
    # Not what was rolled back earlier.
    if awk -v since="$deployed" '$1 " " $2 >= since && /rollback|paused/ { print; bad = 1 } END { exit !bad }' <<< "$states" >&2
    then return 1; fi
    if ! grep -q ' updating$' <<< "$states" && docker stack services --format '{{.Replicas}}' "$STACK" |
      awk -F '[/ ]' '$1 != $2 { exit 1 }'; then return 0; fi
  done
  echo "Still not as stack.yaml says; see: docker stack ps $STACK" >&2
  return 1
}

setup() {
  docker run "${hardened[@]}" --user 10001:10001 --network "${STACK}_setup" --volume "$GROVE_DATA/secrets:/run/secrets" \
    --env DATABASE_URL_FILE=/run/secrets/setup/database-url --env "SITE_URL=$SITE_URL" \
    --env "API_URL=${API_URL:-http://localhost:${GATEWAY_PORT:-8000}}" --env "FIRST_OFFICER=${GROVE_FIRST_OFFICER:-admin}" \
    "$image" setup /run/secrets
}

database=$(docker service ls --filter "name=${STACK}_mysql" --format '{{.Name}} {{.Replicas}}')
if ! grep -qx "${STACK}_mysql 1/1" <<< "$database"; then
  # A chapter that is new, or was stopped. The programs wait for the database, and for setup; the backup cannot,
  # as its first one would fail without its account.
  stage
  GROVE_BACKUP=0 deploy
  echo "Waiting for the database."
  for (( tries = 0; ; tries++ )); do
    said=$(setup 2>&1) && break
    [ "$tries" -lt 120 ] || { echo "$said" >&2; exit 1; }
    sleep 1
  done
  echo "$said"
else
  setup
fi
stage
if compgen -G "$staging/*/identity-key.previous" >/dev/null && [ -n "${ROTATE:-}" ]; then
  # Everyone learns to trust the new keys before anyone signs with them.
  for old in "$staging"/*/identity-key.previous; do
    cp -f "$old" "${old%.previous}"
    name=${old#"$staging"/}; name=${name%.previous}; name=${name//[\/.-]/_}
    export "${name^^}_VERSION=$(sha256sum "${old%.previous}" | cut -c1-12)"
  done
  deploy
  converge
  stage
fi
deploy
converge
if [ -n "${ROTATE:-}" ]; then
  # Ends the old passwords of the database, which nobody uses any more.
  setup >/dev/null
fi
# Secrets that no service names any more.
used=$(docker stack services --quiet "$STACK" | xargs docker service inspect --format '{{range .Spec.TaskTemplate.ContainerSpec.Secrets}}{{.SecretName}}
{{end}}')
docker secret ls --format '{{.Name}}' --filter "label=com.docker.stack.namespace=$STACK" | while IFS= read -r name; do
  grep -qxF -- "$name" <<< "$used" || docker secret rm "$name" >/dev/null || true
done
