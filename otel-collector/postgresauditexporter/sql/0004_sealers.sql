-- The life of a sealer: it opens, is seen, settles what is uncertain, and is closed once and for all.
-- And what a successor has to read before it signs the end of a dead sealer's log.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

SET ROLE audit_owner;

CREATE OR REPLACE FUNCTION audit.open_sealer(sealer uuid, sealer_name text, sealer_key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM audit.require_durable_commit();
  INSERT INTO audit.sealers (sealer_id, name, key) VALUES (sealer, sealer_name, sealer_key) ON CONFLICT DO NOTHING;
  RETURN (SELECT s.closed_at IS NULL FROM audit.sealers s WHERE s.sealer_id = sealer);
END
$$;
COMMENT ON FUNCTION audit.open_sealer IS 'Enters a sealer, at its first call. Answers whether it is open.';

CREATE OR REPLACE FUNCTION audit.touch_sealer(sealer uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE audit.sealers s SET seen_at = greatest(clock_timestamp(), s.seen_at) WHERE s.sealer_id = sealer AND s.closed_at IS NULL;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION audit.touch_sealer IS 'A sealer''s sign of life. Answers whether it is open.';

CREATE OR REPLACE FUNCTION audit.settle_seal(sealer uuid, number bigint)
RETURNS TABLE (leaf_count integer, recorded_at timestamptz, root bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  open boolean;
BEGIN
  PERFORM audit.require_durable_commit();
  SELECT s.closed_at IS NULL INTO open FROM audit.sealers s WHERE s.sealer_id = sealer FOR KEY SHARE;
  IF open IS NOT TRUE THEN
    RAISE EXCEPTION 'sealer % is not open', sealer USING ERRCODE = 'TT002';
  END IF;
  -- Waits for a transaction that has written this number and has not ended yet.
  INSERT INTO audit.seals (sealer_id, seal_number, leaf_count, recorded_at, root, leaves)
  VALUES (sealer, number, 0, now(), sha256(''), '')
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT s.leaf_count, s.recorded_at, s.root FROM audit.seals s WHERE s.sealer_id = sealer AND s.seal_number = number;
END
$$;
COMMENT ON FUNCTION audit.settle_seal IS 'Decides a number whose transaction may or may not have been committed: writes an empty seal under it unless it has one, and answers with the seal that it then has.';

CREATE OR REPLACE FUNCTION audit.close_sealer(sealer uuid, closing_sealer uuid, silent_for interval DEFAULT '1 minute') RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM audit.require_durable_commit();
  -- Waits for the seals that are being written, and holds up the next ones.
  PERFORM FROM audit.sealers s WHERE s.sealer_id = sealer FOR UPDATE;
  UPDATE audit.sealers s SET closed_at = clock_timestamp(), closed_by = closing_sealer
  WHERE s.sealer_id = sealer AND s.closed_at IS NULL
    AND (sealer = closing_sealer OR s.seen_at < clock_timestamp() - greatest(silent_for, interval '1 second'));
  IF FOUND THEN
    -- Numbers whose transactions died with the sealer can be used by nobody any more.
    INSERT INTO audit.seals (sealer_id, seal_number, leaf_count, recorded_at, root, leaves)
    SELECT sealer, number, 0, now(), sha256(''), ''
    FROM generate_series(0, (SELECT max(s.seal_number) FROM audit.seals s WHERE s.sealer_id = sealer)) AS number
    WHERE NOT EXISTS (SELECT FROM audit.seals s WHERE s.sealer_id = sealer AND s.seal_number = number);
  END IF;
  RETURN coalesce((SELECT s.closed_at IS NOT NULL FROM audit.sealers s WHERE s.sealer_id = sealer), false);
END
$$;
COMMENT ON FUNCTION audit.close_sealer IS 'Closes a sealer: its own, or another one that has been silent for so long. Holes in its log become empty seals. Answers whether it is closed now.';

CREATE OR REPLACE FUNCTION audit.read_sealers(silent_for interval DEFAULT '1 minute')
RETURNS TABLE (sealer_id uuid, name text, key text, started_at timestamptz, closed_at timestamptz, silent boolean, seal_count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.sealer_id, s.name, s.key, s.started_at, s.closed_at, s.seen_at < clock_timestamp() - silent_for,
    (SELECT coalesce(max(l.seal_number) + 1, 0) FROM audit.seals l WHERE l.sealer_id = s.sealer_id)
  FROM audit.sealers s ORDER BY s.sealer_id
$$;
COMMENT ON FUNCTION audit.read_sealers IS 'All sealers, and whether they have been silent for so long. seal_count is the size of the log if it has no hole.';

CREATE OR REPLACE FUNCTION audit.read_seals(sealer uuid, first_number bigint, at_most integer)
RETURNS TABLE (seal_number bigint, leaf_count integer, recorded_at timestamptz, root bytea, leaves bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.seal_number, s.leaf_count, s.recorded_at, s.root, s.leaves FROM audit.seals s
  WHERE s.sealer_id = sealer AND s.seal_number >= first_number ORDER BY s.seal_number LIMIT at_most
$$;
COMMENT ON FUNCTION audit.read_seals IS 'The seals of a sealer from a number on, in their order.';

CREATE OR REPLACE FUNCTION audit.read_leaves(sealer uuid, first_number bigint, last_number bigint)
RETURNS TABLE (seal_number bigint, leaf_index integer, recorded_at timestamptz, leaf bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.seal_number, r.leaf_index, r.recorded_at, sha256('\x00'::bytea || 'R'::bytea || uuid_send(r.record_id) || sha256(r.evidence)
    || CASE r.evidence_by WHEN 'producer' THEN 'P'::bytea ELSE 'C'::bytea END || convert_to(coalesce(r.ingested_by, ''), 'UTF8'))
  FROM audit.records r WHERE r.sealer_id = sealer AND r.seal_number BETWEEN first_number AND last_number
  UNION ALL
  SELECT c.seal_number, c.leaf_index, c.recorded_at, sha256('\x00'::bytea || 'X'::bytea || uuid_send(c.record_id) || sha256(c.evidence) || c.stored_hash
    || CASE c.evidence_by WHEN 'producer' THEN 'P'::bytea ELSE 'C'::bytea END || convert_to(coalesce(c.ingested_by, ''), 'UTF8'))
  FROM audit.conflicts c WHERE c.sealer_id = sealer AND c.seal_number BETWEEN first_number AND last_number
  UNION ALL
  SELECT q.seal_number, q.leaf_index, q.recorded_at, sha256('\x00'::bytea || 'Q'::bytea || sha256(q.raw)
    || convert_to(coalesce(q.ingested_by, ''), 'UTF8') || '\x00'::bytea || convert_to(q.reason, 'UTF8'))
  FROM audit.quarantine q WHERE q.sealer_id = sealer AND q.seal_number BETWEEN first_number AND last_number
  ORDER BY 1, 2
$$;
COMMENT ON FUNCTION audit.read_leaves IS 'The leaves of a sealer''s rows, computed from what the rows hold now, in the order of their seals.';

REVOKE ALL ON FUNCTION audit.open_sealer, audit.touch_sealer, audit.settle_seal, audit.close_sealer,
  audit.read_sealers, audit.read_seals, audit.read_leaves FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.open_sealer, audit.touch_sealer, audit.settle_seal, audit.close_sealer,
  audit.read_sealers, audit.read_seals, audit.read_leaves TO audit_writer;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (4, 'sealers') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
