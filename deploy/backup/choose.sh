# Sourced by restore.sh: which full backup a restore begins with, and whether there is room for it.
# shellcheck shell=bash
# shellcheck disable=SC2154 # AT, BACKUPS, TARGET and TARGET_OBJECTS are of restore.sh, ends of replay.sh.
SPARE_BYTES=$((512 * 1024 * 1024)) # the server's own logs while it restores

lineage_of() { field "$1/manifest.json" logs; }
# Whether each file of a full backup has its SHA-256.
is_sound() { (cd "$1" && [ -s SHA256SUMS ] && sha256sum --check --quiet --strict SHA256SUMS); }

# Whether a full backup was taken before AT.
is_early_enough() {
  case $AT in
    "") ;;
    *:[0-9]*:*) [[ ! $(field "$1/manifest.json" at) > $AT ]] ;;
    *) is_before_position "$1" ;;
  esac
}
# A position is one of the newest logs.
is_before_position() {
  local log position
  log=$(field "$1/manifest.json" log_file) position=$(field "$1/manifest.json" log_position)
  [ "$(lineage_of "$1")" = "$(cat "$BACKUPS/logs/current")" ] || return 1
  [[ $log < ${AT%:*} ]] || { [ "$log" = "${AT%:*}" ] && [ "$position" -le "${AT##*:}" ]; }
}

# Sets `full` to the last sound one before AT. One before a damaged one does, with more of the same logs.
choose_full() {
  local candidate candidates=() damaged='' folder
  for folder in "$BACKUPS"/full/2*; do
    fulls | grep -qxF "$folder" || say "the backup ${folder##*/} is left out: it has no manifest that can be read"
  done
  while read -r candidate; do
    ! is_early_enough "$candidate" || candidates=("$candidate" "${candidates[@]}")
  done < <(fulls)
  [ ${#candidates[@]} -gt 0 ] ||
    fail "no full backup is as old as ${AT:-that}; $BACKUPS/full has: $(fulls | sed 's|.*/||' | xargs)"
  full=
  for candidate in "${candidates[@]}"; do
    [ -z "$damaged" ] || [ "$(lineage_of "$candidate")" = "$(lineage_of "$damaged")" ] ||
      fail "${damaged##*/} is damaged, and ${candidate##*/}, the one before it, is of another data folder: a moment before the damaged one restores that"
    if is_sound "$candidate"; then full=$candidate; break; fi
    say "the backup ${candidate##*/} was changed or is damaged; the one before it is tried, with more of the logs"
    damaged=$candidate
  done
  [ -n "$full" ] || fail "no full backup before ${AT:-the latest moment} is whole"
  [ -n "$AT" ] || [ "$(lineage_of "$full")" = "$(cat "$BACKUPS/logs/current" 2>/dev/null)" ] ||
    say "of the data folder that was backed up last there is no full backup: this is the one before it"
}

# Whether the folder that is restored to has room.
check_room() {
  local needed free
  needed=$(field "$full/manifest.json" data_bytes)
  # Where the manifest does not say it: compressed it is about a quarter.
  [ "${needed:-0}" -gt 0 ] || needed=$((5 * $(field "$full/manifest.json" bytes)))
  needed=$(printf '%s\n' "$needed" $SPARE_BYTES "${ends[@]}" | awk '{ n += $1 } END { printf "%d", n }')
  [ -z "$TARGET_OBJECTS" ] || [ ! -d "$BACKUPS/objects/files" ] || needed=$((needed + $(du -sb "$BACKUPS/objects/files" | cut -f1)))
  free=$(df --output=avail -B1 "$TARGET" | tail -n 1)
  [ "$free" -ge "$needed" ] ||
    fail "the restore needs $((needed / 1000000)) MB where the data is, and $((free / 1000000)) MB are free"
}
