#!/bin/sh
# Checks what Go's tests do not see: that distribution/ was generated from builder.yaml as it is now,
# and that the configuration files are valid for the Collector given as $1, if one is given.
set -eu
cd "$(dirname "$0")"

listed=$(sed -n 's/^ *- gomod: //p' builder.yaml | sort)
generated=$(sed -n 's/.*: "\([^" ]*\/[^" ]* v[0-9][^"]*\)",$/\1/p' distribution/components.go distribution/main.go | sort)
if [ "$listed" != "$generated" ]; then
  echo "builder.yaml and distribution/ differ; run ./generate.sh" >&2
  exit 1
fi

# The modules here are built into the same binary, so each needs the versions that it has.
for module in auditgateextension postgresauditexporter tenantheaderprocessor; do
  sed -n 's/^\t\(go.opentelemetry.io[^ ]* v[^ ]*\).*/\1/p' "$module/go.mod" | while read -r name version; do
    built=$(sed -n "s|^\t$name \(v[^ ]*\).*|\1|p" distribution/go.mod)
    if [ -n "$built" ] && [ "$built" != "$version" ]; then
      echo "$module needs $name $version, but the Collector is built with $built; run ./generate.sh" >&2
      exit 1
    fi
  done
done

validate() {
  AUDIT_TOKEN=token AUDIT_POSTGRES_DSN=postgres://user:password@127.0.0.1:5432/audit \
    AUDIT_TLS_CERT_FILE=certificate.pem AUDIT_TLS_KEY_FILE=key.pem \
    "$@" --feature-gates=+extension.healthcheck.useComponentStatus
}

if [ $# -gt 0 ]; then
  for file in config/collector*.yaml; do
    validate "$1" validate --config "$file"
  done
  for file in config/collector.yaml config/collector-audit.yaml; do
    validate "$1" validate --config "$file" --config config/audit-tls.yaml
  done
fi
