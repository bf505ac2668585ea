#!/usr/bin/env bash
# What each image is made of can be written (docs/containers.md).
set -euo pipefail
cd "$(dirname "$0")/../../../.."
exec make --silent sbom
