# Sourced by backup.sh: copies the binary logs as they grow, and stored files as they appear.
#
# logs/current names the folder of logs/ that belongs to the data folder which the server has: a data
# folder made anew numbers its logs from the beginning, and must not be mixed with the one before.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # BACKUPS, DATA, OBJECTS and LOG are the settings in backup.sh,
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
    mkdir "$newest"
    say "a data folder that is not known: its logs go to ${newest##*/}"
  fi
  logs=$newest copied=() inodes=()
  while read -r size inode path; do
    copy=$logs/${path##*/}
    [ -f "$copy" ] || continue
    copied[$path]=$(stat -c %s "$copy") inodes[$path]=$inode
    # A server that crashed cuts off, at its next start, what it had not written to the end.
    if [ "${copied[$path]}" -gt "$size" ]; then
      truncate -s "$size" "$copy"
      copied[$path]=$size
    fi
  done < <(server_logs)
  printf '%s\n' "${logs##*/}" > "$BACKUPS/logs/.current"
  mv "$BACKUPS/logs/.current" "$BACKUPS/logs/current"
}

# Copies what was written since the last time.
copy_logs() {
  local size inode path known
  while read -r size inode path; do
    known=${copied[$path]:-0}
    if [ "$size" -lt "$known" ] || [ "${inodes[$path]:-$inode}" != "$inode" ] || [ -z "$logs" ]; then
      choose_logs
      known=${copied[$path]:-0}
    fi
    inodes[$path]=$inode
    if [ "$size" -gt "$known" ]; then
      # A server whose folder is just being deleted takes its file along.
      tail -c "+$((known + 1))" "$path" 2>/dev/null | head -c "$((size - known))" >> "$logs/${path##*/}" || true
      copied[$path]=$(stat -c %s "$logs/${path##*/}")
    fi
    newest_size=$size
  done < <(server_logs)
}

# Copies files that are new in OBJECTS, and notes their SHA-256. A file that is stored does not change.
copy_objects() {
  [ -d "$OBJECTS" ] || return 0
  local path target sum stamp=$BACKUPS/objects/.stamp
  touch "$stamp.next"
  while IFS= read -r path; do
    target=$BACKUPS/objects/files/$path
    mkdir -p "${target%/*}"
    cp "$OBJECTS/$path" "$target.partial" 2>/dev/null || continue
    mv "$target.partial" "$target"
    sum=$(sha256sum < "$target")
    printf '%s  %s\n' "${sum%% *}" "$path" >> "$BACKUPS/objects/SHA256SUMS"
  done < <(cd "$OBJECTS" && find . -type f ! -name '*.partial' ${stamped:+-cnewer "$stamp"} | sed 's|^\./||')
  mv "$stamp.next" "$stamp"
  stamped=1
}
