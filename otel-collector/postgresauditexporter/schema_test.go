package postgresauditexporter

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func TestMigrationsAreNumberedPlainSQLThatRecordsItself(t *testing.T) {
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir(sqlFiles, "sql")
	if err != nil {
		t.Fatal(err)
	}
	metaCommand := regexp.MustCompile(`(?m)^\s*\\`)
	for i, each := range all {
		name := entries[i].Name()
		if each.number != i+1 {
			t.Errorf("%s has number %d, want %d", name, each.number, i+1)
		}
		if metaCommand.MatchString(each.text) {
			t.Errorf("%s holds a psql meta-command, which drivers cannot run", name)
		}
		if !strings.Contains(each.text, fmt.Sprintf("pg_advisory_xact_lock(%d)", schemaLock)) {
			t.Errorf("%s does not take the schema's lock", name)
		}
		title := strings.TrimSuffix(name[len("0001_"):], ".sql")
		if !strings.Contains(each.text, fmt.Sprintf("VALUES (%d, '%s') ON CONFLICT DO NOTHING", each.number, title)) {
			t.Errorf("%s does not record itself under its number and name", name)
		}
	}
}
