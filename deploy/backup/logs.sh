# Sourced by backup.sh: copies the binary logs as they grow.
#
# logs/current names the folder of logs/ that belongs to the data folder which the server has: a data
# folder made anew numbers its logs from the beginning, and must not be mixed with the one before.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # BACKUPS, DATA and LOG are the settings in backup.sh,
# which reads newest_size.
declare -A copied=() inodes=()
logs=

# What a log begins with, which says when and by which server it was made; without the flags of its first
# event, of which one says that the log is open. usage: beginning FILE BYTES
beginning() { { head -c 21 "$1"; head -c "$2" "$1" | tail -c +24; } | sha256sum; }

# The files of the server, in their order. usage: server_logs; prints "SIZE INODE PATH"
server_logs() { stat -c '%s %i %n' "$DATA/$LOG".[0-9]* 2>/dev/null || true; }

# Whether the logs in a folder are of the same data folder as the server's.
continues() {
  local folder=$1 size inode path copy known newest=
  while read -r size inode path; do
    copy=$folder/${path##*/} newest=${path##*/}
    [ -f "$copy" ] || continue
    known=$(stat -c %s "$copy")
    [ "$known" -lt 200 ] || known=200
    [ "$size" -ge "$known" ] && [ "$(beginning "$copy" "$known")" = "$(beginning "$path" "$known")" ] || return 1
  done < <(server_logs)
  # A server that has fewer files than were copied is another one.
  [ -z "$newest" ] || [ -z "$(find "$folder" -name "$LOG.[0-9]*" -newermt @0 | sed 's|.*/||' | awk -v newest="$newest" '$0 > newest')" ]
}

choose_logs() {
  local size inode path copy newest
  newest=$(find "$BACKUPS/logs" -mindepth 1 -maxdepth 1 -type d | sort | tail -n 1)
  if [ -z "$newest" ] || ! continues "$newest"; then
    newest=$BACKUPS/logs/$(date -u +%Y%m%dT%H%M%S.%3NZ)
    mkdir "$newest" || return
    say "a data folder that is not known: its logs go to ${newest##*/}"
  fi
  copied=() inodes=()
  while read -r size inode path; do
    copy=$newest/${path##*/}
    [ -f "$copy" ] || continue
    copied[$path]=$(stat -c %s "$copy") inodes[$path]=$inode
    # A server that crashed cuts off, at its next start, what it had not written to the end.
    if [ "${copied[$path]}" -gt "$size" ]; then
      truncate -s "$size" "$copy" || return
      copied[$path]=$size
    fi
  done < <(server_logs)
  if [ "$(cat "$BACKUPS/logs/current" 2>/dev/null)" != "${newest##*/}" ]; then
    printf '%s\n' "${newest##*/}" > "$BACKUPS/logs/.current" || return
    mv "$BACKUPS/logs/.current" "$BACKUPS/logs/current" || return
  fi
  logs=$newest
  say "copying the logs of $DATA to $logs"
}

# Copies what was written since the last time; fails unless all of it was copied.
copy_logs() {
  local size inode path known found=
  [ -n "$logs" ] || mkdir -p "$BACKUPS"/{full,logs,objects/files} || return
  while read -r size inode path; do
    found=1
    known=${copied[$path]:-0}
    if [ -z "$logs" ] || [ "$size" -lt "$known" ] || [ "${inodes[$path]:-$inode}" != "$inode" ]; then
      logs=
      choose_logs || return
      known=${copied[$path]:-0}
    fi
    inodes[$path]=$inode
    if [ "$size" -gt "$known" ]; then
      # What came after all the first time, before it failed, is not copied again.
      tail -c "+$((known + 1))" "$path" | head -c "$((size - known))" >> "$logs/${path##*/}" || true
      known=$(stat -c %s "$logs/${path##*/}" 2>/dev/null || echo 0)
      copied[$path]=$known
      [ "$known" -ge "$size" ] || return
    fi
    newest_size=$size
  done < <(server_logs)
  [ -n "$found" ] || { echo "there are no logs of the database in $DATA" >&2; return 1; }
}
copy_logs_and_tell() {
  if copy_logs 2> "$state/logs.said"; then
    : > "$pulse"
    tell logs
  else
    tell logs "the logs of the database are not copied: $(reason "$state/logs.said")"
  fi
}
