#!/usr/bin/env bash
# Compares the gateway with nginx as a reverse proxy: the same upstream, one core each, rounds in turn.
# usage: run.sh [ROUNDS [SECONDS]]
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in nginx wrk taskset; do
  command -v $tool >/dev/null || { echo "$tool is missing: apt-get install nginx wrk util-linux" >&2; exit 1; }
done

target=${CARGO_TARGET_DIR:-target}
if [ "${1:-}" != --inside ]; then
  cargo build --release --package grove-gateway --package grove-throwaway
  exec "$target/release/grove-throwaway" --migrations migrations/gateway -- "$0" --inside "$@"
fi
shift
rounds=${1:-5}
seconds=${2:-6}

upstream=18080 proxy=18081 gateway=18082 admin=18083
work=$(mktemp -d)
started=()
cleanup() { kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

nginx_config() { # NAME SERVER_BLOCK
  mkdir -p "$work/$1"
  cat >"$work/$1.conf" <<CONF
daemon off; worker_processes 1; pid $work/$1/pid; error_log $work/$1/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path $work/$1; proxy_temp_path $work/$1; fastcgi_temp_path $work/$1;
  uwsgi_temp_path $work/$1; scgi_temp_path $work/$1;
  $2
}
CONF
}

json=$(printf '{"sigs":["%s"]}' "$(head -c 336 /dev/zero | tr '\0' x)")
[ ${#json} = 349 ]
nginx_config upstream "server { listen 127.0.0.1:$upstream; location / { default_type application/json; return 200 '$json'; } }"
nginx_config proxy "upstream service { server 127.0.0.1:$upstream; keepalive 128; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:$proxy; location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ''; } }"

taskset -c 1 nginx -c "$work/upstream.conf" & started+=($!)
taskset -c 0 nginx -c "$work/proxy.conf" & started+=($!)
nginx_master=$!

export IDENTITY_KEY LOG=warn ADMIN_LISTEN=127.0.0.1:$admin LISTEN=127.0.0.1:$gateway
IDENTITY_KEY=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
export UPSTREAMS=groups=http://127.0.0.1:$upstream,users=http://127.0.0.1:$upstream
token=$("$target/release/grove-gateway" --register-client bench)
taskset -c 0 "$target/release/grove-gateway" & started+=($!)
gateway_pid=$!

url() { case $1 in direct) echo $upstream ;; nginx) echo $proxy ;; gateway) echo $gateway ;; esac; }
pid() { case $1 in nginx) pgrep -P $nginx_master ;; gateway) echo $gateway_pid ;; esac; }
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # in ticks of 10 ms

for peer in direct nginx gateway; do
  for _ in $(seq 100); do
    answer=$(curl -s -H "Authorization: $token" "http://127.0.0.1:$(url $peer)/groups" || true)
    [ "$answer" = "$json" ] && break
    sleep 0.1
  done
  [ "$answer" = "$json" ] || { echo "$peer does not answer: $answer" >&2; exit 1; }
done

load=$(cut -d' ' -f1 /proc/loadavg)
echo 'wrk.method = "POST"; wrk.body = "{\"netid\":\"jsmith2\",\"password\":\"not a secret\"}"' >"$work/post.lua"

run() { # PEER METHOD -> "requests/s p99_ms cpu_us errors"
  local path=/groups script=() before=0 after=0 out
  [ "$2" = POST ] && { path=/users/login; script=(-s "$work/post.lua"); }
  [ "$1" = direct ] || before=$(cpu "$(pid "$1")")
  out=$(taskset -c 1 wrk -t1 -c64 -d"${seconds}s" --latency "${script[@]}" \
    -H "Authorization: $token" "http://127.0.0.1:$(url "$1")$path")
  [ "$1" = direct ] || after=$(cpu "$(pid "$1")")
  awk -v ticks=$((after - before)) '
    /Requests\/sec/ { rate = $2 }
    $1 == "99%" { p99 = $2; if (p99 ~ /us$/) p99 /= 1000; else if (p99 ~ /ms$/) p99 += 0; else p99 *= 1000 }
    /requests in/ { requests = $1 }
    /Non-2xx/ { errors += $NF }
    /Socket errors/ { gsub(",", ""); errors += $4 + $6 + $8 + $10 }
    END { printf "%.0f %.2f %.1f %d\n", rate, p99, ticks * 10000 / requests, errors }' <<<"$out"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for method in GET POST; do
  for peer in direct nginx gateway; do run $peer $method >/dev/null; done # warm up
  for round in $(seq "$rounds"); do
    for peer in direct nginx gateway; do
      run $peer $method >>"$work/$method.$peer"
    done
  done
done

column() { awk -v n="$2" '{ print $n }' "$work/$1" | median; }
rss() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$(pid "$1")/status"; }

echo "$(date +%F), $(nproc) cores, load average $load before and $(cut -d' ' -f1 /proc/loadavg) after"
echo
echo "| peer | method | requests/s | × nginx | p99 ms | cpu µs/request | RSS MB (most) | errors |"
echo "|---|---|--:|--:|--:|--:|--:|--:|"
for method in GET POST; do
  for peer in direct nginx gateway; do
    ratio=$(paste "$work/$method.$peer" "$work/$method.nginx" | awk '{ printf "%.2f\n", $1 / $5 }' | median)
    memory=-; [ $peer = direct ] || memory=$(rss $peer)
    echo "| $peer | $method | $(column $method.$peer 1) | $ratio | $(column $method.$peer 2) |" \
      "$(column $method.$peer 3) | $memory | $(column $method.$peer 4) |"
  done
done
