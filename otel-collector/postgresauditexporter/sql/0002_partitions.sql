-- Monthly partitions of audit.records, and the function that makes them ahead of time.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

SET ROLE audit_owner;

CREATE OR REPLACE FUNCTION audit.first_id_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
  -- A UUIDv7 starts with its milliseconds in 48 bits; zeros below them sort before every id of that millisecond.
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
COMMENT ON FUNCTION audit.first_id_at(timestamptz) IS 'The smallest record id that a UUIDv7 of this moment can have.';

CREATE OR REPLACE FUNCTION audit.guard_partition(partition_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Row triggers come with the parent; a TRUNCATE trigger does not, so each partition needs its own.
  EXECUTE format('CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', partition_name);
  EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_truncate', partition_name);
  EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_update, ENABLE ALWAYS TRIGGER no_delete', partition_name);
END
$$;
COMMENT ON FUNCTION audit.guard_partition(text) IS 'Makes one partition of audit.records append-only.';

CREATE OR REPLACE FUNCTION audit.ensure_partitions(months_ahead integer DEFAULT 24)
RETURNS TABLE (partition_name text, state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  month      timestamp;
  before     text := coalesce(current_setting('telltale.audit_maintenance', true), '');
BEGIN
  PERFORM pg_advisory_xact_lock(8387229094112226405);
  PERFORM set_config('telltale.audit_maintenance', 'on', true);
  -- From last month on: records that waited in a spool carry older ids.
  FOR month IN SELECT generate_series(this_month - interval '1 month', this_month + make_interval(months => months_ahead), interval '1 month') LOOP
    partition_name := 'records_' || to_char(month, 'YYYY_MM');
    IF to_regclass('audit.' || quote_ident(partition_name)) IS NOT NULL THEN
      state := 'exists';
    ELSE
      BEGIN
        -- Made apart and then attached, because PARTITION OF would lock out every writer meanwhile.
        EXECUTE format('CREATE TABLE audit.%I (LIKE audit.records INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)', partition_name);
        EXECUTE format('ALTER TABLE audit.records ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', partition_name,
          audit.first_id_at(month AT TIME ZONE 'UTC'), audit.first_id_at((month + interval '1 month') AT TIME ZONE 'UTC'));
        EXECUTE format('COMMENT ON TABLE audit.%I IS %L', partition_name, 'Audit records with ids of ' || to_char(month, 'YYYY-MM') || ' (UTC).');
        PERFORM audit.guard_partition(partition_name);
        state := 'created';
      EXCEPTION WHEN check_violation THEN
        -- Records of that month are in records_default already and may not be moved; they stay readable there.
        RAISE WARNING 'audit.% not created: audit.records_default holds ids of that month', partition_name;
        state := 'blocked';
      END;
    END IF;
    RETURN NEXT;
  END LOOP;
  PERFORM set_config('telltale.audit_maintenance', before, true);
END
$$;
COMMENT ON FUNCTION audit.ensure_partitions(integer) IS 'Makes the monthly partitions from last month to so many months ahead. Run it again at any time, at least once a year.';

-- What fits no month (a UUIDv4, a far-off clock) must not stop the others from being stored.
CREATE TABLE IF NOT EXISTS audit.records_default PARTITION OF audit.records DEFAULT;
COMMENT ON TABLE audit.records_default IS 'Audit records whose ids belong to no monthly partition. Rows here deserve a look.';
SELECT audit.guard_partition('records_default');

REVOKE ALL ON FUNCTION audit.refuse_change(), audit.first_id_at(timestamptz), audit.guard_partition(text), audit.ensure_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.first_id_at(timestamptz) TO audit_auditor, audit_keeper;
GRANT EXECUTE ON FUNCTION audit.ensure_partitions(integer) TO audit_keeper;

SELECT count(*) FROM audit.ensure_partitions();

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (2, 'partitions') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
