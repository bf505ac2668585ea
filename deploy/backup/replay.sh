# Sourced by restore.sh: brings a full backup up to a moment with the binary logs. The server replays them
# itself, as relay logs, so that every kind of event means what it meant. Those of MySQL and MariaDB differ
# in many ways; that each event tells its time, type and length, in the same place, they share.
# shellcheck shell=bash
# shellcheck disable=SC2154 # AT, BACKUPS, LOG, TARGET, full and work are of restore.sh.

walk() { # FILE OPTION ...
  local file=$1; shift
  od -An -v -tu1 -w4096 "$file" | awk -v size="$(stat -c %s "$file")" "$@" -f "$here/binlog.awk"
}
# The second at which a log was begun: the time of its first event.
begun() { od -An -tu4 -j4 -N4 "$1" | tr -d ' '; }

# Sets `logs` to the logs that follow the full backup, and `ends` to where in each the restore ends.
choose_logs_to_replay() {
  local folder log first expected kind end until stop
  folder=$BACKUPS/logs/$(field "$full/manifest.json" logs)
  log=$(field "$full/manifest.json" log_file)
  first=$(field "$full/manifest.json" log_position)
  logs=() ends=()
  case $AT in *:[0-9]*:*) until=$(date -u -d "$AT" +%s) ;; *) until= ;; esac
  [ -f "$folder/$log" ] || fail "$log, which follows the backup ${full##*/}, is missing in $folder"
  while [ -f "$folder/$log" ]; do
    expected=$(printf '%s.%06d' "$LOG" $((10#${log##*.} + 1)))
    stop=
    [[ $AT != "$log":* ]] || stop=${AT##*:}
    end=$(stat -c %s "$folder/$log") kind=whole
    # A log is read to the end only where the restore may end: in the last, or where the moment is.
    if [ ! -f "$folder/$expected" ] || [ -n "$stop" ] || { [ -n "$until" ] && [ "$(begun "$folder/$expected")" -ge "$until" ]; }; then
      read -r end kind < <(walk "$folder/$log" ${until:+-v until="$until"} ${stop:+-v stop="$stop"})
    fi
    # What the full backup holds stays, whatever its second was.
    [ ${#logs[@]} -gt 0 ] || [ "$end" -ge "$first" ] || end=$first
    [ "$end" -gt 0 ] || fail "$folder/$log is no binary log"
    logs+=("$folder/$log") ends+=("$end")
    [ "$kind" = whole ] && [ -z "$stop" ] || return 0
    log=$expected
  done
  log=$(find "$folder" -name "$LOG.[0-9]*" | sed 's|.*/||' | sort | tail -n 1)
  [[ $log < $expected ]] || fail "$expected is missing in $folder, and $log is there"
}

# Puts them where the server finds relay logs, cut off where the restore ends.
bring_logs() {
  local number
  for number in "${!logs[@]}"; do
    name=$(printf 'replay.%06d' $((number + 1)))
    head -c "${ends[$number]}" "${logs[$number]}" > "$TARGET/$name"
    printf './%s\n' "$name" >> "$TARGET/replay.index"
  done
  last_log=$name
}

replay() {
  local position error source=SOURCE replica=REPLICA options=
  position=$(field "$full/manifest.json" log_position)
  if [ "$is_mariadb" = 1 ]; then source=MASTER replica=SLAVE options=", MASTER_USE_GTID = no"; fi
  local change="CHANGE REPLICATION SOURCE TO"
  [ "$is_mariadb" = 0 ] || change="CHANGE MASTER TO"
  sql "$change ${source}_HOST = 'nowhere', RELAY_LOG_FILE = 'replay.000001', RELAY_LOG_POS = $position $options"
  sql "START $replica SQL_THREAD UNTIL RELAY_LOG_FILE = '$last_log', RELAY_LOG_POS = ${ends[-1]}"
  wait_for 86400 has_replayed || true
  error=$(replica_status Last_SQL_Error)
  [ -z "$error" ] || fail "the logs cannot be replayed: $error"
  [ "$(replica_status Relay_Log_File)" = "$last_log" ] && [ "$(replica_status Relay_Log_Pos)" -ge "${ends[-1]}" ] ||
    fail "the replay ended early, at $(replica_status Relay_Log_File):$(replica_status Relay_Log_Pos)"
  say "replayed ${#logs[@]} logs, to ${logs[-1]##*/}:${ends[-1]}"
  sql "STOP $replica SQL_THREAD; RESET $replica ALL"
}
replica_status() {
  client --column-names --vertical --execute "SHOW $([ "$is_mariadb" = 1 ] && echo SLAVE || echo REPLICA) STATUS" |
    sed -n "s/^ *$1: //p"
}
has_replayed() {
  local at; at=$(replica_status Relay_Log_Pos)
  [ "$(replica_status "$([ "$is_mariadb" = 1 ] && echo Slave_SQL_Running || echo Replica_SQL_Running)")" != Yes ] ||
    { [ "$(replica_status Relay_Log_File)" = "$last_log" ] && [ "${at:-0}" -ge "${ends[-1]}" ]; }
}

list_statements() {
  local file
  for file in "$BACKUPS/logs/$(cat "$BACKUPS/logs/current")/$LOG".[0-9]*; do
    walk "$file" -v list=1 | while IFS=$'\t' read -r time position text; do
      printf '%s  %s:%s  %s\n' "$(date -u -d "@$time" '+%F %T')" "${file##*/}" "$position" "$text"
    done
  done
}
