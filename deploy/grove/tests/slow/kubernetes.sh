#!/usr/bin/env bash
# The manifests of Kubernetes against its schemas (docs/kubernetes.md).
set -euo pipefail
cd "$(dirname "$0")/../../../.."
exec make --silent test-kubernetes
