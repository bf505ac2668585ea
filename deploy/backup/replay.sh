# Sourced by restore.sh: brings a full backup up to a moment with the binary logs. The server replays them
# itself, as relay logs, so that every kind of event means what it meant. Those of MySQL and MariaDB differ
# in many ways; that each event tells its time, type and length, in the same place, they share.
# shellcheck shell=bash
# shellcheck disable=SC2154 # AT, BACKUPS, LOG, TARGET, full and work are of restore.sh.

REPLAY_SECONDS=${REPLAY_SECONDS:-3600} # how long the replay of one transaction may take
IDLE_SECONDS=${IDLE_SECONDS:-10}       # and how long the server may have nothing to do before its end

walk() { # FILE OPTION ...
  local file=$1; shift
  od -An -v -tu1 -w4096 "$file" | awk -v size="$(stat -c %s "$file")" "$@" -f "$here/binlog.awk"
}
# Whether a log was begun at a second or later, as its first event tells; a log may still be without one.
# usage: begins_at_or_after SECOND FILE
begins_at_or_after() {
  local begun; begun=$(od -An -tu4 -j4 -N4 "$2" 2>/dev/null | tr -d ' ')
  [ "${begun:-0}" -ge "$1" ]
}

# Sets `logs` to the logs that follow the full backup, and `ends` to where in each the restore ends; to none if no
# transaction follows it.
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
    if [ ! -f "$folder/$expected" ] || [ -n "$stop" ] || { [ -n "$until" ] && begins_at_or_after "$until" "$folder/$expected"; }; then
      read -r end kind < <(walk "$folder/$log" ${until:+-v until="$until"} ${stop:+-v stop="$stop"})
    fi
    [ "$end" -gt 0 ] || fail "$folder/$log is no binary log"
    logs+=("$folder/$log") ends+=("$end")
    if [ "$kind" != whole ] || [ -n "$stop" ]; then break; fi
    log=$expected
  done
  if [ "$log" = "$expected" ]; then
    log=$(find "$folder" -name "$LOG.[0-9]*" | sed 's|.*/||' | sort | tail -n 1)
    [[ $log < $expected ]] || fail "$expected is missing in $folder, and $log is there"
  fi
  leave_out_empty_logs "$first"
}
# A server that replays says that it got to a position only where a transaction ends. A log of a start after which
# nobody wrote has none, so the restore ends with the last one before it. usage: leave_out_empty_logs FIRST
leave_out_empty_logs() {
  local last=$((${#logs[@]} - 1))
  while [ $last -gt 0 ] && [ "${ends[last]}" -le 4 ]; do
    unset "logs[last]" "ends[last]"
    last=$((last - 1))
    read -r "ends[$last]" _ < <(walk "${logs[last]}")
  done
  # What the full backup holds stays, whatever its second was.
  if [ $last = 0 ] && [ "${ends[0]}" -le "$1" ]; then logs=() ends=(); fi
}

# Puts them where the server finds relay logs, cut off where the restore ends.
bring_logs() {
  local number
  for number in "${!logs[@]}"; do
    name=$(printf 'replay.%06d' $((number + 1)))
    head -c "${ends[$number]}" "${logs[$number]}" > "$TARGET/$name"
    printf './%s\n' "$name" >> "$TARGET/replay.index"
    last_log=$name
  done
}

replay() {
  local position error source=SOURCE replica=REPLICA options=
  [ ${#logs[@]} -gt 0 ] || { say "nothing follows the full backup until then"; return; }
  position=$(field "$full/manifest.json" log_position)
  if [ "$is_mariadb" = 1 ]; then source=MASTER replica=SLAVE options=", MASTER_USE_GTID = no"; fi
  local change="CHANGE REPLICATION SOURCE TO"
  [ "$is_mariadb" = 0 ] || change="CHANGE MASTER TO"
  sql "$change ${source}_HOST = 'nowhere', RELAY_LOG_FILE = 'replay.000001', RELAY_LOG_POS = $position $options"
  sql "START $replica SQL_THREAD UNTIL RELAY_LOG_FILE = '$last_log', RELAY_LOG_POS = ${ends[-1]}"
  wait_for_replay
  error=$(replica_status Last_SQL_Error)
  [ -z "$error" ] || fail "the logs cannot be replayed: $error"
  has_reached_end || fail "the replay ended early, at $(replica_position), and not at $last_log:${ends[-1]}"
  say "replayed ${#logs[@]} logs, to ${logs[-1]##*/}:${ends[-1]}"
  sql "STOP $replica SQL_THREAD; RESET $replica ALL"
}

# Waits until the server has replayed everything or has given up. One that has read all the logs and is not at the end
# would wait for ever.
wait_for_replay() {
  local at='' since=$SECONDS limit
  while true; do
    look_at_replica
    [ "$(replica_status '[A-Za-z]*_SQL_Running')" = Yes ] && ! has_reached_end || return 0
    if [ "$(replica_position)" != "$at" ]; then at=$(replica_position) since=$SECONDS; fi
    limit=$REPLAY_SECONDS
    [[ $(replica_status '[A-Za-z]*_SQL_Running_State') != *"has read all relay log"* ]] || limit=$IDLE_SECONDS
    [ $((SECONDS - since)) -lt "$limit" ] ||
      fail "the replay has stood at $at for $limit s, before its end at $last_log:${ends[-1]} of ${logs[-1]##*/}: $(replica_status '[A-Za-z]*_SQL_Running_State')"
    sleep 0.05
  done
}
look_at_replica() {
  client --column-names --vertical --execute "SHOW $([ "$is_mariadb" = 1 ] && echo SLAVE || echo REPLICA) STATUS" > "$work/replica"
}
# What the server said of the replay when it was looked at last. usage: replica_status COLUMN
replica_status() { sed -n "s/^ *$1: //p" "$work/replica"; }
replica_position() { printf '%s:%s\n' "$(replica_status Relay_Log_File)" "$(replica_status Relay_Log_Pos)"; }
has_reached_end() {
  local at; at=$(replica_status Relay_Log_Pos)
  [ "$(replica_status Relay_Log_File)" = "$last_log" ] && [ "${at:-0}" -ge "${ends[-1]}" ]
}

list_statements() {
  local file
  for file in "$BACKUPS/logs/$(cat "$BACKUPS/logs/current")/$LOG".[0-9]*; do
    walk "$file" -v list=1 | while IFS=$'\t' read -r time position text; do
      printf '%s  %s:%s  %s\n' "$(date -u -d "@$time" '+%F %T')" "${file##*/}" "$position" "$text"
    done
  done
}
