package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// storedSeal names the rows of one transaction of the trail.
type storedSeal struct {
	SealerID   string `json:"sealer_id"`
	SealNumber string `json:"seal_number"`
}

// twin stores rows of the trail once more, in a table with the same columns and indexes: one prepared INSERT for
// each row, one transaction for each seal, so many of them at a time.
type twin struct {
	database    *sql.DB
	table       string
	connections int
}

// inserted is the answer.
type inserted struct {
	Records int     `json:"records"`
	Millis  float64 `json:"millis"`
}

func (t *twin) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	done, err := t.receive(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(response).Encode(done)
}

func (t *twin) receive(request *http.Request) (*inserted, error) {
	var seals []storedSeal
	if err := json.NewDecoder(request.Body).Decode(&seals); err != nil {
		return nil, err
	}
	transactions := make(chan [][]any, len(seals))
	var columns []string
	done := &inserted{}
	for _, seal := range seals {
		names, rows, err := t.read(request.Context(), seal)
		if err != nil {
			return nil, err
		}
		columns = names
		done.Records += len(rows)
		transactions <- rows
	}
	close(transactions)
	statement := t.insertSQL(columns)
	problems := make(chan error, t.connections)
	begun := time.Now()
	var all sync.WaitGroup
	for range t.connections {
		all.Go(func() {
			for rows := range transactions {
				if err := t.insert(request.Context(), statement, rows); err != nil {
					problems <- err
					return
				}
			}
		})
	}
	all.Wait()
	done.Millis = float64(time.Since(begun)) / float64(time.Millisecond)
	select {
	case err := <-problems:
		return nil, err
	default:
		return done, nil
	}
}

func (t *twin) read(ctx context.Context, seal storedSeal) ([]string, [][]any, error) {
	rows, err := t.database.QueryContext(ctx,
		"SELECT * FROM audit.records WHERE sealer_id = $1 AND seal_number = $2 ORDER BY leaf_index", seal.SealerID, seal.SealNumber)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, nil, err
	}
	var all [][]any
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, nil, err
		}
		all = append(all, values)
	}
	return columns, all, rows.Err()
}

func (t *twin) insertSQL(columns []string) string {
	places := make([]string, len(columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", t.table, strings.Join(columns, ", "), strings.Join(places, ", "))
}

func (t *twin) insert(ctx context.Context, insert string, rows [][]any) error {
	transaction, err := t.database.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = transaction.Rollback() }()
	statement, err := transaction.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }()
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return transaction.Commit()
}
