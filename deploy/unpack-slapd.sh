#!/usr/bin/env bash
# Unpacks OpenLDAP's server of this machine's own distribution into a folder, without installing
# anything: FOLDER/slapd starts it. usage: unpack-slapd.sh FOLDER
set -euo pipefail

folder=$(realpath -m "${1:?usage: unpack-slapd.sh FOLDER}")
command -v apt-get >/dev/null || { echo "OpenLDAP's server is unpacked from Debian's packages; install slapd instead" >&2; exit 1; }

work=$folder.partial
rm -rf "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial,debs,root}
cat > "$work/apt.conf" <<CONF
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "1";
CONF
export APT_CONFIG=$work/apt.conf
apt-get update -qq
# What is missing here, without what only configures the package.
{ echo slapd; apt-get install -y -qq --print-uris slapd | cut -d"'" -f2 | sed -E 's#.*/##; s/_.*//; s/%2b/+/g'; } |
  grep -E '^(slapd$|lib)' | grep -v '^libperl' | sort -u > "$work/packages"
(cd "$work/debs" && xargs apt-get download -qq < "$work/packages")
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
rm -rf "$work/root/usr/share"
mkdir -p "$folder"
rm -rf "$folder/root"
mv "$work/root" "$folder/root"
rm -rf "$work"

cat > "$folder/slapd" <<'RUN'
#!/bin/sh
# OpenLDAP's server as it was unpacked here.
root=$(dirname "$(realpath "$0")")/root
LD_LIBRARY_PATH=$(echo "$root"/usr/lib/*-linux-gnu) exec "$root/usr/sbin/slapd" "$@"
RUN
chmod +x "$folder/slapd"
"$folder/slapd" -VV 2>&1 | grep -o 'OpenLDAP: slapd [^ ]*'
