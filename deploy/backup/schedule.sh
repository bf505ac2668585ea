# Sourced by backup.sh: takes full backups on schedule, in a process beside the one that copies.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # settings and variables are of backup.sh, and of run() in it.

# The newest full backup that the clock has passed: one of a clock that ran ahead counts only when it is time for it.
newest_of_now() {
  local full at newest='' latest=0 now; now=$(date +%s)
  while read -r full; do
    at=$(stat -c %Y "$full/manifest.json")
    if [ "$at" -le $((now + 3600)) ] && [ "$at" -ge "$latest" ]; then newest=$full latest=$at; fi
  done < <(fulls)
  echo "$newest"
}
# Whether a full backup should be taken: the last is too old, or of another data folder.
is_due() {
  local newest; newest=$(newest_of_now)
  [ -n "$newest" ] && [ "$(field "$newest/manifest.json" logs)" = "$(cat "$BACKUPS/logs/current" 2>/dev/null)" ] || return 0
  [ $(($(date +%s) - $(stat -c %Y "$newest/manifest.json"))) -ge $((HOURS * 3600)) ]
}

# Begins a full backup if it is time for one. While one that failed is tried again, the status still says so, and
# health waits for what becomes of it: an orchestrator that ends what is not healthy would never let it finish.
begin_full() {
  # Before the first copy it is not known which logs belong to the server.
  [ -e "$pulse" ] || return 0
  if ! is_due; then
    # Somebody took one by hand.
    tell full
  elif [ "$(date +%s)" -ge "$retry" ]; then
    mv "$state/wrong.full" "$state/tried-again" 2>/dev/null
    "$here/backup.sh" due 2> "$state/full.said" & taking=$!
  fi
}
# Notes what became of it, once it has ended.
finish_full() {
  ! kill -0 "$taking" 2>/dev/null || return 0
  if wait "$taking"; then
    retry=0
    tell full
  else
    retry=$(($(date +%s) + RETRY_SECONDS))
    tell full "the full backup of $(date -u +%FT%TZ) failed: $(reason "$state/full.said")"
  fi
  rm -f "$state/tried-again"
  cat "$state/full.said" >&2
  taking=
}

# Every step may fail, and the next round tries again.
schedule() {
  local taking='' retry=0
  set +e
  wrong=()
  trap '[ -z "$taking" ] || kill "$taking" 2>/dev/null; exit' TERM INT
  trap - EXIT
  # Of a schedule before this one, which has ended.
  rm -f "$state/wrong.full" "$state/tried-again"
  note_clock
  while kill -0 $$ 2>/dev/null; do
    if [ -n "$taking" ]; then finish_full; else begin_full; fi
    [ -n "$taking" ] || forget_old
    write_status
    : > "$round"
    read -r -t "$([ -n "$taking" ] && echo 1 || echo "$ROUND_SECONDS")" -u "$nothing"
  done
}

# Starts the schedule, and again should it ever end.
keep_scheduling() {
  ! kill -0 "$scheduling" 2>/dev/null || return 0
  [ "$scheduled_at" = 0 ] || [ $((SECONDS - scheduled_at)) -ge 5 ] || return 0
  [ "$scheduled_at" = 0 ] || say "the schedule of full backups has ended and is started again" >&2
  scheduled_at=$((SECONDS + 1))
  schedule & scheduling=$!
}
