-- The two users that log in to the audit trail: the Collector, which may only append, and the auditor,
-- who may only read. Run by a superuser after the migrations of the audit trail, any number of times;
-- the passwords come in the settings telltale.writer_password and telltale.auditor_password.
DO $$
DECLARE
  login record;
BEGIN
  FOR login IN
    SELECT * FROM (VALUES
      ('telltale_writer', 'audit_writer', current_setting('telltale.writer_password')),
      ('telltale_auditor', 'audit_auditor', current_setting('telltale.auditor_password'))
    ) AS logins (name, granted_role, password)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = login.name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', login.name);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', login.name, login.password);
    EXECUTE format('GRANT %I TO %I', login.granted_role, login.name);
  END LOOP;
END
$$;
