#!/usr/bin/env bash
# Gets what `docker compose up` needs and this machine lacks: Docker, a running daemon, base images.
# Says first what it will do and asks; YES=1 stands for the answer yes.
set -euo pipefail
cd "$(dirname "$0")"
. ./debian.sh

rust_image=$(sed -n 's/^FROM \(rust:[^ ]*\).*/\1/p' ../grove/Dockerfile)
mysql_image=${GROVE_MYSQL_IMAGE:-$(sed -n 's/^GROVE_MYSQL_IMAGE=//p' ../../.env 2>/dev/null || true)}
mysql_image=${mysql_image:-mysql:9}

fail() { printf '%s\n' "$@" >&2; exit 1; }
have_docker() { docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }
# Whether this machine has a Docker Engine that is too old, which is not replaced without being asked.
is_old() { have_daemon && [ "$(docker version --format '{{.Server.Version}}' | cut -d. -f1)" -lt 28 ]; }
have_daemon() { docker info >/dev/null 2>&1; }
missing_images() {
  for image in "$rust_image" "$mysql_image"; do
    docker image inspect "$image" >/dev/null 2>&1 || echo "$image"
  done
}

! is_old || fail "Docker Engine $(docker version --format '{{.Server.Version}}') is too old: 28 or later is needed."
plan=()
have_docker || plan+=("Install Docker Engine with Compose and Buildx, from the packages of Debian or Ubuntu."
  "  On Debian 12 and older those of Debian sid are used, and nothing else of sid is.")
have_daemon || plan+=("Start the Docker daemon.")
if ! have_daemon || [ -n "$(missing_images)" ]; then
  plan+=("Pull the base images $rust_image and $mysql_image."
    "  If no registry answers, build them from Debian's packages and this machine's Rust (some minutes),"
    "  trusting the certificates of /usr/local/share/ca-certificates.")
fi
[ ${#plan[@]} -gt 0 ] || exit 0

echo "Before the containers can start, this machine needs:"
printf '  %s\n' "${plan[@]}"
if [ "${YES:-}" != 1 ]; then
  [ -t 0 ] || fail "Nobody is there to ask. YES=1 make up does it."
  read -r -p "Do this now? [y/N] " answer
  [[ $answer == [yY]* ]] || fail "Nothing was done."
fi

# older_than PACKAGE VERSION: what apt would install is older than this.
older_than() {
  local candidate
  candidate=$(apt-cache policy "$1" | sed -n 's/^ *Candidate: //p')
  dpkg --compare-versions "${candidate:-0}" lt "$2"
}

install_docker() {
  command -v apt-get >/dev/null || fail "Install Docker Engine with Compose v2, and try again."
  [ "$(id -u)" = 0 ] || fail "Docker is installed as root: sudo make up"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # Ubuntu has Compose v2 under a name of its own; in old releases docker-compose is another program.
  local compose=docker-compose
  ! apt-cache show docker-compose-v2 >/dev/null 2>&1 || compose=docker-compose-v2
  # Networks that do not reach what listens on this machine need Engine 28.
  if older_than docker.io 28 || older_than "$compose" 2.20; then
    local mirror; mirror=$(debian_mirror)
    [ -n "$mirror" ] && [ -f /usr/share/keyrings/debian-archive-keyring.gpg ] ||
      fail "This distribution's Docker is too old. Install Docker Engine 28 or later, and try again."
    cat > /etc/apt/sources.list.d/docker-from-sid.sources <<SOURCES
Types: deb
URIs: $mirror
Suites: sid
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    cat > /etc/apt/preferences.d/docker-from-sid <<'PREFERENCES'
Package: *
Pin: release n=sid
Pin-Priority: -1

Package: docker.io docker-cli docker-compose docker-buildx containerd tini-static
Pin: release n=sid
Pin-Priority: 990
PREFERENCES
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends \
      docker.io docker-cli docker-compose docker-buildx containerd runc iptables >/dev/null
  else
    # Debian has the command in a package of its own, Ubuntu in docker.io.
    local packages=(docker.io docker-buildx "$compose" iptables)
    ! apt-cache show docker-cli >/dev/null 2>&1 || packages+=(docker-cli)
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  fi
  have_docker || fail "Docker was installed, and 'docker compose' or 'docker buildx' does not run."
}

start_daemon() {
  [ "$(id -u)" = 0 ] || fail "The Docker daemon does not answer: start it, or join the group docker."
  if [ -d /run/systemd/system ]; then
    systemctl enable --now --quiet docker
  else
    # What a daemon that was killed left behind makes the next one refuse to start.
    pidof dockerd >/dev/null || rm -f /run/docker.pid /run/docker/containerd/containerd.pid
    setsid nohup dockerd >> /var/log/dockerd.log 2>&1 < /dev/null &
  fi
  for _ in $(seq 150); do
    have_daemon && return
    sleep 0.2
  done
  fail "The Docker daemon did not start; /var/log/dockerd.log may say why."
}

have_docker || { echo "Installing Docker"; install_docker; }
have_daemon || { echo "Starting the Docker daemon"; start_daemon; }
for image in $(missing_images); do
  echo "Pulling $image"
  timeout 600 docker pull --quiet "$image" 2>/dev/null || ./build-base-images.sh "$image"
done
