# Sourced by backup.sh: what is wrong, and status.json, by which others (a page for officers, alerts) know of the
# backups.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # BACKUPS, STATUS and ROUND_SECONDS are the settings in backup.sh, which calls these.
state=${TMPDIR:-/tmp}/backup-state      # never on the disk of the backups, which may be full
pulse=$state/copied                     # touched by each copy of the logs that succeeded
round=$state/round                      # touched by each round of the schedule
declare -A wrong=()

# Notes what is wrong with a part (logs, objects, full), or that nothing is. usage: tell PART [TEXT]
tell() {
  local before=${wrong[$1]:-}
  [ "$before" != "${2:-}" ] || return 0
  wrong[$1]=${2:-}
  if [ -n "${2:-}" ]; then
    say "$2" >&2
    printf '%s\n' "$2" > "$state/wrong.$1"
  else
    say "no longer: $before"
    rm -f "$state/wrong.$1"
  fi
}
# All that is wrong, on one line without what JSON gives a meaning. usage: all_wrong [FILE]
all_wrong() { cat "$state"/wrong.* "$@" 2>/dev/null | tr '\n' ';' | tr -d '"\\[:cntrl:]' | cut -c1-500 | sed 's/;$//; s/;/; /g'; }

# The last reason that a program gave. usage: reason FILE
reason() {
  if grep -q 'No space left on device' "$1" 2>/dev/null; then echo "the disk of the backups is full"; else tail -n 1 "$1" 2>/dev/null || true; fi
}

# Whether something happened in the last seconds. usage: is_recent FILE SECONDS
is_recent() { [ -e "$1" ] && [ $(($(date +%s) - $(stat -c %Y "$1"))) -le "$2" ]; }

is_healthy() {
  is_recent "$pulse" 10 || fail "the logs are not being copied: $(all_wrong)"
  is_recent "$round" $((ROUND_SECONDS + 60)) || fail "nobody looks at the schedule"
  [ -z "$(all_wrong)" ] || fail "$(all_wrong)"
}

# The moment of a full backup, as RFC 3339 has it; nothing where there is none. usage: moment_of FULL
moment_of() { [ -z "$1" ] || field "$1/manifest.json" at | sed 's/ /T/; s/$/Z/'; }
number_of() { local value=; [ -z "$1" ] || value=$(field "$1/manifest.json" "$2"); echo "${value:-0}"; }

print_status() {
  local all oldest newest
  all=$(fulls)
  oldest=${all%%$'\n'*} newest=${all##*$'\n'}
  cat <<JSON
{
  "checked_at": "$(date -u +%FT%TZ)",
  "last_full_at": "$(moment_of "$newest")",
  "last_full_bytes": $(number_of "$newest" bytes),
  "last_full_seconds": $(number_of "$newest" seconds),
  "oldest_full_at": "$(moment_of "$oldest")",
  "fulls": $(grep -c . <<< "$all"),
  "logs_copied_at": "$(date -u -d "@$(stat -c %Y "$pulse" 2>/dev/null || echo 0)" +%FT%TZ)",
  "error": "$(all_wrong "$state/tried-again")"
}
JSON
}
write_status() {
  print_status > "$state/status.json"
  # Always of one length, so that it can be replaced where it is.
  printf '%-1535s\n' "$(< "$state/status.json")" > "$state/status.padded"
  publish "$BACKUPS" status.json
  # For the page of officers, without the backups.
  [ ! -d "$STATUS" ] || publish "$STATUS" backup.json
}
# Replaces a file in one step; in place, which takes no room, where the disk is full. usage: publish FOLDER NAME
publish() {
  if cp "$state/status.padded" "$1/.$2" 2>/dev/null && mv "$1/.$2" "$1/$2"; then return; fi
  rm -f "$1/.$2"
  dd if="$state/status.padded" of="$1/$2" bs=1536 count=1 conv=notrunc status=none || true
}
