-- Event triggers that refuse to drop or alter the audit trail: they stop the owner and a hasty
-- superuser, who would have to switch them off first. Only a superuser can create them; without one
-- the trail works and lacks this layer.
--
-- Who changes the schema on purpose says so: SET LOCAL telltale.audit_maintenance = 'on'.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE NOTICE 'no event triggers guard the audit schema: only a superuser can create them';
    RETURN;
  END IF;

  -- Neither in the schema they guard nor its owner's: DROP SCHEMA audit CASCADE and DROP OWNED BY
  -- would otherwise take the guards along before they are asked.
  CREATE SCHEMA IF NOT EXISTS audit_guard;
  COMMENT ON SCHEMA audit_guard IS 'What keeps the schema audit from being dropped or altered by the way.';
  REVOKE ALL ON SCHEMA audit_guard FROM PUBLIC;

  CREATE OR REPLACE FUNCTION audit_guard.refuse_drop() RETURNS event_trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $guard$
  DECLARE
    dropped record;
  BEGIN
    IF coalesce(current_setting('telltale.audit_maintenance', true), '') = 'on' THEN RETURN; END IF;
    FOR dropped IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
      IF dropped.schema_name IN ('audit', 'audit_guard') OR dropped.object_identity IN ('audit', 'audit_guard', 'public.audit_events')
        -- Triggers and rules have no schema of their own.
        OR dropped.object_type IN ('trigger', 'rule') AND dropped.address_names[1] = 'audit' THEN
        RAISE EXCEPTION '% of % % is refused: it belongs to the audit trail', tg_tag, dropped.object_type, dropped.object_identity
          USING ERRCODE = 'insufficient_privilege';
      END IF;
    END LOOP;
  END
  $guard$;
  COMMENT ON FUNCTION audit_guard.refuse_drop() IS 'Refuses to drop anything of the audit trail outside of its own maintenance.';

  CREATE OR REPLACE FUNCTION audit_guard.refuse_alter() RETURNS event_trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $guard$
  DECLARE
    changed record;
  BEGIN
    IF coalesce(current_setting('telltale.audit_maintenance', true), '') = 'on' THEN RETURN; END IF;
    -- What was renamed or moved goes by its new name here.
    IF to_regnamespace('audit') IS NULL OR to_regclass('audit.records') IS NULL OR to_regclass('audit.seals') IS NULL THEN
      RAISE EXCEPTION '% is refused: it takes the audit trail away', tg_tag USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR changed IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
      IF changed.schema_name IN ('audit', 'audit_guard') OR changed.object_identity IN ('audit', 'audit_guard', 'public.audit_events')
        OR changed.object_type IN ('trigger', 'rule') AND changed.object_identity ~ ' on "?audit"?[.]' THEN
        RAISE EXCEPTION '% of % is refused: it belongs to the audit trail', tg_tag, changed.object_identity
          USING ERRCODE = 'insufficient_privilege';
      END IF;
    END LOOP;
  END
  $guard$;
  COMMENT ON FUNCTION audit_guard.refuse_alter() IS 'Refuses to alter or replace anything of the audit trail outside of its own maintenance.';

  REVOKE ALL ON FUNCTION audit_guard.refuse_drop(), audit_guard.refuse_alter() FROM PUBLIC;

  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'telltale_audit_no_drop') THEN
    CREATE EVENT TRIGGER telltale_audit_no_drop ON sql_drop EXECUTE FUNCTION audit_guard.refuse_drop();
  END IF;
  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'telltale_audit_no_alter') THEN
    CREATE EVENT TRIGGER telltale_audit_no_alter ON ddl_command_end
      WHEN TAG IN ('ALTER TABLE', 'ALTER VIEW', 'ALTER FUNCTION', 'ALTER ROUTINE', 'ALTER SCHEMA', 'ALTER TRIGGER', 'ALTER RULE',
        'CREATE FUNCTION', 'CREATE VIEW', 'CREATE TRIGGER', 'CREATE RULE', 'CREATE POLICY', 'ALTER POLICY')
      EXECUTE FUNCTION audit_guard.refuse_alter();
  END IF;
  -- ALWAYS, because an ordinary event trigger is silent under session_replication_role = replica.
  ALTER EVENT TRIGGER telltale_audit_no_drop ENABLE ALWAYS;
  ALTER EVENT TRIGGER telltale_audit_no_alter ENABLE ALWAYS;
  COMMENT ON EVENT TRIGGER telltale_audit_no_drop IS 'Refuses to drop anything of the audit trail.';
  COMMENT ON EVENT TRIGGER telltale_audit_no_alter IS 'Refuses to alter anything of the audit trail.';
END
$$;

INSERT INTO audit.schema_migrations (version, name) VALUES (6, 'guards') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
