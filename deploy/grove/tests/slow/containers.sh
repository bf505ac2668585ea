#!/usr/bin/env bash
# The chapter in containers (docs/containers.md), where there is a Docker to run them.
set -euo pipefail
cd "$(dirname "$0")/../../../.."

docker info >/dev/null 2>&1 || { echo "Skipped: no Docker answers. 'make test-containers' installs it."; exit 0; }
exec make --silent test-containers
