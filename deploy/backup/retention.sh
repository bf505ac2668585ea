# Sourced by backup.sh: deletes what is older than it has to be kept, and never the last good backups.
# shellcheck shell=bash
# shellcheck disable=SC2154 # BACKUPS, KEEP_DAYS and OBJECTS are the settings in backup.sh.

KEEP_FULLS=3                            # so many are kept, however old they are

uptime() { local seconds _; read -r seconds _ < /proc/uptime; echo "${seconds%.*}"; }
# How far the clock is ahead of a watch that nobody sets.
note_clock() { clock=$(($(date +%s) - $(uptime))) jumped=; }
# Whether the clock went as the watch did. To one that jumped ahead all backups are old, so for a day, in which people
# may see it and set it back, nothing is.
clock_is_right() {
  local before=$clock at; at=$(uptime)
  clock=$(($(date +%s) - at))
  if [ $((clock - before)) -gt 3600 ]; then
    jumped=$at
    say "the clock jumped ahead by $((clock - before)) s: for a day no backup is deleted" >&2
  fi
  [ -z "$jumped" ] || [ $((at - jumped)) -gt 86400 ]
}

forget_old() {
  local -a all old=()
  local full first lineage log folder current number at newer='' now; now=$(date +%s)
  clock_is_right || return 0
  current=$(cat "$BACKUPS/logs/current" 2>/dev/null)
  [ -n "$current" ] || return 0
  mapfile -t all < <(fulls)
  # None is younger than the one after it, whatever a clock that ran ahead wrote.
  for (( number = ${#all[@]} - 1; number >= 0; number-- )); do
    at=$(stat -c %Y "${all[number]}/manifest.json")
    [ -z "$newer" ] || [ "$at" -le "$newer" ] || at=$newer
    newer=$at
    if [ $((${#all[@]} - number)) -gt $KEEP_FULLS ] && [ $((now - at)) -gt $((KEEP_DAYS * 86400)) ]; then old+=("${all[number]}"); fi
  done
  for full in "${old[@]}"; do
    say "deleting the backup ${full##*/}, which is older than $KEEP_DAYS days"
    rm -rf "$full"
  done
  mapfile -t all < <(fulls)
  # Logs reach as far back as the oldest full backup that they continue.
  [ ${#all[@]} -gt 0 ] || return 0
  for folder in "$BACKUPS"/logs/2*; do
    first=
    lineage=${folder##*/}
    for full in "${all[@]}"; do
      [ "$(field "$full/manifest.json" logs)" != "$lineage" ] || { first=$(field "$full/manifest.json" log_file); break; }
    done
    if [ -n "$first" ]; then
      for log in "$folder"/*.[0-9]*; do
        [ ! -f "$log" ] || [[ ! ${log##*/} < "$first" ]] || rm "$log"
      done
    elif [ "$lineage" != "$current" ]; then
      rm -rf "$folder"
    fi
  done
}
