// Package postgresauditexporter writes audit records into PostgreSQL and acknowledges them only
// after the commit.
//
// A record is stored once under its audit.record.id, however often it is sent. What cannot be a row
// goes to quarantine in the same transaction, so that one bad record holds up no other. Everything
// else that goes wrong is retryable: the producer keeps the record until the database has it.
package postgresauditexporter
