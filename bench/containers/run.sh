#!/usr/bin/env bash
# Compares the chapter in containers with the chapter in one process of this machine: the same build, the
# same kind of database, the same demo data, rounds in turn.
# usage: run.sh [ROUNDS [SECONDS]]
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in docker wrk curl mariadbd; do
  PATH=$PATH:/usr/sbin command -v $tool >/dev/null ||
    { echo "$tool is missing: apt-get install wrk curl mariadb-server; docs/containers.md installs Docker" >&2; exit 1; }
done

rounds=${1:-3}
seconds=${2:-6}
mysql=mariadb:10.11
password="purple otters juggle teacups"

work=$(mktemp -d)
native=
cleanup() {
  [ -z "$native" ] || { kill "$native" && wait "$native"; } 2>/dev/null || true
  compose down --volumes >/dev/null 2>&1 || true
  # The database's files belong to its user.
  docker run --rm --user 0 --entrypoint rm --volume "$work:/work" "$mysql" -rf /work/containers/data || true
  rm -rf "$work"
}
trap cleanup EXIT

docker image inspect "$mysql" >/dev/null 2>&1 || deploy/docker/build-base-images.sh "$mysql"
[ "${GROVE_BENCH_BUILD:-1}" = 0 ] || docker compose --profile tools build --quiet

# The chapter in containers, in a folder of its own so that its data is not that of this checkout.
mkdir -p "$work/containers" "$work/native"
cp -r compose.yaml deploy "$work/containers/"
export COMPOSE_PROJECT_NAME=grove-bench FRONTEND_PORT=15000 GATEWAY_PORT=18000 GROVE_MYSQL_IMAGE=$mysql LOG=warn
compose() { docker compose --project-directory "$work/containers" -f "$work/containers/compose.yaml" "$@"; }
compose up --detach --wait --no-build >/dev/null 2>&1
compose run --rm -T grove seed --demo >/dev/null
containers_token=$(compose exec -T gateway /usr/local/bin/grove-gateway --register-client bench)

# The same program from its image, natively.
image=$(docker create "${GROVE_IMAGES:-grove}/grove:${GROVE_VERSION:-latest}")
docker cp --quiet "$image:/usr/local/bin/grove" "$work/grove"
docker rm "$image" >/dev/null
: >"$work/native.log"
(cd "$work/native" && exec env -u DATABASE_URL PATH="$PATH:/usr/sbin" "$work/grove" run --demo --free-ports) >"$work/native.log" 2>&1 &
native=$!
for _ in $(seq 300); do
  grep -q Ctrl-C "$work/native.log" && break
  kill -0 $native 2>/dev/null || { cat "$work/native.log" >&2; exit 1; }
  sleep 0.2
done
native_token=$(cd "$work/native" && "$work/grove" client add bench)
address() { sed -n "s|^ *$1 *http://[^:]*:\([0-9]*\).*|\1|p" "$work/native.log" | head -n 1; }

declare -A site=([containers]=15000 [native]=$(address Website)) api=([containers]=18000 [native]=$(address API))
declare -A token=([containers]=$containers_token [native]=$native_token) session=()
for way in containers native; do
  session[$way]=$(curl -fsS "http://127.0.0.1:${api[$way]}/session" -H "Authorization: ${token[$way]}" \
    -H 'Content-Type: application/json' -d "{\"username\":\"vnakat2\",\"password\":\"$password\"}" |
    sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
  [ -n "${session[$way]}" ] || { echo "nobody can sign in to $way" >&2; exit 1; }
done

# A published port on an address of this machine is what visitors reach; on 127.0.0.1 Docker puts a proxy
# between. The process listens on 127.0.0.1.
declare -A host=([containers]=$(hostname -I | cut -d' ' -f1) [native]=127.0.0.1)

run() { # WAY ROUTE -> "requests/s p99_ms errors"
  local url="http://${host[$1]}:${api[$1]}/quotes"
  [ "$2" != home ] || url="http://${host[$1]}:${site[$1]}/"
  wrk -t1 -c16 -d"${seconds}s" --latency -H "Host: localhost:${site[$1]}" -H "Authorization: ${token[$1]}" \
    -H "Token: ${session[$1]}" "$url" | awk '
    /Requests\/sec/ { rate = $2 }
    $1 == "99%" { p99 = $2; if (p99 ~ /us$/) p99 /= 1000; else if (p99 ~ /ms$/) p99 += 0; else p99 *= 1000 }
    /Non-2xx/ { errors += $NF }
    /Socket errors/ { gsub(",", ""); errors += $4 + $6 + $8 + $10 }
    END { printf "%.0f %.1f %d\n", rate, p99, errors }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v n="$2" '{ print $n }' "$work/$1" | median; }

load=$(cut -d' ' -f1 /proc/loadavg)
for route in quotes home; do
  for way in containers native; do run $way $route >/dev/null; done # warm up
  for _ in $(seq "$rounds"); do
    for way in containers native; do run $way $route >>"$work/$route.$way"; done
  done
done

echo "$(date +%F), $(nproc) cores, $mysql, load average $load before and $(cut -d' ' -f1 /proc/loadavg) after"
echo
echo "| route | in | requests/s | × native | p99 ms | × native | errors |"
echo "|---|---|--:|--:|--:|--:|--:|"
for route in quotes home; do
  for way in native containers; do
    ratio() { paste "$work/$route.$way" "$work/$route.native" | awk -v a="$1" -v b="$(($1 + 3))" '{ printf "%.2f\n", $a / $b }' | median; }
    echo "| GET $([ $route = home ] && echo "/ of the website" || echo "/quotes, signed in") | $way |" \
      "$(column $route.$way 1) | $(ratio 1) | $(column $route.$way 2) | $(ratio 2) | $(column $route.$way 3) |"
  done
done
