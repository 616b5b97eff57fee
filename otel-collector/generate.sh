#!/bin/sh
# Writes the sources under distribution/ from builder.yaml with the OpenTelemetry Collector Builder.
# Run it after a change of builder.yaml or of a go.mod here, and commit what changes. Building the
# Collector itself needs only Go: see README.md.
#
#   ./generate.sh           write distribution/
#   ./generate.sh --check   change nothing; fail if distribution/ is not what would be written
set -eu
cd "$(dirname "$0")"

builder_version=v0.157.0
export GOTOOLCHAIN=local GOWORK=off GOFLAGS="${GOFLAGS:-} -mod=mod"

workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT

# In a folder of its own, because the builder is a tool and no dependency of anything here.
GOBIN="$workspace/bin" go install "go.opentelemetry.io/collector/cmd/builder@$builder_version"

# Relative paths in builder.yaml, and in the go.mod that comes out, start from this folder.
cp -R builder.yaml auditgateextension auditreceipt postgresauditexporter tenantheaderprocessor "$workspace/"
mkdir "$workspace/distribution"
(cd "$workspace" && bin/builder --config builder.yaml --skip-compilation)

if [ "${1:-}" = --check ]; then
  diff -r "$workspace/distribution" distribution
  echo "distribution/ is what builder.yaml says"
else
  rm -rf distribution
  cp -R "$workspace/distribution" distribution
fi
