#!/usr/bin/env bash
# Writes what each image is made of, as CycloneDX 1.5: target/sbom/<image>.cdx.json. An image holds one static program
# (docs/containers.md), so that is everything in it but the list of certificate authorities.
# usage: deploy/sbom.sh        needs cargo-cyclonedx (deploy/prepare-machine.sh sbom-tools)
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
platform=$(rustc -vV | sed -n 's/^host: //p')
# cargo-cyclonedx writes beside each Cargo.toml, so it is given a copy.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard -- '*.toml' '*.rs' Cargo.lock |
  while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
  tar -c --null --files-from - | tar -x -C "$copy"
rm -rf "$target/sbom"
mkdir -p "$target/sbom"
(cd "$copy" && "$target/tools/bin/cargo-cyclonedx" cyclonedx --quiet --format json --spec-version 1.5 \
  --describe binaries --no-build-deps --no-default-features --target "$platform")
git ls-files --cached --others --exclude-standard '*/Dockerfile' | while IFS= read -r dockerfile; do
  for file in "$copy/$(dirname "$dockerfile")"/*_bin.cdx.json; do
    [ -f "$file" ] || continue
    name=$(basename "$file" _bin.cdx.json)
    mv "$file" "$target/sbom/${name#grove-}.cdx.json"
  done
done
ls "$target/sbom"
