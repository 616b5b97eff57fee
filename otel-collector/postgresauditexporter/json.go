package postgresauditexporter

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// mapToJSON writes attributes as a JSON object that PostgreSQL takes as jsonb, for queries: plain
// values without type tags. What JSON cannot say becomes text.
func mapToJSON(attributes pcommon.Map) string {
	return string(appendPlainMap(nil, attributes))
}

func appendPlainMap(out []byte, attributes pcommon.Map) []byte {
	out = append(out, '{')
	first := true
	for key, value := range attributes.All() {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = appendString(out, printable(key))
		out = append(out, ':')
		out = appendPlainValue(out, value)
	}
	return append(out, '}')
}

func appendPlainValue(out []byte, value pcommon.Value) []byte {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		return appendString(out, printable(value.Str()))
	case pcommon.ValueTypeInt:
		return strconv.AppendInt(out, value.Int(), 10)
	case pcommon.ValueTypeDouble:
		return appendDouble(out, value.Double())
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(out, value.Bool())
	case pcommon.ValueTypeBytes:
		return appendBase64(out, value.Bytes().AsRaw())
	case pcommon.ValueTypeMap:
		return appendPlainMap(out, value.Map())
	case pcommon.ValueTypeSlice:
		out = append(out, '[')
		for i, element := range value.Slice().All() {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendPlainValue(out, element)
		}
		return append(out, ']')
	default:
		return append(out, "null"...)
	}
}

// appendDouble writes the shortest digits that read back the same; NaN and the infinities as text.
func appendDouble(out []byte, number float64) []byte {
	switch {
	case math.IsNaN(number):
		return append(out, `"NaN"`...)
	case math.IsInf(number, 1):
		return append(out, `"Infinity"`...)
	case math.IsInf(number, -1):
		return append(out, `"-Infinity"`...)
	}
	text, err := json.Marshal(number)
	if err != nil {
		// json refuses only NaN and the infinities, which are dealt with above.
		return append(out, "null"...)
	}
	return append(out, text...)
}

func appendBase64(out []byte, raw []byte) []byte {
	out = append(out, '"')
	out = base64.StdEncoding.AppendEncode(out, raw)
	return append(out, '"')
}

// appendString writes valid UTF-8 as RFC 8785 does: only what must be escaped is. Unlike
// encoding/json it leaves <, >, &, U+2028 and U+2029 alone.
func appendString(out []byte, text string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, '\\', 'b')
		case '\t':
			out = append(out, '\\', 't')
		case '\n':
			out = append(out, '\\', 'n')
		case '\f':
			out = append(out, '\\', 'f')
		case '\r':
			out = append(out, '\\', 'r')
		default:
			if c < 0x20 {
				out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
			} else {
				out = append(out, c)
			}
		}
	}
	return append(out, '"')
}

// mapIsDeeperThan and valueIsDeeperThan stop at the limit, so that they are safe on any input.
func mapIsDeeperThan(attributes pcommon.Map, limit int) bool {
	if limit <= 0 {
		return true
	}
	for _, value := range attributes.All() {
		if valueIsDeeperThan(value, limit-1) {
			return true
		}
	}
	return false
}

func valueIsDeeperThan(value pcommon.Value, limit int) bool {
	switch value.Type() {
	case pcommon.ValueTypeMap:
		return mapIsDeeperThan(value.Map(), limit)
	case pcommon.ValueTypeSlice:
		if limit <= 0 {
			return true
		}
		for _, element := range value.Slice().All() {
			if valueIsDeeperThan(element, limit-1) {
				return true
			}
		}
	}
	return false
}
