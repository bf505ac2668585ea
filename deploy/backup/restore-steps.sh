# Sourced by restore-chapter.sh and deploy/swarm/restore.sh: the steps of a restore, wherever the chapter runs. Who
# sources it has
#   stop_chapter, make_secrets, start_chapter   which say themselves what they do
#   restore AT       runs restore.sh, which makes DATA/restoring of BACKUPS, with --check before it whether it could
#   as_root LINES    runs bash as root in a container that sees the data folder as /data: the folders belong to
#                    the users of containers
#   data, backups, start   the two folders, and the command that starts the chapter, as people read them
# shellcheck shell=bash
# shellcheck disable=SC2154 # data, backups and start, see above

# usage: restore_chapter [AT | --list]
restore_chapter() {
  local at=${1:-} answer began kept
  if [ "$at" = --list ]; then
    restore --list
    as_root 'rmdir /data/restoring'
    return
  fi

  echo "This stops the chapter, makes its database ${at:+as it was at $at }from the backups in $backups"
  echo "and starts it again. What is in $data/mysql stays, under another name."
  if [ "${YES:-}" != 1 ]; then
    [ -t 0 ] || { echo "Nobody is there to ask. YES=1 stands for the answer yes." >&2; exit 1; }
    read -r -p "Restore${at:+ $at}? [y/N] " answer
    [[ $answer == [yY]* ]] || { echo "Nothing was done."; exit 1; }
  fi

  trap 'echo "Nothing was stopped or replaced." >&2' EXIT
  make_secrets
  as_root 'rm -rf /data/restoring/*
    mkdir -p /data/restoring/mysql /data/restoring/objects
    chown 999:999 /data/restoring /data/restoring/*'
  restore --check ${at:+"$at"}
  trap 'echo "Nothing was replaced. $start starts the chapter as it was." >&2' EXIT
  stop_chapter
  began=$SECONDS
  restore ${at:+"$at"}
  trap - EXIT

  kept=before-$(date -u +%Y%m%dT%H%M%SZ)
  as_root "
    if [ -n \"\$(ls -A /data/mysql 2>/dev/null)\" ]; then mv /data/mysql /data/mysql.$kept; else rm -rf /data/mysql; fi
    mv /data/restoring/mysql /data/mysql
    if [ -n \"\$(ls -A /data/restoring/objects)\" ]; then
      rmdir /data/objects 2>/dev/null || [ ! -e /data/objects ] || mv /data/objects /data/objects.$kept
      mv /data/restoring/objects /data/objects
      chown -R 10001:10001 /data/objects
    fi
    rm -rf /data/restoring"
  echo "Restored after $((SECONDS - began)) s."
  start_chapter
  echo "Everything runs after $((SECONDS - began)) s. When all is well, delete $data/*.$kept, if there is any."
}
