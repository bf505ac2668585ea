#!/usr/bin/env bash
# Prints the Secrets of a chapter, made of the folder that `grove-setup secrets` filled:
#   deploy/kubernetes/secrets.sh [--before-rotation] FOLDER | kubectl apply --namespace grove --filename -
# Each program gets the files of its own folder, and setup what it gives to the database and the gateway.
# With --before-rotation everyone learns to trust new identity keys, and signs with the old ones still.
# See docs/kubernetes.md. Needs kubectl, and no cluster.
set -euo pipefail

before_rotation=
if [ "${1:-}" = --before-rotation ]; then before_rotation=1; shift; fi
folder=${1:?usage: secrets.sh [--before-rotation] FOLDER}
[ -f "$folder/setup/database-url" ] || { echo "$folder was not filled by grove-setup secrets" >&2; exit 1; }

# secret NAME FILE=PATH ...
secret() {
  local name=$1; shift
  echo ---
  kubectl create secret generic "$name" "${@/#/--from-file=}" --dry-run=client --output yaml
}

# The token of the website is made here, where its pods get it from; setup tells the gateway.
token=$folder/frontend/gateway-token
if [ ! -f "$token" ]; then
  (umask 077; head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' > "$token")
fi

setup=("setup.database-url=$folder/setup/database-url")
programs=$(dirname "$0")/base/programs
for program in "$programs"/*/ mysql; do
  name=$(basename "$program")
  place=$folder/$name/
  files=()
  for path in "$place"*; do
    file=$(basename "$path")
    case $file in
      # Not yet or no longer in use; of the database's, setup has to know.
      database-url.next | database-url.previous) setup+=("$name.$file=$path"); continue ;;
      gateway-token.next) setup+=("$name.$file=$path"); continue ;;
      identity-key.next | identity-key.previous | *.partial) continue ;;
      database-url) setup+=("$name.$file=$path") ;;
      identity-key) [ -z "$before_rotation" ] || [ ! -f "$path.previous" ] || path=$path.previous ;;
    esac
    files+=("$file=$path")
  done
  secret "$name" "${files[@]}"
done
# What is next for the gateway to know is the token that the website has, unless another is to follow.
[ -f "$token.next" ] || setup+=("frontend.gateway-token.next=$token")
secret setup "${setup[@]}"
