# Sourced by backup.sh: deletes what is older than it has to be kept, and never the last good backup.
# shellcheck shell=bash
# shellcheck disable=SC2154 # BACKUPS, KEEP_DAYS and OBJECTS are the settings in backup.sh.

forget_old() {
  local -a all
  local full first lineage log folder
  mapfile -t all < <(fulls)
  while [ ${#all[@]} -gt 1 ] && [ $(($(date +%s) - $(stat -c %Y "${all[0]}/manifest.json"))) -gt $((KEEP_DAYS * 86400)) ]; do
    say "deleting the backup ${all[0]##*/}, which is older than $KEEP_DAYS days"
    rm -rf "${all[0]}"
    all=("${all[@]:1}")
  done
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
        [[ ! ${log##*/} < "$first" ]] || rm "$log"
      done
    elif [ "$lineage" != "$(cat "$BACKUPS/logs/current")" ]; then
      rm -rf "$folder"
    fi
  done
}
