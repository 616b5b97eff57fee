//go:build integration

package postgresauditexporter

import (
	"testing"
)

func TestNobodyDropsOrAltersTheTrailByTheWay(t *testing.T) {
	d := newTrail(t)
	exporter, _, _ := start(t, d.writerURL, nil)
	deliver(t, exporter, logsOf(sample(newID())))
	month := ask[string](t, d.super, "SELECT 'audit.records_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
	for _, mode := range []string{"origin", "replica"} {
		for _, statement := range []string{
			"DROP TABLE " + month, "DROP TABLE audit.records CASCADE", "DROP SCHEMA audit CASCADE", "DROP VIEW audit_events",
			"DROP FUNCTION audit.refuse_change() CASCADE", "DROP TRIGGER no_delete ON audit.seals", "DROP TRIGGER no_update ON audit.records",
			"DROP OWNED BY audit_owner CASCADE", "DROP INDEX audit.records_actor_idx",
			"ALTER TABLE audit.records DETACH PARTITION " + month, "ALTER TABLE audit.records DISABLE TRIGGER ALL",
			"ALTER TABLE " + month + " DISABLE TRIGGER no_delete", "ALTER TABLE audit.seals DROP COLUMN leaves", "ALTER TABLE audit.records ALTER COLUMN details TYPE text",
			"ALTER SCHEMA audit RENAME TO gone", "ALTER TABLE audit.records SET SCHEMA public",
			"CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
			"CREATE RULE swallow AS ON INSERT TO audit.records DO INSTEAD NOTHING",
			"CREATE TRIGGER forge BEFORE INSERT ON audit.records FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()",
			"CREATE OR REPLACE VIEW audit_events AS SELECT 1 AS x",
		} {
			_, err := d.super.Exec(t.Context(), "SET session_replication_role = "+mode+"; "+statement+"; RESET session_replication_role")
			if err == nil {
				t.Errorf("as %s: %s succeeded", mode, statement)
			}
		}
	}
	deliver(t, exporter, logsOf(sample(newID())))
}

func TestTheGuardsLetEverybodyElsesWorkPass(t *testing.T) {
	d := newTrail(t)
	run(t, d.super, `CREATE TABLE public.mine (id integer); ALTER TABLE public.mine ADD COLUMN name text;
		CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE VIEW public.v AS SELECT * FROM public.mine;
		DROP VIEW public.v; DROP FUNCTION public.f(); DROP TABLE public.mine; CREATE TEMP TABLE passing (x integer); DROP TABLE passing;
		REINDEX TABLE audit.seals; ANALYZE audit.records; SELECT count(*) FROM audit.ensure_partitions(26)`)
}

func TestAMigrationWithoutASuperuserLacksOnlyTheEventTriggers(t *testing.T) {
	d := newDatabase(t)
	name := ask[string](t, d.super, "SELECT 'telltale_test_plain_' || floor(random() * 1e9)::bigint")
	run(t, d.super, "CREATE ROLE "+name+" LOGIN CREATEROLE PASSWORD 'geheim'")
	// The roles belong to the server and may be there already: then somebody has to let it act as the owner.
	run(t, d.super, `DO $$ BEGIN CREATE ROLE audit_owner NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		DO $$ BEGIN CREATE ROLE audit_auditor NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		DO $$ BEGIN CREATE ROLE audit_keeper NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT audit_auditor TO audit_keeper; GRANT audit_owner TO `+name+`; GRANT CREATE ON DATABASE `+ask[string](t, d.super, "SELECT quote_ident(current_database())")+` TO `+name+`;
		GRANT CREATE ON SCHEMA public TO `+name+`, audit_owner`)
	t.Cleanup(func() { run(t, d.super, "REVOKE audit_owner FROM "+name+"; DROP OWNED BY "+name+"; DROP ROLE "+name) })
	plain := open(t, toDatabase(t, d.superURL, "", name))
	if err := migrate(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	plain.Close()
	if got := ask[int](t, d.super, "SELECT audit.schema_version()"); got < neededSchema {
		t.Errorf("the schema has version %d", got)
	}
	if got := ask[int](t, d.super, "SELECT count(*) FROM pg_event_trigger"); got != 0 {
		t.Errorf("%d event triggers by somebody who may not create them", got)
	}
}
