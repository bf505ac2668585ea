#!/usr/bin/env bash
# The manifests of Kubernetes against its schemas, and what each image is made of.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
make test-kubernetes
make sbom
