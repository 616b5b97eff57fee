package postgresauditexporter

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// fieldsOf reads attributes as the exporter does.
func fieldsOf(t *testing.T, attributes pcommon.Map) []evidence.Field {
	t.Helper()
	record := plog.NewLogRecord()
	attributes.CopyTo(record.Attributes())
	read, fits := evidence.FromLogs(pcommon.NewResource(), pcommon.NewInstrumentationScope(), record)
	if !fits {
		t.Fatal("nested too deep")
	}
	return read.Attributes
}

func TestPrintableWritesOutWhatPostgreSQLRefuses(t *testing.T) {
	for given, want := range map[string]string{
		"":                     "",
		"plain ü €":            "plain ü €",
		"a\x00b":               `a\u0000b`,
		"a\xffb":               `a\xffb`,
		"\xed\xa0\x80":         `\xed\xa0\x80`,
		"\ufffd":               "\ufffd",
		"\x00\xff€\x00":        `\u0000\xff€\u0000`,
		"already \\u0000 said": `already \u0000 said`,
	} {
		if got := printable(given); got != want {
			t.Errorf("printable(%q) is %q, want %q", given, got, want)
		}
	}
}

func TestIndexedColumnsAreCutBetweenRunes(t *testing.T) {
	for _, long := range []string{strings.Repeat("x", 5000), strings.Repeat("€", 2000), "xx" + strings.Repeat("😀", 700)} {
		got := *toIndexedText(evidence.Value{Kind: evidence.Text, Text: long})
		if len(got) > longestIndexed || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("cut to %d bytes, valid: %v", len(got), utf8.ValidString(got))
		}
	}
	exact := strings.Repeat("x", longestIndexed)
	if got := *toIndexedText(evidence.Value{Kind: evidence.Text, Text: exact}); got != exact {
		t.Error("text that fits was cut")
	}
}

func TestJSONForQueriesHoldsEveryKindOfValue(t *testing.T) {
	attributes := pcommon.NewMap()
	if err := attributes.FromRaw(map[string]any{"list": []any{"a", int64(1), 2.5, true, nil, []byte{1, 2}, map[string]any{"in": "side"}}}); err != nil {
		t.Fatal(err)
	}
	want := `{"list":["a",1,2.5,true,null,"AQI=",{"in":"side"}]}`
	if got := toJSON(fieldsOf(t, attributes)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestJSONForQueriesIsAlwaysValid(t *testing.T) {
	for name, value := range map[string]any{
		"NaN": math.NaN(), "infinity": math.Inf(1), "negative infinity": math.Inf(-1),
		"largest": math.MaxFloat64, "smallest": math.SmallestNonzeroFloat64, "integer": int64(math.MinInt64),
		"NUL": "\x00", "controls": "\x01\x1f\b\t\n\f\r\"\\", "no UTF-8": "\xff\xfe", "lone surrogate": "\xed\xa0\x80",
	} {
		attributes := pcommon.NewMap()
		if err := attributes.PutEmpty("k\x00\xff").FromRaw(value); err != nil {
			t.Fatal(err)
		}
		got := toJSON(fieldsOf(t, attributes))
		if !json.Valid([]byte(got)) || strings.Contains(got, "\x00") || !utf8.ValidString(got) {
			t.Errorf("%s gives %q", name, got)
		}
	}
}

func TestStringsAreEscapedAsLittleAsPossible(t *testing.T) {
	given := "\x00\x1f\b\t\n\f\r\"\\</&>\u2028€😀\x7f"
	want := `"\u0000\u001f\b\t\n\f\r\"\\</&>` + "\u2028€😀\x7f" + `"`
	if got := string(evidence.AppendString(nil, given)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back string
	if err := json.Unmarshal(evidence.AppendString(nil, given), &back); err != nil || back != given {
		t.Errorf("read back %q, %v", back, err)
	}
}
