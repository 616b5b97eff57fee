#!/bin/sh
# The one-shot migration service of compose.yaml: the audit trail's SQL files in the order of their names,
# then the two users. Can be run again at any time. Where to connect stands in PGHOST, PGPORT, PGUSER,
# PGPASSWORD and PGDATABASE, the users' passwords in AUDIT_WRITER_PASSWORD and AUDIT_AUDITOR_PASSWORD.
set -eu
export PGOPTIONS="-c client_min_messages=warning"

: "${AUDIT_WRITER_PASSWORD:?}" "${AUDIT_AUDITOR_PASSWORD:?}"
directory=${AUDIT_SQL_DIRECTORY:-/sql}

for file in "$directory"/*.sql; do
  echo "running $file"
  psql --no-psqlrc --quiet --single-transaction --set=ON_ERROR_STOP=1 --output=/dev/null --file="$file"
done

echo 'setting up the users'
# The passwords come from the environment: an argument would show in the list of processes.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null <<SQL
\\getenv writer AUDIT_WRITER_PASSWORD
\\getenv auditor AUDIT_AUDITOR_PASSWORD
SELECT set_config('telltale.writer_password', :'writer', false),
       set_config('telltale.auditor_password', :'auditor', false);
\\i ${LOGIN_USERS_FILE:-/login-users.sql}
SQL
