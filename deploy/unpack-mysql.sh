#!/usr/bin/env bash
# Unpacks MySQL 9 of Debian sid into a folder, without installing anything: FOLDER/mysqld starts it
# with the C library it was built for. usage: unpack-mysql.sh FOLDER
set -euo pipefail

folder=$(realpath -m "${1:?usage: unpack-mysql.sh FOLDER}")
command -v apt-get >/dev/null || { echo "MySQL is unpacked from Debian's packages; set GROVE_MYSQLD to a mysqld of your own" >&2; exit 1; }

# The mirror that this machine's own apt uses.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
  grep -v '^#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ' || true)
: "${mirror:?no Debian mirror among the apt sources}"

work=$folder.partial
rm -rf "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial,debs,root}
: > "$work/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "1";
CONF
export APT_CONFIG=$work/apt.conf
apt-get update -qq
# Against an empty status file apt names the whole closure, the C library included. What only
# installs or configures packages is not needed to run the server.
unneeded='perl|libperl|debconf|base-files|base-passwd|coreutils|dpkg|tar|sed|dash|debianutils|init-system|netbase|bash|sysvinit|passwd|login|util-linux|libgdbm|tzdata|libdb'
apt-get install -y -qq --print-uris mysql-server-core | cut -d"'" -f2 | grep '\.deb$' |
  sed -E 's#.*/##; s/_.*//; s/%2b/+/g' | grep -vE "^($unneeded)" | sort -u > "$work/packages"
(cd "$work/debs" && xargs apt-get download -qq < "$work/packages")
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
rm -rf "$work/root/usr/share/doc" "$work/root/usr/share/man"
mkdir -p "$folder"
rm -rf "$folder/root"
mv "$work/root" "$folder/root"
rm -rf "$work"

cat > "$folder/mysqld" <<'RUN'
#!/bin/sh
# MySQL as it was unpacked here. --no-defaults has to stay the first argument.
root=$(dirname "$(realpath "$0")")/root
libraries=$root/usr/lib/x86_64-linux-gnu
[ "${1:-}" = --no-defaults ] && shift
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/usr/sbin/mysqld" --no-defaults \
  --basedir="$root/usr" --lc-messages-dir="$root/usr/share/mysql" \
  --character-sets-dir="$root/usr/share/mysql/charsets" --plugin-dir="$root/usr/lib/mysql/plugin" "$@"
RUN
chmod +x "$folder/mysqld"
"$folder/mysqld" --version
