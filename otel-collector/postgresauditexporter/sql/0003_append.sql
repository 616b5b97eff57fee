-- The ways into the trail. The writer may run these functions and nothing else.
--
-- One transaction stores one group: append_records, append_annexes, append_conflicts and
-- append_quarantine, as far as there is something for them, and append_seal last. The Collector sends
-- all of it with the COMMIT in one go, taking every row for new. When one is not, nothing is stored:
-- the function that finds it says which rows are known, the later ones do nothing, append_seal fails if
-- an earlier one did something, and the Collector sends the rest again. So leaves and root are right
-- without a question in between.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

SET ROLE audit_owner;

-- Storing must mean stored: a role or database set to synchronous_commit = off would have the
-- Collector acknowledge what a crash of the server still loses. Stronger settings are left alone.
CREATE OR REPLACE FUNCTION audit.require_durable_commit() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
END
$$;
COMMENT ON FUNCTION audit.require_durable_commit() IS 'Raises synchronous_commit to on for this transaction if it is weaker.';

CREATE OR REPLACE FUNCTION audit.is_refused() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(current_setting('telltale.audit_refused', true), '') = 'on'
$$;
COMMENT ON FUNCTION audit.is_refused() IS 'Whether an append function of this transaction found a row that is not new.';

CREATE OR REPLACE FUNCTION audit.has_inserted() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(current_setting('telltale.audit_inserted', true), '') = 'on'
$$;
COMMENT ON FUNCTION audit.has_inserted() IS 'Whether an append function of this transaction has inserted rows, which only a seal may let stand.';

CREATE OR REPLACE FUNCTION audit.append_records(
  sealer uuid, seal bigint,
  record_ids uuid[], occurred_ats timestamptz[], occurred_unix_nanos bigint[], sequence_numbers bigint[],
  event_names text[], actor_ids text[], actor_types text[], actions text[], outcomes text[],
  target_types text[], target_ids text[], source_ids text[], source_types text[],
  tenant_ids text[], request_ids text[], user_agents text[], trace_ids text[], span_ids text[],
  service_names text[], schema_versions text[], stream_ids text[], prev_hashes bytea[], annex_hashes bytea[],
  hashes bytea[], evidences bytea[], evidence_bys text[], evidence_formats text[],
  ingested_bys text[], detailses jsonb[], attributeses jsonb[], resources jsonb[]
) RETURNS TABLE (record_id uuid, stored_hash bytea)
-- work_mem, so that a group of 8 MiB is not written to a temporary file on its way.
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
  IF audit.is_refused() THEN RETURN; END IF;
  PERFORM audit.require_durable_commit();

  BEGIN
    -- Without ON CONFLICT, which looks every id up twice. The place in the arrays is the leaf's, and the ids come in ascending order: two Collectors with
    -- the same records then wait for each other instead of deadlocking.
    INSERT INTO audit.records (sealer_id, seal_number, leaf_index, record_id, occurred_at,
      occurred_unix_nano, sequence_number, event_name, actor_id, actor_type, action, outcome,
      target_type, target_id, source_id, source_type, tenant_id, request_id, user_agent, trace_id, span_id,
      service_name, schema_version, stream_id, prev_hash, annex_hash, hash, evidence, evidence_by,
      evidence_format, ingested_by, details, attributes, resource)
    SELECT sealer, seal, o.place - 1, o.record_id, coalesce(o.occurred_at, now()),
      o.occurred_unix_nano, o.sequence_number, o.event_name, o.actor_id, o.actor_type, o.action, o.outcome,
      o.target_type, o.target_id, o.source_id, o.source_type, o.tenant_id, o.request_id, o.user_agent, o.trace_id, o.span_id,
      o.service_name, o.schema_version, o.stream_id, o.prev_hash, o.annex_hash, o.hash, o.evidence, o.evidence_by,
      o.evidence_format, o.ingested_by, o.details, o.attributes, o.resource
    FROM unnest(record_ids, occurred_ats, occurred_unix_nanos, sequence_numbers, event_names,
      actor_ids, actor_types, actions, outcomes, target_types, target_ids, source_ids, source_types,
      tenant_ids, request_ids, user_agents, trace_ids, span_ids, service_names, schema_versions,
      stream_ids, prev_hashes, annex_hashes, hashes, evidences, evidence_bys, evidence_formats,
      ingested_bys, detailses, attributeses, resources) WITH ORDINALITY AS o (record_id, occurred_at,
      occurred_unix_nano, sequence_number, event_name, actor_id, actor_type, action, outcome,
      target_type, target_id, source_id, source_type, tenant_id, request_id, user_agent, trace_id,
      span_id, service_name, schema_version, stream_id, prev_hash, annex_hash, hash, evidence,
      evidence_by, evidence_format, ingested_by, details, attributes, resource, place);
    PERFORM set_config('telltale.audit_inserted', 'on', true);
    RETURN;
  EXCEPTION WHEN unique_violation THEN
    -- Caught here, so that what was inserted is taken back and a redelivery is no error in the server's log.
    PERFORM set_config('telltale.audit_refused', 'on', true);
  END;

  -- A statement of its own, because the first cannot see rows that others committed while it ran.
  RETURN QUERY SELECT r.record_id, r.hash FROM audit.records r WHERE r.record_id = ANY (record_ids);
END
$$;
COMMENT ON FUNCTION audit.append_records IS 'Stores audit records, all of them or none. Answers with nothing when all were new, else with the id and hash of those that are stored already: the same hash is a duplicate, another one a conflict.';

CREATE OR REPLACE FUNCTION audit.append_annexes(sealer uuid, seal bigint, record_ids uuid[], salts bytea[], annexes bytea[], detailses jsonb[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  added bigint;
BEGIN
  IF audit.is_refused() THEN RETURN; END IF;
  -- Only beside a record of this very transaction: an annex that was erased must not come back.
  INSERT INTO audit.annexes (record_id, salt, annex, details)
  SELECT a.record_id, a.salt, a.annex, a.details
  FROM unnest(record_ids, salts, annexes, detailses) AS a (record_id, salt, annex, details)
  JOIN audit.records r ON r.record_id = a.record_id AND r.sealer_id = sealer AND r.seal_number = seal
    AND r.annex_hash = sha256(a.salt || a.annex)
  WHERE NOT EXISTS (SELECT FROM audit.seals s WHERE s.sealer_id = sealer AND s.seal_number = seal);
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added <> cardinality(record_ids) THEN
    RAISE EXCEPTION 'an annex belongs to no record of this transaction' USING ERRCODE = 'TT003';
  END IF;
END
$$;
COMMENT ON FUNCTION audit.append_annexes IS 'Stores the annexes of records that append_records has stored in the same transaction.';

CREATE OR REPLACE FUNCTION audit.append_conflicts(
  sealer uuid, seal bigint, first_leaf integer, record_ids uuid[], hashes bytea[], stored_hashes bytea[],
  evidences bytea[], evidence_bys text[], evidence_formats text[], ingested_bys text[]
) RETURNS TABLE (record_id uuid, hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  added bigint;
BEGIN
  IF audit.is_refused() THEN RETURN; END IF;
  PERFORM audit.require_durable_commit();
  BEGIN
    INSERT INTO audit.conflicts (sealer_id, seal_number, leaf_index, record_id, hash, stored_hash, evidence, evidence_by, evidence_format, ingested_by)
    SELECT sealer, seal, first_leaf + o.place - 1, o.record_id, o.hash, o.stored_hash, o.evidence, o.evidence_by, o.evidence_format, o.ingested_by
    FROM unnest(record_ids, hashes, stored_hashes, evidences, evidence_bys, evidence_formats, ingested_bys) WITH ORDINALITY
      AS o (record_id, hash, stored_hash, evidence, evidence_by, evidence_format, ingested_by, place)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF added = cardinality(record_ids) THEN
      PERFORM set_config('telltale.audit_inserted', 'on', true);
      RETURN;
    END IF;
    RAISE EXCEPTION 'not all new' USING ERRCODE = 'TT001';
  EXCEPTION WHEN SQLSTATE 'TT001' THEN
    PERFORM set_config('telltale.audit_refused', 'on', true);
  END;
  RETURN QUERY SELECT c.record_id, c.hash FROM audit.conflicts c
    JOIN unnest(record_ids, hashes) AS o (record_id, hash) ON o.record_id = c.record_id AND o.hash = c.hash;
END
$$;
COMMENT ON FUNCTION audit.append_conflicts IS 'Keeps records whose id is stored with other content, all of them or none. Answers with those that are kept already. Their leaves follow those of the records.';

CREATE OR REPLACE FUNCTION audit.append_quarantine(
  sealer uuid, seal bigint, first_leaf integer, raws bytea[], reasons text[], ingested_bys text[],
  record_ids uuid[], stream_ids text[], sequence_numbers bigint[], evidences bytea[]
) RETURNS TABLE (raw_hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  added bigint;
BEGIN
  IF audit.is_refused() THEN RETURN; END IF;
  PERFORM audit.require_durable_commit();
  BEGIN
    INSERT INTO audit.quarantine (sealer_id, seal_number, leaf_index, raw_hash, raw, reason, ingested_by, record_id, stream_id, sequence_number, evidence, hash)
    SELECT sealer, seal, first_leaf + o.place - 1, sha256(o.raw), o.raw, o.reason, o.ingested_by, o.record_id, o.stream_id, o.sequence_number, o.evidence, sha256(o.evidence)
    FROM unnest(raws, reasons, ingested_bys, record_ids, stream_ids, sequence_numbers, evidences) WITH ORDINALITY
      AS o (raw, reason, ingested_by, record_id, stream_id, sequence_number, evidence, place)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF added = cardinality(raws) THEN
      PERFORM set_config('telltale.audit_inserted', 'on', true);
      RETURN;
    END IF;
    RAISE EXCEPTION 'not all new' USING ERRCODE = 'TT001';
  EXCEPTION WHEN SQLSTATE 'TT001' THEN
    PERFORM set_config('telltale.audit_refused', 'on', true);
  END;
  RETURN QUERY SELECT q.raw_hash FROM audit.quarantine q
    WHERE q.raw_hash IN (SELECT sha256(raw) FROM unnest(raws) AS raw);
END
$$;
COMMENT ON FUNCTION audit.append_quarantine IS 'Keeps what cannot be a record, as raw OTLP bytes with the reason, all of it or nothing. Answers with the hashes of what is kept already. The leaves follow those of the conflicts.';

CREATE OR REPLACE FUNCTION audit.append_seal(sealer uuid, number bigint, leaf_count integer, root bytea, leaves bytea)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  open boolean;
BEGIN
  IF audit.is_refused() THEN
    IF audit.has_inserted() THEN
      RAISE EXCEPTION 'some rows of this transaction are stored already' USING ERRCODE = 'TT001';
    END IF;
    RETURN NULL;
  END IF;
  PERFORM audit.require_durable_commit();
  -- The lock lets other seals and the sealer's sign of life through and holds up only who closes it:
  -- after a close has been committed, no seal can be.
  SELECT s.closed_at IS NULL INTO open FROM audit.sealers s WHERE s.sealer_id = sealer FOR KEY SHARE;
  IF open IS NOT TRUE THEN
    RAISE EXCEPTION 'sealer % is not open', sealer USING ERRCODE = 'TT002';
  END IF;
  INSERT INTO audit.seals (sealer_id, seal_number, leaf_count, recorded_at, root, leaves)
  VALUES (sealer, number, append_seal.leaf_count, now(), append_seal.root, append_seal.leaves);
  RETURN now();
END
$$;
COMMENT ON FUNCTION audit.append_seal IS 'Ends a transaction of the trail. Answers with recorded_at of its rows, or NULL if nothing was inserted because it was stored already. Fails with TT001 if only some of it was, with TT002 when the sealer is closed and with a unique violation when its number is taken.';

REVOKE ALL ON FUNCTION audit.require_durable_commit(), audit.is_refused(), audit.has_inserted(), audit.append_records, audit.append_annexes,
  audit.append_conflicts, audit.append_quarantine, audit.append_seal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.append_records, audit.append_annexes, audit.append_conflicts, audit.append_quarantine, audit.append_seal TO audit_writer;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (3, 'append') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
