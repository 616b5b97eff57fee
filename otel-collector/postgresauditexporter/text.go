package postgresauditexporter

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// longestIndexed is the most bytes an indexed column takes: a B-tree refuses entries beyond 2704,
// and one of our indexes holds two such columns.
const longestIndexed = 1024

// toText reads a scalar as text for a column, nil for an absent, empty or structured one.
func toText(value evidence.Value) *string {
	var text string
	switch value.Kind {
	case evidence.Text:
		text = printable(value.Text)
	case evidence.Integer:
		text = strconv.FormatInt(value.Integer, 10)
	case evidence.Double:
		text = strings.Trim(string(evidence.AppendDouble(nil, value.Double)), `"`)
	case evidence.Truth:
		text = strconv.FormatBool(value.Truth)
	case evidence.Bytes:
		text = base64.StdEncoding.EncodeToString([]byte(value.Text))
	}
	if text == "" {
		return nil
	}
	return &text
}

// toIndexedText is toText for a column that an index holds.
func toIndexedText(value evidence.Value) *string {
	text := toText(value)
	if text == nil {
		return nil
	}
	cut := cutForIndex(*text)
	return &cut
}

func cutForIndex(text string) string {
	if len(text) <= longestIndexed {
		return text
	}
	const mark = "…"
	end := longestIndexed - len(mark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// printable writes out what PostgreSQL refuses in text: a NUL as \u0000, a byte that is no UTF-8 as
// \xNN. One NUL in a user name would otherwise keep a whole batch out. The evidence stays exact.
func printable(text string) string {
	if utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		symbol, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case symbol == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[at])
		case symbol == 0:
			out.WriteString(`\u0000`)
		default:
			out.WriteString(text[at : at+size])
		}
		at += size
	}
	return out.String()
}
