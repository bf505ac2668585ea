# Sourced by backup.sh: copies stored files as they appear, each with its SHA-256.
# shellcheck shell=bash
# shellcheck disable=SC2154 # settings are of backup.sh, and stamped of run() in it.

# The files under a folder. usage: files_in FOLDER; prints "SIZE<tab>PATH"
files_in() { find "$1" -type f ! -name '*.partial' -printf '%s\t%P\n'; }

# The stored files that are not backed up, or without a SHA-256. A file that is stored does not change.
missing_objects() {
  # Of a crash there may be half a line, which the next one would have continued.
  [ ! -e "$sums" ] || [ -z "$(tail -c 1 "$sums")" ] || sed -i '$d' "$sums" || return
  files_in "$OBJECTS" | sort > "$state/stored" || return
  files_in "$BACKUPS/objects/files" | awk -F '\t' 'FILENAME != "-" { summed[substr($0, 67)]; next } $2 in summed' \
    <(cat "$sums" 2>/dev/null) - | sort > "$state/kept" || return
  comm -23 "$state/stored" "$state/kept" | cut -f2-
}
new_objects() { (cd "$OBJECTS" && find . -type f ! -name '*.partial' -cnewer "$stamp" | sed 's|^\./||'); }

# usage: copy_object PATH
copy_object() {
  local target=$BACKUPS/objects/files/$1 sum size
  mkdir -p "${target%/*}" || return
  if ! cp "$OBJECTS/$1" "$target.partial"; then
    rm -f "$target.partial"
    # Who deletes a file meanwhile does not miss its copy.
    [ ! -e "$OBJECTS/$1" ]
    return
  fi
  sum=$(sha256sum < "$target.partial") && size=$(stat -c %s "$sums" 2>/dev/null || echo 0) || return
  if ! printf '%s  %s\n' "${sum%% *}" "$1" >> "$sums" || ! mv "$target.partial" "$target"; then
    truncate -s "$size" "$sums"
    rm -f "$target.partial"
    return 1
  fi
}

# Copies the files that are new, and after a start or a failure all that are missing; fails unless all were copied.
copy_objects() {
  [ -d "$OBJECTS" ] || return 0
  local path failed='' stamp=$BACKUPS/objects/.stamp sums=$BACKUPS/objects/SHA256SUMS
  touch "$stamp.next" || return
  while IFS= read -r path; do
    copy_object "$path" || failed=1
  done < <(if [ -n "$stamped" ]; then new_objects; else missing_objects; fi)
  stamped=
  wait $! && [ -z "$failed" ] && mv "$stamp.next" "$stamp" && stamped=1
}
copy_objects_and_tell() {
  if copy_objects 2> "$state/objects.said"; then
    tell objects
  else
    tell objects "stored files are not copied: $(reason "$state/objects.said")"
  fi
}
