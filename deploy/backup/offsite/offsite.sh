#!/usr/bin/env bash
# Copies the folder of backups elsewhere, and back.
# usage: offsite.sh run     again and again, every OFFSITE_SECONDS
#        offsite.sh once    now
#        offsite.sh fetch   what is there into /fetched
# OFFSITE_TO is where: s3:BUCKET/FOLDER, or a folder. In /run/secrets lie `credentials` (of S3, in the form of
# AWS's tools) and `passphrase`; with a passphrase, names and contents are encrypted before they leave.
set -euo pipefail
: "${OFFSITE_TO:?say where, such as s3:bucket/grove}"
BACKUPS=${BACKUPS:-/backups} SECRETS=${SECRETS:-/run/secrets} FETCHED=${FETCHED:-/fetched}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 0' TERM INT
umask 077

to=$OFFSITE_TO
{
  printf '[s3]\ntype = s3\nprovider = %s\nenv_auth = true\nno_check_bucket = true\n' "${OFFSITE_PROVIDER:-AWS}"
  [ -z "${OFFSITE_ENDPOINT:-}" ] || printf 'endpoint = %s\n' "$OFFSITE_ENDPOINT"
  [ -z "${OFFSITE_REGION:-}" ] || printf 'region = %s\n' "$OFFSITE_REGION"
  if [ -s "$SECRETS/passphrase" ]; then
    printf '[sealed]\ntype = crypt\nremote = %s\npassword = %s\n' "$OFFSITE_TO" "$(tr -d '\n' < "$SECRETS/passphrase" | rclone obscure -)"
    to=sealed:
  fi
} > "$work/rclone.conf"
[ ! -s "$SECRETS/passphrase" ] || to=sealed:
export RCLONE_CONFIG=$work/rclone.conf RCLONE_CACHE_DIR=$work AWS_SHARED_CREDENTIALS_FILE=$SECRETS/credentials

# Logs grow meanwhile, which the next copy makes up for. What is unfinished has a dot before its name.
copy() { rclone sync "$BACKUPS" "$to" --exclude '.*' --exclude '.*/**' --local-no-check-updated --stats 0 --log-level NOTICE; }

case ${1:-run} in
  once) copy ;;
  fetch) rclone copy "$to" "$FETCHED" --stats 0 --log-level NOTICE ;;
  run)
    while true; do
      if copy; then touch "${TMPDIR:-/tmp}/copied"; else echo "the backups were not copied to $OFFSITE_TO" >&2; fi
      sleep "${OFFSITE_SECONDS:-300}" & wait $!
    done
    ;;
  health) [ $(($(date +%s) - $(stat -c %Y "${TMPDIR:-/tmp}/copied"))) -lt $((3 * ${OFFSITE_SECONDS:-300})) ] ;;
  *) echo "usage: offsite.sh run | once | fetch | health" >&2; exit 2 ;;
esac
