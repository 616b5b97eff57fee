-- The audit trail: roles, tables and their append-only triggers.
--
-- Plain SQL, safe to run again. Run each file in one transaction (psql --single-transaction, one query
-- string through a driver, or the exporter with create_schema: true): the lock below then keeps two
-- runs apart. It needs the right to create roles and a schema; only a superuser gets the event
-- triggers of 0005_guards.sql.

SELECT pg_advisory_xact_lock(8387229094112226405);
-- Tells the event triggers of 0005_guards.sql that this is a migration.
SELECT set_config('telltale.audit_maintenance', 'on', false);

-- Roles belong to the whole server, so another database may be creating them at this moment.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['audit_owner', 'audit_writer', 'audit_auditor', 'audit_keeper'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
  -- From PostgreSQL 16 on, who creates a role is not yet allowed to act as it.
  IF NOT pg_has_role('audit_owner', 'MEMBER') THEN
    EXECUTE format('GRANT audit_owner TO %I', current_user);
  END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION audit_owner;
COMMENT ON SCHEMA audit IS 'The audit trail: append-only, written through functions only.';

SET ROLE audit_owner;

CREATE TABLE IF NOT EXISTS audit.schema_migrations (
  version    integer PRIMARY KEY,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.schema_migrations IS 'Which numbered migrations this database has.';
COMMENT ON COLUMN audit.schema_migrations.version IS 'The number at the start of the migration''s file name.';
COMMENT ON COLUMN audit.schema_migrations.name IS 'The rest of the file name.';
COMMENT ON COLUMN audit.schema_migrations.applied_at IS 'When it was applied first.';

CREATE OR REPLACE FUNCTION audit.schema_version() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(max(version), 0) FROM audit.schema_migrations
$$;
COMMENT ON FUNCTION audit.schema_version() IS 'The newest migration that this database has. A Collector stores nothing in a schema older than it needs.';

-- One row for each run of one Collector's exporter. It is the only table here whose rows change, and
-- only in when the sealer was seen last and when it was closed.
CREATE TABLE IF NOT EXISTS audit.sealers (
  sealer_id  uuid PRIMARY KEY,
  name       text NOT NULL,
  key        text,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at  timestamptz,
  closed_by  uuid,
  CONSTRAINT sealers_closed_by_somebody CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
COMMENT ON TABLE audit.sealers IS 'Who seals: one row for each run of a Collector''s exporter. Each has a log of its own.';
COMMENT ON COLUMN audit.sealers.sealer_id IS 'A UUIDv7 made at the start of the run.';
COMMENT ON COLUMN audit.sealers.name IS 'Which Collector it is: its host and the exporter''s name.';
COMMENT ON COLUMN audit.sealers.key IS 'The verifier key of its checkpoints, <name>+<id>+<base64>. NULL if it signs none.';
COMMENT ON COLUMN audit.sealers.started_at IS 'When it first reached the database, by the database''s clock.';
COMMENT ON COLUMN audit.sealers.seen_at IS 'When it was heard of last, by the database''s clock.';
COMMENT ON COLUMN audit.sealers.closed_at IS 'When it was closed. Its seals are refused from then on. NULL while it is open.';
COMMENT ON COLUMN audit.sealers.closed_by IS 'The sealer that closed it: itself at its shutdown, or a successor after a minute of silence.';

CREATE TABLE IF NOT EXISTS audit.seals (
  sealer_id   uuid NOT NULL,
  seal_number bigint NOT NULL,
  leaf_count  integer NOT NULL,
  recorded_at timestamptz NOT NULL,
  root        bytea NOT NULL,
  leaves      bytea NOT NULL,
  CONSTRAINT seals_pkey PRIMARY KEY (sealer_id, seal_number),
  CONSTRAINT seals_number_not_negative CHECK (seal_number >= 0),
  CONSTRAINT seals_root_is_sha256 CHECK (octet_length(root) = 32),
  CONSTRAINT seals_leaves_fit_count CHECK (octet_length(leaves) = 32 * leaf_count)
);
COMMENT ON TABLE audit.seals IS 'One row for each transaction that stored something: what it inserted, as the root of a Merkle tree. The seals of a sealer are the entries of its log, which checkpoints sign.';
COMMENT ON COLUMN audit.seals.sealer_id IS 'Whose log it belongs to.';
COMMENT ON COLUMN audit.seals.seal_number IS 'Its place in that log, from 0 without gaps.';
COMMENT ON COLUMN audit.seals.leaf_count IS 'How many rows the transaction inserted into audit.records, audit.conflicts and audit.quarantine. 0 fills a number whose transaction came to nothing.';
COMMENT ON COLUMN audit.seals.recorded_at IS 'The same as recorded_at of the rows, by the database''s clock.';
COMMENT ON COLUMN audit.seals.root IS 'RFC 6962 root of the leaves; SHA-256 of nothing if there are none.';
COMMENT ON COLUMN audit.seals.leaves IS 'The leaf hashes one after the other, 32 bytes each.';

-- The id is a UUIDv7, so ranges of ids are ranges of time while the primary key stays unique over
-- all partitions. A key of (id, time) would accept the same id a second time.
CREATE TABLE IF NOT EXISTS audit.records (
  record_id          uuid NOT NULL,
  occurred_at        timestamptz NOT NULL,
  occurred_unix_nano bigint,
  recorded_at        timestamptz NOT NULL DEFAULT now(),
  sequence_number    bigint,
  seal_number        bigint NOT NULL,
  sealer_id          uuid NOT NULL,
  leaf_index         integer NOT NULL,
  event_name         text NOT NULL,
  actor_id           text NOT NULL,
  actor_type         text NOT NULL,
  action             text NOT NULL,
  outcome            text NOT NULL,
  target_type        text,
  target_id          text,
  source_id          text,
  source_type        text,
  tenant_id          text,
  request_id         text,
  user_agent         text,
  trace_id           text,
  span_id            text,
  service_name       text,
  schema_version     text,
  stream_id          text,
  prev_hash          bytea,
  annex_hash         bytea,
  hash               bytea NOT NULL,
  evidence           bytea NOT NULL,
  evidence_by        text NOT NULL,
  evidence_format    text NOT NULL,
  ingested_by        text,
  details            jsonb NOT NULL DEFAULT '{}',
  attributes         jsonb NOT NULL DEFAULT '{}',
  resource           jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT records_pkey PRIMARY KEY (record_id),
  CONSTRAINT records_hash_is_sha256 CHECK (octet_length(hash) = 32),
  CONSTRAINT records_evidence_by_known CHECK (evidence_by IN ('producer', 'collector'))
) PARTITION BY RANGE (record_id);

COMMENT ON TABLE audit.records IS 'One row for each audit record. The evidence is the record; the other columns are a view of it for queries: text longer than 1024 bytes is cut, NUL and invalid UTF-8 are escaped.';
COMMENT ON COLUMN audit.records.record_id IS 'audit.record.id: a UUIDv7 made by the producer, the same on every retry.';
COMMENT ON COLUMN audit.records.occurred_at IS 'When it happened, to the microsecond. Without a stated time: the observed time, else the time in a UUIDv7, else the time of storing.';
COMMENT ON COLUMN audit.records.occurred_unix_nano IS 'The stated time in nanoseconds since 1970. NULL if none was stated or if it lies after 2262.';
COMMENT ON COLUMN audit.records.recorded_at IS 'When the database took the row, by its own clock; the same for all rows of one seal.';
COMMENT ON COLUMN audit.records.sequence_number IS 'audit.sequence.number: place in the stream, from 1.';
COMMENT ON COLUMN audit.records.seal_number IS 'Which seal of the sealer covers the row.';
COMMENT ON COLUMN audit.records.sealer_id IS 'Who sealed the row: see audit.sealers.';
COMMENT ON COLUMN audit.records.leaf_index IS 'Place of the row''s leaf in its seal, from 0.';
COMMENT ON COLUMN audit.records.event_name IS 'The event''s name.';
COMMENT ON COLUMN audit.records.actor_id IS 'audit.actor.id: who did it.';
COMMENT ON COLUMN audit.records.actor_type IS 'audit.actor.type: user, service or system.';
COMMENT ON COLUMN audit.records.action IS 'audit.action: what was done.';
COMMENT ON COLUMN audit.records.outcome IS 'audit.outcome: success, failure or unknown.';
COMMENT ON COLUMN audit.records.target_type IS 'audit.target.type: the kind of object it was done to.';
COMMENT ON COLUMN audit.records.target_id IS 'audit.target.id: the object it was done to.';
COMMENT ON COLUMN audit.records.source_id IS 'audit.source.id: where it came from, usually an IP address.';
COMMENT ON COLUMN audit.records.source_type IS 'audit.source.type: ipv4, ipv6 or hostname.';
COMMENT ON COLUMN audit.records.tenant_id IS 'tenant_id of the record, else of its resource.';
COMMENT ON COLUMN audit.records.request_id IS 'audit.request.id or request_id.';
COMMENT ON COLUMN audit.records.user_agent IS 'user_agent.original.';
COMMENT ON COLUMN audit.records.trace_id IS 'Trace in which it happened, 32 hexadecimal digits.';
COMMENT ON COLUMN audit.records.span_id IS 'Span in which it happened, 16 hexadecimal digits.';
COMMENT ON COLUMN audit.records.service_name IS 'service.name of the producer''s resource.';
COMMENT ON COLUMN audit.records.schema_version IS 'audit.schema.version.';
COMMENT ON COLUMN audit.records.stream_id IS 'audit.stream.id: the producer''s own sequence of records.';
COMMENT ON COLUMN audit.records.prev_hash IS 'audit.sequence.prev_hash: hash of the record before it in the stream. NULL if absent or no SHA-256.';
COMMENT ON COLUMN audit.records.annex_hash IS 'audit.annex.hash: SHA-256 of salt and annex of the erasable details. NULL if there are none.';
COMMENT ON COLUMN audit.records.hash IS 'SHA-256 of the evidence.';
COMMENT ON COLUMN audit.records.evidence IS 'The record, byte for byte as it was hashed.';
COMMENT ON COLUMN audit.records.evidence_by IS 'Who made the evidence: producer or collector.';
COMMENT ON COLUMN audit.records.evidence_format IS 'How the evidence is written, for example telltale/1.';
COMMENT ON COLUMN audit.records.ingested_by IS 'The identity under which the producer was let in.';
COMMENT ON COLUMN audit.records.details IS 'audit.details: what belongs to this kind of event, without what is erasable.';
COMMENT ON COLUMN audit.records.attributes IS 'The record''s attributes that have no column of their own.';
COMMENT ON COLUMN audit.records.resource IS 'The producer''s resource attributes.';

-- Each index costs every insert, so there is one for each usual question and no more. Those that
-- many records have nothing for leave such records out.
CREATE INDEX IF NOT EXISTS records_seal_idx ON audit.records (sealer_id, seal_number, leaf_index);
CREATE INDEX IF NOT EXISTS records_stream_idx ON audit.records (stream_id, sequence_number) WHERE stream_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_occurred_at_idx ON audit.records (occurred_at);
CREATE INDEX IF NOT EXISTS records_actor_idx ON audit.records (actor_id, occurred_at);
CREATE INDEX IF NOT EXISTS records_target_idx ON audit.records (target_id, occurred_at) WHERE target_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_action_idx ON audit.records (action, outcome, occurred_at);
CREATE INDEX IF NOT EXISTS records_tenant_idx ON audit.records (tenant_id, occurred_at) WHERE tenant_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_trace_idx ON audit.records (trace_id) WHERE trace_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS audit.annexes (
  record_id uuid NOT NULL,
  salt      bytea NOT NULL,
  annex     bytea NOT NULL,
  details   jsonb NOT NULL,
  CONSTRAINT annexes_pkey PRIMARY KEY (record_id),
  CONSTRAINT annexes_salt_is_32_bytes CHECK (octet_length(salt) = 32)
);
COMMENT ON TABLE audit.annexes IS 'Details that were declared erasable. The evidence holds only annex_hash, so that a deleted annex leaves nothing behind that tells what it was.';
COMMENT ON COLUMN audit.annexes.record_id IS 'The record it belongs to.';
COMMENT ON COLUMN audit.annexes.salt IS '32 random bytes, without which the hash could be guessed.';
COMMENT ON COLUMN audit.annexes.annex IS 'The erasable details, byte for byte as they were hashed.';
COMMENT ON COLUMN audit.annexes.details IS 'The same as JSON, for the views.';

CREATE TABLE IF NOT EXISTS audit.quarantine (
  raw_hash        bytea NOT NULL,
  raw             bytea NOT NULL,
  reason          text NOT NULL,
  ingested_by     text,
  recorded_at     timestamptz NOT NULL DEFAULT now(),
  sealer_id       uuid NOT NULL,
  seal_number     bigint NOT NULL,
  leaf_index      integer NOT NULL,
  record_id       uuid,
  stream_id       text,
  sequence_number bigint,
  evidence        bytea,
  hash            bytea,
  CONSTRAINT quarantine_pkey PRIMARY KEY (raw_hash),
  CONSTRAINT quarantine_raw_hash_is_sha256 CHECK (octet_length(raw_hash) = 32)
);
COMMENT ON TABLE audit.quarantine IS 'Records that cannot be rows of audit.records, kept whole. The same bytes are kept once.';
COMMENT ON COLUMN audit.quarantine.raw_hash IS 'SHA-256 of raw; makes a repeated delivery one row.';
COMMENT ON COLUMN audit.quarantine.raw IS 'The record with its resource and scope as OTLP protobuf (ExportLogsServiceRequest).';
COMMENT ON COLUMN audit.quarantine.reason IS 'What kept it out of audit.records.';
COMMENT ON COLUMN audit.quarantine.ingested_by IS 'The identity under which the producer was let in.';
COMMENT ON COLUMN audit.quarantine.recorded_at IS 'When the database took the row, by its own clock; the same for all rows of one seal.';
COMMENT ON COLUMN audit.quarantine.sealer_id IS 'Who sealed the row: see audit.sealers.';
COMMENT ON COLUMN audit.quarantine.seal_number IS 'Which seal of the sealer covers the row.';
COMMENT ON COLUMN audit.quarantine.leaf_index IS 'Place of the row''s leaf in its seal, from 0.';
COMMENT ON COLUMN audit.quarantine.record_id IS 'The record''s id, where one could be read.';
COMMENT ON COLUMN audit.quarantine.stream_id IS 'audit.stream.id, where one could be read.';
COMMENT ON COLUMN audit.quarantine.sequence_number IS 'audit.sequence.number, where one could be read.';
COMMENT ON COLUMN audit.quarantine.evidence IS 'The bytes that were sent as evidence, if any.';
COMMENT ON COLUMN audit.quarantine.hash IS 'SHA-256 of evidence. The next record of the stream names it if the producer meant these bytes.';

CREATE INDEX IF NOT EXISTS quarantine_seal_idx ON audit.quarantine (sealer_id, seal_number);
CREATE INDEX IF NOT EXISTS quarantine_stream_idx ON audit.quarantine (stream_id, sequence_number) WHERE stream_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS audit.conflicts (
  record_id       uuid NOT NULL,
  hash            bytea NOT NULL,
  stored_hash     bytea NOT NULL,
  evidence        bytea NOT NULL,
  evidence_by     text NOT NULL,
  evidence_format text NOT NULL,
  ingested_by     text,
  recorded_at     timestamptz NOT NULL DEFAULT now(),
  sealer_id       uuid NOT NULL,
  seal_number     bigint NOT NULL,
  leaf_index      integer NOT NULL,
  CONSTRAINT conflicts_pkey PRIMARY KEY (record_id, hash),
  CONSTRAINT conflicts_hash_is_sha256 CHECK (octet_length(hash) = 32),
  CONSTRAINT conflicts_evidence_by_known CHECK (evidence_by IN ('producer', 'collector'))
);
COMMENT ON TABLE audit.conflicts IS 'Records that came under an id already stored with other content. The first one stands in audit.records; the later ones are kept here, without their annexes.';
COMMENT ON COLUMN audit.conflicts.record_id IS 'The id claimed twice.';
COMMENT ON COLUMN audit.conflicts.hash IS 'SHA-256 of the later evidence.';
COMMENT ON COLUMN audit.conflicts.stored_hash IS 'Hash of the record that holds the id.';
COMMENT ON COLUMN audit.conflicts.evidence IS 'The later record, byte for byte as it was hashed.';
COMMENT ON COLUMN audit.conflicts.evidence_by IS 'Who made the evidence: producer or collector.';
COMMENT ON COLUMN audit.conflicts.evidence_format IS 'How the evidence is written.';
COMMENT ON COLUMN audit.conflicts.ingested_by IS 'The identity under which the later producer was let in.';
COMMENT ON COLUMN audit.conflicts.recorded_at IS 'When the database took the row, by its own clock; the same for all rows of one seal.';
COMMENT ON COLUMN audit.conflicts.sealer_id IS 'Who sealed the row: see audit.sealers.';
COMMENT ON COLUMN audit.conflicts.seal_number IS 'Which seal of the sealer covers the row.';
COMMENT ON COLUMN audit.conflicts.leaf_index IS 'Place of the row''s leaf in its seal, from 0.';

CREATE INDEX IF NOT EXISTS conflicts_seal_idx ON audit.conflicts (sealer_id, seal_number);

CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION audit.refuse_change() IS 'Refuses UPDATE, DELETE and TRUNCATE.';

CREATE OR REPLACE FUNCTION audit.refuse_reopening() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL OR NEW.seen_at < OLD.seen_at
    OR (NEW.sealer_id, NEW.name, NEW.started_at) IS DISTINCT FROM (OLD.sealer_id, OLD.name, OLD.started_at)
    OR NEW.key IS DISTINCT FROM OLD.key THEN
    RAISE EXCEPTION 'audit.sealers: an open sealer may be seen and closed, anything else is refused'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION audit.refuse_reopening() IS 'Lets a row of audit.sealers change only in seen_at and, once, in closed_at and closed_by.';

-- ALWAYS, because an ordinary trigger is silent under session_replication_role = replica. DELETE has a
-- trigger of its own, so that the erasure of annexes can have a rule of its own.
DO $$
DECLARE
  guarded text;
  changes text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['records', 'annexes', 'quarantine', 'conflicts', 'seals', 'sealers'] LOOP
    FOREACH changes IN ARRAY ARRAY['update', 'delete', 'truncate'] LOOP
      CONTINUE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = format('audit.%I', guarded)::regclass AND tgname = 'no_' || changes);
      EXECUTE format('CREATE TRIGGER no_%s BEFORE %s ON audit.%I FOR EACH %s EXECUTE FUNCTION audit.%s()', changes, changes, guarded,
        CASE changes WHEN 'truncate' THEN 'STATEMENT' ELSE 'ROW' END,
        CASE WHEN guarded = 'sealers' AND changes = 'update' THEN 'refuse_reopening' ELSE 'refuse_change' END);
      EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_%s', guarded, changes);
    END LOOP;
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION audit.schema_version(), audit.refuse_change(), audit.refuse_reopening() FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO audit_writer, audit_auditor, audit_keeper;
GRANT EXECUTE ON FUNCTION audit.schema_version() TO audit_writer, audit_auditor, audit_keeper;
GRANT SELECT ON audit.records, audit.annexes, audit.quarantine, audit.conflicts, audit.seals, audit.sealers, audit.schema_migrations TO audit_auditor;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (1, 'audit_trail') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
