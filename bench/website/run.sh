#!/usr/bin/env bash
# How much the website's pages that ask services cost beside one that asks nobody: the same program, one core,
# rounds in turn, in front of an nginx that answers for the gateway at once. So the services' own time is not in it.
# usage: run.sh [ROUNDS [SECONDS]]      GROVE_BENCH_BEFORE=PROGRAM measures an older website beside it
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in nginx wrk taskset; do
  command -v $tool >/dev/null || { echo "$tool is missing: apt-get install nginx wrk util-linux" >&2; exit 1; }
done

rounds=${1:-5}
seconds=${2:-4}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet --package grove-frontend
declare -A program=([now]=$target/release/grove-frontend) port=([before]=15080 [now]=15081)
websites=(now)
if [ -n "${GROVE_BENCH_BEFORE:-}" ]; then
  program[before]=$GROVE_BENCH_BEFORE
  websites=(before now)
fi

gateway=15082
work=$(mktemp -d)
chmod 755 "$work" # nginx reads in it as nobody
started=()
cleanup() { kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

group='{"name":"SIG","description":"We meet, and then we build.","chairs":"Ada, Grace","meetingDay":"Tuesday","meetingTime":"6:00 PM","meetingLoc":"Room 100","site":"","email":"sig@example.edu","roles":[],"memberCount":3}'
mkdir -p "$work/answers"/{events,groups,users}
echo '[]' >"$work/answers/events/upcoming"
echo "[$group$(for _ in $(seq 19); do printf ',%s' "$group"; done)]" |
  tee "$work/answers/groups/sigs" >"$work/answers/groups/committees"
echo '{"error":null,"data":{"first_name":"Jo","last_name":"Smith","netid":"jsmith2","created_at":"2026-01-02T03:04:05Z","is_member":true,"added_to_directory":false,"state":"member","roles":[],"standing":"member","published":false,"memberships":[]}}' >"$work/answers/users/me"
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/pid; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  open_file_cache max=10;
  server { listen 127.0.0.1:$gateway; root $work/answers; }
}
CONF
taskset -c 1 nginx -c "$work/nginx.conf" & started+=($!)
declare -A pid=()
for website in "${websites[@]}"; do
  LOG=warn taskset -c 0 "${program[$website]}" --listen "127.0.0.1:${port[$website]}" --gateway-token bench \
    --gateway-url "http://127.0.0.1:$gateway" --site-secret "a secret for measuring, and for nothing else" & started+=($!)
  pid[$website]=$!
done

declare -A page=([nobody]=/about/history [home]=/ [sigs]=/sigs [groups]=/intranet/groups)
pages=(nobody home sigs groups)
url() { echo "http://127.0.0.1:${port[$1]}${page[$2]}"; }
for website in "${websites[@]}"; do
  for name in "${pages[@]}"; do
    for _ in $(seq 100); do
      status=$(curl -s -o "$work/page" -w '%{http_code}' -b session=bench "$(url "$website" "$name")" || true)
      [ "$status" = 200 ] && break
      sleep 0.1
    done
    [ "$status" = 200 ] || { echo "$website $name answers $status" >&2; exit 1; }
  done
done

cpu() { awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"; } # in ticks of 10 ms

run() { # WEBSITE PAGE -> "requests/s p50_ms cpu_us errors"
  local cookie=() before out
  [ "$2" != groups ] || cookie=(-H "Cookie: session=bench")
  before=$(cpu "$1")
  out=$(taskset -c 1 wrk -t1 -c16 -d"${seconds}s" --latency "${cookie[@]}" "$(url "$1" "$2")")
  awk -v ticks=$(($(cpu "$1") - before)) '
    function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
    /Requests\/sec/ { rate = $2 }
    $1 == "50%" { p50 = ms($2) }
    /requests in/ { requests = $1 }
    /Non-2xx/ { errors += $NF }
    /Socket errors/ { gsub(",", ""); errors += $4 + $6 + $8 + $10 }
    END { printf "%.0f %.2f %.1f %d\n", rate, p50, ticks * 10000 / requests, errors }' <<<"$out"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v n="$2" '{ print $n }' "$work/$1" | median; }

load=$(cut -d' ' -f1 /proc/loadavg)
for round in warm-up $(seq "$rounds"); do
  for name in "${pages[@]}"; do
    for website in "${websites[@]}"; do
      [ "$round" = warm-up ] && { run "$website" "$name" >/dev/null; continue; }
      run "$website" "$name" >>"$work/$name.$website"
    done
  done
done

echo "$(date +%F), $(nproc) cores, load average $load before and $(cut -d' ' -f1 /proc/loadavg) after"
echo
echo "| page | website | requests/s | × one that asks nobody | × before | p50 ms | cpu µs/request | errors |"
echo "|---|---|--:|--:|--:|--:|--:|--:|"
ratio() { paste "$work/$1" "$work/$2" | awk '{ printf "%.2f\n", $1 / $5 }' | median; }
for name in "${pages[@]}"; do
  for website in "${websites[@]}"; do
    earlier=-
    [ ${#websites[@]} = 1 ] || earlier=$(ratio "$name.$website" "$name.before")
    echo "| \`${page[$name]}\` | $website | $(column "$name.$website" 1) | $(ratio "$name.$website" "nobody.$website") |" \
      "$earlier | $(column "$name.$website" 2) | $(column "$name.$website" 3) | $(column "$name.$website" 4) |"
  done
done
