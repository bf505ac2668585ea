#!/usr/bin/env bash
# Measures how long an edit takes until it is served: natively (make dev) and in containers (up --build --wait).
# usage: run.sh [native | containers | layers] [ROUNDS]      without the first: native, then containers
#   layers   what the cached layers save: one image from nothing, and a changed dependency; takes half an hour
# It works on a copy of the checkout, with ports, data and images of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

what=${1:-all}
rounds=${2:-5}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} PATH=$PATH:/usr/sbin

# Always the same folder: what cargo built from it fits the next time.
work=$CARGO_TARGET_DIR/rebuild
running=
cleanup() {
  [ -z "$running" ] || { kill "$running" && wait "$running"; } 2>/dev/null || true
  if [ -d "$work/copy/data/mysql" ]; then
    compose down >/dev/null 2>&1 || true
    # The database's files belong to its user.
    docker run --rm --user 0 --entrypoint rm --volume "$work:/work" "${GROVE_MYSQL_IMAGE:-mysql:9}" -rf /work/copy/data || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT
rm -rf "$work" && mkdir -p "$work/copy"
git ls-files -z | while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
  tar --create --null --files-from=- | tar --extract --directory "$work/copy"
cd "$work/copy"

now() { date +%s%3N; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
seconds() { awk '{ printf "%.1f s", $1 / 1000 }'; }
row() { printf '| %s | %s |\n' "$1" "$2"; }
took() { local begin; begin=$(now); "$@" >>"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; return 1; }; echo $(($(now) - begin)); }
repeat() { for _ in $(seq "$rounds"); do "$@"; done | median | seconds; }

# Each edit is another one, so that nothing is found in a cache.
edits=0
change() { # change KIND: a sentence that can be seen from outside; prints it
  local mark=edit-$$-$RANDOM$((edits++))
  case $1 in
    template) sed -i "0,/<h2>[^<]*/s//<h2>$mark/" frontend/templates/home.html ;;
    stylesheet) echo "/* $mark */" >>frontend/static/css/base.css ;;
    service) sed -i "s/#\[error(\"Vote not found[^\"]*\")\]/#[error(\"Vote not found $mark\")]/" services/quotes/src/error.rs ;;
  esac
  echo "$mark"
}

seen() { # seen KIND SITE API: what a visitor gets of it
  case $1 in
    template) curl -s "$2/" ;;
    stylesheet) curl -s "$2$(curl -s "$2/" | grep -o '/static/site[^"]*css')" ;;
    service) curl -s -X DELETE "$3/quotes/999999/vote" -H "Authorization: $token" -H "Token: $session" ;;
  esac
}

until_served() { # until_served KIND SITE API
  local mark begin
  mark=$(change "$1")
  begin=$(now)
  until seen "$@" | grep -q "$mark"; do
    [ $(($(now) - begin)) -lt 300000 ] || { echo "an edit of a $1 is not served" >&2; return 1; }
    sleep 0.05
  done
  echo $(($(now) - begin))
}

sign_in() { # sign_in API NETID PASSWORD
  session=$(curl -fsS "$1/session" -H "Authorization: $token" -H 'Content-Type: application/json' \
    -d "{\"username\":\"$2\",\"password\":\"$3\"}" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
  [ -n "$session" ]
}

native() {
  local site=http://127.0.0.1:15000 api=http://127.0.0.1:18000
  FRONTEND_LISTEN=127.0.0.1:15000 GATEWAY_LISTEN=127.0.0.1:18000 deploy/dev.sh >"$work/dev" 2>&1 &
  running=$!
  until grep -q Watching "$work/dev"; do
    kill -0 $running || { cat "$work/dev" >&2; exit 1; }
    sleep 0.2
  done
  token=$("$CARGO_TARGET_DIR/debug/grove" client add bench)
  sign_in $api vnakat2 "purple otters juggle teacups"
  until_served template $site $api >/dev/null # warm up
  for kind in template stylesheet service; do
    row "make dev: edit of a $kind to served" "$(repeat until_served $kind $site $api)"
  done
  kill $running && wait $running || true
  running=
  part() { change "$1" >/dev/null; took cargo build --quiet --workspace --bin "$2"; }
  row "of that, the compiler for the website" "$(repeat part template grove-frontend)"
  row "of that, the compiler for quotes" "$(repeat part service grove-quotes)"
  row "cargo build, nothing to do" "$(repeat took cargo build --quiet --workspace --bin grove-quotes)"
}

compose() { docker compose "$@"; }
ids() { docker ps --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --format '{{.Names}} {{.ID}} {{.Image}}' | sort; }

replaced() { # replaced KIND SERVICE [ARGUMENT ...]: the time of `up`, which has to replace this container alone
  local kind=$1 service=$2 before; shift 2
  before=$(ids)
  change "$kind" >/dev/null
  took compose up --detach --build --wait "$@"
  local changed; changed=$(diff <(echo "$before") <(ids) | grep -c '^>') || true
  [ "$changed" = 1 ] || { echo "an edit of $service replaced $changed containers" >&2; return 1; }
}

containers() {
  export COMPOSE_PROJECT_NAME=grove-rebuild GROVE_IMAGES=grove-rebuild FRONTEND_PORT=15000 GATEWAY_PORT=18000
  took compose build >"$work/built"
  row "build of all images, as far as layers were not there" "$(seconds <"$work/built")"
  took compose up --detach --wait >"$work/up"
  row "up --wait, database made from nothing" "$(seconds <"$work/up")"
  replaced service quotes >/dev/null # warm up
  row "edit of quotes, up --build --wait" "$(repeat replaced service quotes)"
  row "the same, naming it: up --build --wait quotes" "$(repeat replaced service quotes quotes)"
  row "the same, with --no-deps" "$(repeat replaced service quotes --no-deps quotes)"
  row "edit of a template, up --build --wait" "$(repeat replaced template frontend)"
  row "nothing to do, up --build --wait" "$(repeat took compose up --detach --build --wait)"
  row "nothing to do, build alone" "$(repeat took compose build)"
  row "nothing to do, up --wait alone" "$(repeat took compose up --detach --wait)"
}

layers() {
  local image=grove-rebuild/quotes:layers
  row "quotes, all layers there" "$(took docker build --tag $image --file services/quotes/Dockerfile . | seconds)"
  change service >/dev/null
  row "edit of quotes on the cached layers" "$(took docker build --tag $image --file services/quotes/Dockerfile . | seconds)"
  change service >/dev/null
  row "the same edit without them" "$(took docker build --no-cache --tag $image --file services/quotes/Dockerfile . | seconds)"
  # Written in another way it is another dependency to Docker.
  sed -i 's/^bytes = "\(.*\)"/bytes = { version = "\1" }/' Cargo.toml
  export COMPOSE_PROJECT_NAME=grove-rebuild GROVE_IMAGES=grove-rebuild
  row "a changed dependency, all images" "$(took compose --progress plain build | seconds)"
  row "how often dependencies were built for that" "$(grep -cE '^#[0-9]+ \[.*cargo chef cook' "$work/log")"
  docker image rm --force $image >/dev/null
}

echo "$(date +%F), $(nproc) cores, median of $rounds, load average $(cut -d' ' -f1 /proc/loadavg) before"
echo
row what time
row --- --:
case $what in
  native | containers | layers) $what ;;
  all) native; containers ;;
  *) echo "usage: run.sh [native | containers | layers] [ROUNDS]" >&2; exit 2 ;;
esac
echo
echo "load average $(cut -d' ' -f1 /proc/loadavg) after"
