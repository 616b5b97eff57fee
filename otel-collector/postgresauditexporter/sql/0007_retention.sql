-- Retention: the only way in which records leave the trail. Whole months, oldest first, older than the
-- floor, and only after the trail itself has recorded what goes. docs/design/audit.md, "Retention".

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

-- Asked first, because who may run the migrations need not be allowed to grant roles that exist.
DO $$
BEGIN
  IF NOT pg_has_role('audit_keeper', 'audit_auditor', 'MEMBER') THEN
    GRANT audit_auditor TO audit_keeper;
  END IF;
END
$$;

SET ROLE audit_owner;

CREATE TABLE IF NOT EXISTS audit.retention_floors (
  set_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  floor_days integer NOT NULL,
  set_by     text NOT NULL DEFAULT session_user,
  CONSTRAINT retention_floors_pkey PRIMARY KEY (set_at),
  -- ensure_partitions() makes the partition of last month again.
  CONSTRAINT retention_floors_two_months CHECK (floor_days >= 62)
);
COMMENT ON TABLE audit.retention_floors IS 'How old records must be before they may go: the newest row counts, without one it is a year. Only the owner adds rows.';
COMMENT ON COLUMN audit.retention_floors.set_at IS 'When it was set.';
COMMENT ON COLUMN audit.retention_floors.floor_days IS 'The age in days, at least 62.';
COMMENT ON COLUMN audit.retention_floors.set_by IS 'The database user who set it.';

CREATE OR REPLACE FUNCTION audit.retention_floor() RETURNS interval
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT make_interval(days => f.floor_days) FROM audit.retention_floors f ORDER BY f.set_at DESC LIMIT 1), interval '1 year')
$$;
COMMENT ON FUNCTION audit.retention_floor() IS 'How old records must be before they may go.';

CREATE TABLE IF NOT EXISTS audit.retained (
  partition   text NOT NULL,
  from_time   timestamptz NOT NULL,
  to_time     timestamptz NOT NULL,
  records     bigint NOT NULL,
  digest      bytea NOT NULL,
  record_id   uuid NOT NULL,
  retained_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  retained_by text NOT NULL DEFAULT session_user,
  CONSTRAINT retained_pkey PRIMARY KEY (partition),
  CONSTRAINT retained_digest_is_sha256 CHECK (octet_length(digest) = 32)
);
COMMENT ON TABLE audit.retained IS 'One row for each monthly partition that was dropped after its time. The audit record telltale.audit.partition.retained has the same digest.';
COMMENT ON COLUMN audit.retained.partition IS 'Name of the table that was dropped.';
COMMENT ON COLUMN audit.retained.from_time IS 'Start of its month (UTC).';
COMMENT ON COLUMN audit.retained.to_time IS 'Start of the month after it (UTC).';
COMMENT ON COLUMN audit.retained.records IS 'How many records went.';
COMMENT ON COLUMN audit.retained.digest IS 'SHA-256 of what audit.retained_leaves and audit.retained_streams say of it.';
COMMENT ON COLUMN audit.retained.record_id IS 'The audit record that was stored before.';
COMMENT ON COLUMN audit.retained.retained_at IS 'When it was dropped.';
COMMENT ON COLUMN audit.retained.retained_by IS 'The database user who had it dropped.';

CREATE TABLE IF NOT EXISTS audit.retained_leaves (
  sealer_id   uuid NOT NULL,
  seal_number bigint NOT NULL,
  first_leaf  integer NOT NULL,
  last_leaf   integer NOT NULL,
  partition   text NOT NULL,
  CONSTRAINT retained_leaves_pkey PRIMARY KEY (sealer_id, seal_number, first_leaf)
);
COMMENT ON TABLE audit.retained_leaves IS 'Which leaves of which seals have no row any more: the longest runs of each seal.';
COMMENT ON COLUMN audit.retained_leaves.sealer_id IS 'Whose seal it is.';
COMMENT ON COLUMN audit.retained_leaves.seal_number IS 'The seal, whose leaf hashes stay in audit.seals.';
COMMENT ON COLUMN audit.retained_leaves.first_leaf IS 'First leaf_index of the run.';
COMMENT ON COLUMN audit.retained_leaves.last_leaf IS 'Last leaf_index of the run.';
COMMENT ON COLUMN audit.retained_leaves.partition IS 'The partition that held the rows.';

CREATE TABLE IF NOT EXISTS audit.retained_streams (
  stream_id       text NOT NULL,
  first_sequence  bigint NOT NULL,
  last_sequence   bigint NOT NULL,
  first_prev_hash bytea,
  last_hash       bytea NOT NULL,
  partition       text NOT NULL,
  CONSTRAINT retained_streams_pkey PRIMARY KEY (stream_id, first_sequence)
);
COMMENT ON TABLE audit.retained_streams IS 'Which numbers of which streams have no row any more, with the hashes that link them to what is left.';
COMMENT ON COLUMN audit.retained_streams.stream_id IS 'The stream.';
COMMENT ON COLUMN audit.retained_streams.first_sequence IS 'First sequence_number of the run.';
COMMENT ON COLUMN audit.retained_streams.last_sequence IS 'Last sequence_number of the run.';
COMMENT ON COLUMN audit.retained_streams.first_prev_hash IS 'prev_hash of the first record of the run.';
COMMENT ON COLUMN audit.retained_streams.last_hash IS 'Hash of the last record of the run, which the next one names.';
COMMENT ON COLUMN audit.retained_streams.partition IS 'The partition that held the rows.';

DO $$
DECLARE
  guarded text;
  changes text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['retention_floors', 'retained', 'retained_leaves', 'retained_streams'] LOOP
    FOREACH changes IN ARRAY ARRAY['update', 'delete', 'truncate'] LOOP
      CONTINUE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = format('audit.%I', guarded)::regclass AND tgname = 'no_' || changes);
      EXECUTE format('CREATE TRIGGER no_%s BEFORE %s ON audit.%I FOR EACH %s EXECUTE FUNCTION audit.refuse_change()', changes, changes, guarded,
        CASE changes WHEN 'truncate' THEN 'STATEMENT' ELSE 'ROW' END);
      EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_%s', guarded, changes);
    END LOOP;
  END LOOP;
END
$$;

-- The trail's records about other records are few and asked for by their kind; erasures also by what they
-- name. That one is a hash index, because a B-tree would refuse a record whose recordId is long.
CREATE INDEX IF NOT EXISTS records_own_idx ON audit.records (event_name)
  WHERE event_name IN ('telltale.audit.record.erased', 'telltale.audit.record.parked', 'telltale.audit.trail.stopped', 'telltale.audit.partition.retained');
CREATE INDEX IF NOT EXISTS records_erased_idx ON audit.records USING hash ((details ->> 'recordId'))
  WHERE event_name = 'telltale.audit.record.erased';

CREATE OR REPLACE FUNCTION audit.outlives_its_month(event_name text, details jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN event_name IN ('telltale.audit.record.parked', 'telltale.audit.records.quarantined', 'telltale.audit.record.erased',
    'telltale.audit.partition.retained', 'telltale.audit.checkpoint_key.changed')
  OR event_name = 'telltale.audit.trail.stopped' AND details ->> 'clean' IS DISTINCT FROM 'true';
COMMENT ON FUNCTION audit.outlives_its_month IS 'Whether a record explains others, so that it is kept when its partition goes.';

CREATE OR REPLACE FUNCTION audit.leaf_runs(partition_name text)
RETURNS TABLE (sealer_id uuid, seal_number bigint, first_leaf integer, last_leaf integer)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE format($query$
    SELECT l.sealer_id, l.seal_number, min(l.leaf_index), max(l.leaf_index) FROM (
      SELECT r.sealer_id, r.seal_number, r.leaf_index,
        r.leaf_index - row_number() OVER (PARTITION BY r.sealer_id, r.seal_number ORDER BY r.leaf_index) AS run
      FROM audit.%I r WHERE NOT audit.outlives_its_month(r.event_name, r.details)) l
    GROUP BY l.sealer_id, l.seal_number, l.run$query$, partition_name);
END
$$;
COMMENT ON FUNCTION audit.leaf_runs IS 'The leaves that dropping a partition would take, as runs.';

CREATE OR REPLACE FUNCTION audit.stream_runs(partition_name text)
RETURNS TABLE (stream_id text, first_sequence bigint, last_sequence bigint, first_prev_hash bytea, last_hash bytea)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE format($query$
    SELECT s.stream_id, min(s.sequence_number), max(s.sequence_number),
      (array_agg(s.prev_hash ORDER BY s.sequence_number))[1], (array_agg(s.hash ORDER BY s.sequence_number DESC))[1]
    FROM (
      SELECT r.stream_id, r.sequence_number, r.prev_hash, r.hash,
        r.sequence_number - row_number() OVER (PARTITION BY r.stream_id ORDER BY r.sequence_number) AS run
      FROM audit.%I r
      WHERE r.stream_id IS NOT NULL AND r.sequence_number IS NOT NULL AND NOT audit.outlives_its_month(r.event_name, r.details)) s
    GROUP BY s.stream_id, s.run$query$, partition_name);
END
$$;
COMMENT ON FUNCTION audit.stream_runs IS 'The numbers of streams that dropping a partition would take, as runs.';

CREATE OR REPLACE FUNCTION audit.plan_retention(partition_name text)
RETURNS TABLE (from_time timestamptz, to_time timestamptz, records bigint, kept bigint, last_recorded_at timestamptz, digest bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  leaves  text;
  streams text;
BEGIN
  IF partition_name !~ '^records_[0-9]{4}_(0[1-9]|1[0-2])$'
    OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'audit.records'::regclass AND inhrelid = to_regclass('audit.' || partition_name)) THEN
    RAISE EXCEPTION '"%" is no monthly partition of audit.records', partition_name USING ERRCODE = 'undefined_table';
  END IF;
  from_time := to_date(substr(partition_name, 9), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC';
  to_time := (to_date(substr(partition_name, 9), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC';
  EXECUTE format('SELECT count(*) FILTER (WHERE NOT o.outlives), count(*) FILTER (WHERE o.outlives), max(r.recorded_at)
    FROM audit.%I r, LATERAL (SELECT audit.outlives_its_month(r.event_name, r.details) AS outlives) o', partition_name)
    INTO records, kept, last_recorded_at;
  SELECT string_agg(format(E'leaf %s %s %s %s\n', l.sealer_id, l.seal_number, l.first_leaf, l.last_leaf), '' ORDER BY l.sealer_id, l.seal_number, l.first_leaf)
    INTO leaves FROM audit.leaf_runs(partition_name) l;
  SELECT string_agg(format(E'stream %s %s %s %s %s\n', encode(convert_to(s.stream_id, 'UTF8'), 'hex'), s.first_sequence, s.last_sequence,
      coalesce(encode(s.first_prev_hash, 'hex'), '-'), encode(s.last_hash, 'hex')), '' ORDER BY s.stream_id COLLATE "C", s.first_sequence)
    INTO streams FROM audit.stream_runs(partition_name) s;
  digest := sha256(convert_to(format(E'telltale-retained/1\n%s\n%s %s\n%s\n', partition_name,
    extract(epoch FROM from_time)::bigint, extract(epoch FROM to_time)::bigint, records) || coalesce(leaves, '') || coalesce(streams, ''), 'UTF8'));
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION audit.plan_retention IS 'What dropping a partition would take: how many records go, how many are kept because they explain others, when the last one was stored, and the digest.';

CREATE OR REPLACE FUNCTION audit.retain_partition(partition_name text, retention_record uuid) RETURNS audit.retained
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- Whoever waits for the lock on audit.records holds up everybody who comes after: give up and try again.
SET lock_timeout = '5s' AS $$
DECLARE
  plan    record;
  said    jsonb;
  older   text;
  kept    audit.records[];
  outcome audit.retained;
  maintenance text;
BEGIN
  SELECT * INTO outcome FROM audit.retained t WHERE t.partition = partition_name;
  IF FOUND THEN RETURN outcome; END IF;

  PERFORM audit.require_durable_commit();
  PERFORM * FROM audit.plan_retention(partition_name);
  SELECT min(c.relname) INTO older FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'audit.records'::regclass AND c.relname ~ '^records_[0-9]{4}_[0-9]{2}$' AND c.relname < partition_name;
  IF older IS NOT NULL THEN
    RAISE EXCEPTION 'audit.% is older than audit.% and goes first', older, partition_name USING ERRCODE = 'TT010';
  END IF;

  -- From here on nothing comes in that the plan has not seen.
  EXECUTE format('LOCK TABLE audit.%I IN SHARE MODE', partition_name);
  SELECT * INTO plan FROM audit.plan_retention(partition_name);
  IF greatest(plan.to_time, plan.last_recorded_at) > now() - audit.retention_floor() THEN
    RAISE EXCEPTION 'audit.% is not old enough: its month ends at %, its last record was stored at %, and the floor is %',
      partition_name, plan.to_time, plan.last_recorded_at, audit.retention_floor() USING ERRCODE = 'TT011';
  END IF;
  IF EXISTS (SELECT FROM audit.leaf_runs(partition_name) l WHERE NOT EXISTS (
      SELECT FROM audit.seals s WHERE s.sealer_id = l.sealer_id AND s.seal_number = l.seal_number AND s.leaf_count > l.last_leaf)) THEN
    RAISE EXCEPTION 'audit.% has rows without a seal', partition_name USING ERRCODE = 'TT012';
  END IF;

  SELECT r.details INTO said FROM audit.records r
  WHERE r.record_id = retention_record AND r.event_name = 'telltale.audit.partition.retained';
  IF said IS NULL OR said ->> 'partition' IS DISTINCT FROM partition_name
    OR said ->> 'digest' IS DISTINCT FROM encode(plan.digest, 'hex') OR said ->> 'records' IS DISTINCT FROM plan.records::text THEN
    RAISE EXCEPTION 'no audit record % says that % records of audit.% with digest % go', retention_record, plan.records, partition_name, encode(plan.digest, 'hex')
      USING ERRCODE = 'TT013';
  END IF;

  INSERT INTO audit.retained_leaves (partition, sealer_id, seal_number, first_leaf, last_leaf)
  SELECT partition_name, l.* FROM audit.leaf_runs(partition_name) l;
  INSERT INTO audit.retained_streams (partition, stream_id, first_sequence, last_sequence, first_prev_hash, last_hash)
  SELECT partition_name, s.* FROM audit.stream_runs(partition_name) s;
  INSERT INTO audit.retained (partition, from_time, to_time, records, digest, record_id)
  VALUES (partition_name, plan.from_time, plan.to_time, plan.records, plan.digest, retention_record)
  RETURNING * INTO outcome;

  SELECT array_agg(r) INTO kept FROM audit.records r
  WHERE r.record_id >= audit.first_id_at(plan.from_time) AND r.record_id < audit.first_id_at(plan.to_time)
    AND audit.outlives_its_month(r.event_name, r.details);
  maintenance := coalesce(current_setting('telltale.audit_maintenance', true), '');
  PERFORM set_config('telltale.audit_maintenance', 'on', true);
  EXECUTE format('DROP TABLE audit.%I', partition_name);
  PERFORM set_config('telltale.audit_maintenance', maintenance, true);
  -- Their month is gone, so they come to stand in records_default, seal and all.
  INSERT INTO audit.records SELECT k.* FROM unnest(kept) AS k;
  DELETE FROM audit.annexes a
  WHERE a.record_id >= audit.first_id_at(plan.from_time) AND a.record_id < audit.first_id_at(plan.to_time)
    AND NOT EXISTS (SELECT FROM audit.records r WHERE r.record_id = a.record_id);
  RETURN outcome;
END
$$;
COMMENT ON FUNCTION audit.retain_partition IS 'Drops one monthly partition, when it is the oldest one, older than the floor, sealed, and an audit record says exactly what goes. A partition that has gone already is answered with its row.';

-- The trigger of audit.annexes; it binds the owner as well.
CREATE OR REPLACE FUNCTION audit.refuse_annex_loss() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM audit.records r WHERE r.event_name = 'telltale.audit.record.erased' AND r.details ->> 'recordId' = OLD.record_id::text) THEN
    RETURN OLD;
  END IF;
  IF NOT EXISTS (SELECT FROM audit.records r WHERE r.record_id = OLD.record_id)
    AND EXISTS (SELECT FROM audit.retained t WHERE OLD.record_id >= audit.first_id_at(t.from_time) AND OLD.record_id < audit.first_id_at(t.to_time)) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the annex of % stays: no audit record telltale.audit.record.erased names it', OLD.record_id USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION audit.refuse_annex_loss() IS 'Lets an annex go when an erasure record names it, or when its record went with its partition.';

CREATE OR REPLACE TRIGGER no_delete BEFORE DELETE ON audit.annexes FOR EACH ROW EXECUTE FUNCTION audit.refuse_annex_loss();
ALTER TABLE audit.annexes ENABLE ALWAYS TRIGGER no_delete;

CREATE OR REPLACE FUNCTION audit.erase_annex(erased_record uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM audit.require_durable_commit();
  DELETE FROM audit.annexes a WHERE a.record_id = erased_record;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION audit.erase_annex IS 'Deletes the erasable details of a record, when an audit record telltale.audit.record.erased names it. Answers whether there were any.';

REVOKE ALL ON FUNCTION audit.retention_floor(), audit.outlives_its_month, audit.leaf_runs, audit.stream_runs, audit.plan_retention,
  audit.retain_partition, audit.refuse_annex_loss(), audit.erase_annex FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.retention_floor() TO audit_auditor, audit_keeper;
GRANT EXECUTE ON FUNCTION audit.plan_retention, audit.retain_partition, audit.erase_annex TO audit_keeper;
GRANT SELECT ON audit.retention_floors, audit.retained, audit.retained_leaves, audit.retained_streams TO audit_auditor;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (7, 'retention') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
