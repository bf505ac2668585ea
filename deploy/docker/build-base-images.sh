#!/usr/bin/env bash
# Builds the base images under their usual names, on a machine that reaches Debian's mirror but no
# registry of images. Needs root, for debootstrap. usage: build-base-images.sh IMAGE ...
#   rust:*     the compiler of this machine on Debian
#   mysql:*    MySQL 9 of Debian sid
#   mariadb:*  MariaDB 10.11 of Debian bookworm
# Certificates in /usr/local/share/ca-certificates are trusted in the images as they are here.
set -euo pipefail
cd "$(dirname "$0")"
. ./debian.sh

mirror=$(debian_mirror)
: "${mirror:?no Debian mirror among the apt sources of this machine}"

# debian SUITE: a small Debian as the image debian:SUITE-slim.
debian() {
  local suite=$1 root
  docker image inspect "debian:$suite-slim" >/dev/null 2>&1 && return
  echo "Building debian:$suite-slim from $mirror"
  command -v debootstrap >/dev/null ||
    { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >/dev/null; }
  root=$(mktemp -d)
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >/dev/null
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  # Without documentation, as the official slim images are; a mirror may be a dated snapshot.
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/{doc,man,info,locale}/*
  printf 'path-exclude /usr/share/%s/*\n' doc man info locale > "$root/etc/dpkg/dpkg.cfg.d/slim"
  printf 'Acquire::Languages "none";\nAcquire::Check-Valid-Until "false";\nAPT::Install-Recommends "false";\n' \
    > "$root/etc/apt/apt.conf.d/slim"
  rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
  tar -C "$root" --numeric-owner -c . | docker import -c 'CMD ["bash"]' - "debian:$suite-slim" >/dev/null
  rm -rf "$root"
}

for image in "$@"; do
  case $image in
    rust:*)
      debian bookworm
      toolchain=$(rustc --print sysroot 2>/dev/null) || { echo "$image is built from this machine's Rust, and there is none: https://rustup.rs installs it" >&2; exit 1; }
      echo "Building $image from $(rustc --version)"
      docker build --quiet --tag "$image" --build-context "toolchain=$toolchain" base/rust >/dev/null
      ;;
    mysql:*)
      debian sid
      echo "Building $image from Debian sid"
      docker build --quiet --tag "$image" --build-arg BASE=debian:sid-slim \
        --build-arg "PACKAGES=mysql-server-core mysql-client-core" base/database >/dev/null
      ;;
    mariadb:*)
      debian bookworm
      echo "Building $image from Debian bookworm"
      docker build --quiet --tag "$image" --build-arg BASE=debian:bookworm-slim \
        --build-arg "PACKAGES=mariadb-server-core mariadb-client" base/database >/dev/null
      ;;
    debian:*-slim)
      suite=${image#debian:}
      debian "${suite%-slim}"
      ;;
    *)
      echo "build-base-images.sh: how to build $image is not known; docker load it" >&2
      exit 1
      ;;
  esac
done
