package evidence

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Encode writes the evidence of a record. The result depends on what the record says and on nothing
// else; the observed time stands in only where the record states no other. Values must not be too deep.
func Encode(r *Record) []byte {
	return appendRecord(make([]byte, 0, 1024), r)
}

func appendRecord(out []byte, r *Record) []byte {
	out = append(out, `{"attributes":`...)
	out = appendFields(out, r.Attributes)
	if r.Body.Kind != Empty {
		out = append(out, `,"body":`...)
		out = appendValue(out, r.Body)
	}
	out = appendNumber(out, "droppedAttributesCount", int64(r.DroppedAttributesCount))
	out = appendText(out, "eventName", r.EventName)
	out = appendNumber(out, "flags", int64(r.Flags))
	out = append(out, `,"format":"`+Format+`"`...)
	if r.TimeUnixNano == 0 {
		out = appendStamp(out, "observedTimeUnixNano", r.ObservedTimeUnixNano)
	}
	out = append(out, `,"resource":{"attributes":`...)
	out = appendFields(out, r.Resource)
	out = append(out, '}')
	out = appendScope(out, r)
	out = appendNumber(out, "severityNumber", int64(r.SeverityNumber))
	out = appendText(out, "severityText", r.SeverityText)
	out = appendID(out, "spanId", r.SpanID[:])
	out = appendStamp(out, "timeUnixNano", r.TimeUnixNano)
	out = appendID(out, "traceId", r.TraceID[:])
	return append(out, '}')
}

// EncodeValues writes an annex: the members of a map.
func EncodeValues(fields []Field) []byte {
	out := appendFields([]byte(`{"values":`), fields)
	return append(out, '}')
}

func appendScope(out []byte, r *Record) []byte {
	if len(r.ScopeAttributes) == 0 && r.ScopeName == "" && r.ScopeVersion == "" {
		return out
	}
	out = append(out, `,"scope":{`...)
	start := len(out)
	if len(r.ScopeAttributes) > 0 {
		out = append(out, `,"attributes":`...)
		out = appendFields(out, r.ScopeAttributes)
	}
	out = appendText(out, "name", r.ScopeName)
	out = appendText(out, "version", r.ScopeVersion)
	// Each member starts with a comma, the first one too many.
	out = slices.Delete(out, start, start+1)
	return append(out, '}')
}

func appendNumber(out []byte, name string, number int64) []byte {
	if number == 0 {
		return out
	}
	out = append(out, `,"`+name+`":`...)
	return strconv.AppendInt(out, number, 10)
}

func appendStamp(out []byte, name string, stamp uint64) []byte {
	if stamp == 0 {
		return out
	}
	out = append(out, `,"`+name+`":"`...)
	out = strconv.AppendUint(out, stamp, 10)
	return append(out, '"')
}

func appendID(out []byte, name string, id []byte) []byte {
	if !slices.ContainsFunc(id, func(b byte) bool { return b != 0 }) {
		return out
	}
	out = append(out, `,"`+name+`":"`...)
	out = hex.AppendEncode(out, id)
	return append(out, '"')
}

// appendText writes a member that holds a text, under another name when the text is no UTF-8.
func appendText(out []byte, name, text string) []byte {
	if text == "" {
		return out
	}
	out = append(out, `,"`+name...)
	if !utf8.ValidString(text) {
		out = append(out, `Bytes":`...)
		return appendBase64(out, text)
	}
	out = append(out, `":`...)
	return AppendString(out, text)
}

func appendFields(out []byte, fields []Field) []byte {
	out = append(out, '[')
	for i, each := range sorted(fields) {
		if i > 0 {
			out = append(out, ',')
		}
		if utf8.ValidString(each.Key) {
			out = append(out, `{"key":`...)
			out = AppendString(out, each.Key)
		} else {
			out = append(out, `{"keyBytes":`...)
			out = appendBase64(out, each.Key)
		}
		out = append(out, `,"value":`...)
		out = appendValue(out, each.Value)
		out = append(out, '}')
	}
	return append(out, ']')
}

func appendValue(out []byte, value Value) []byte {
	switch value.Kind {
	case Text:
		// Text that is no UTF-8 cannot be JSON; under a tag of its own it collides with nothing.
		if !utf8.ValidString(value.Text) {
			out = append(out, `{"stringBytes":`...)
			out = appendBase64(out, value.Text)
			break
		}
		out = append(out, `{"stringValue":`...)
		out = AppendString(out, value.Text)
	case Integer:
		out = append(out, `{"intValue":"`...)
		out = strconv.AppendInt(out, value.Integer, 10)
		out = append(out, '"')
	case Double:
		out = append(out, `{"doubleValue":`...)
		out = AppendDouble(out, value.Double)
	case Truth:
		out = append(out, `{"boolValue":`...)
		out = strconv.AppendBool(out, value.Truth)
	case Bytes:
		out = append(out, `{"bytesValue":`...)
		out = appendBase64(out, value.Text)
	case Map:
		out = append(out, `{"kvlistValue":{"values":`...)
		out = appendFields(out, value.Map)
		out = append(out, '}')
	case List:
		out = append(out, `{"arrayValue":{"values":[`...)
		for i := range value.List {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendValue(out, value.List[i])
		}
		out = append(out, "]}"...)
	default:
		out = append(out, '{')
	}
	return append(out, '}')
}

// AppendDouble writes a number as ECMAScript prints it; NaN and the infinities as text.
func AppendDouble(out []byte, number float64) []byte {
	switch {
	case math.IsNaN(number):
		return append(out, `"NaN"`...)
	case math.IsInf(number, 1):
		return append(out, `"Infinity"`...)
	case math.IsInf(number, -1):
		return append(out, `"-Infinity"`...)
	case number == 0:
		// Negative zero as well.
		return append(out, '0')
	}
	size := math.Abs(number)
	if size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(out, number, 'f', -1, 64)
	}
	out = strconv.AppendFloat(out, number, 'e', -1, 64)
	// Go writes at least two digits of an exponent, ECMAScript no more than it has.
	if at := len(out) - 2; out[at] == '0' && (out[at-1] == '+' || out[at-1] == '-') {
		out = slices.Delete(out, at, at+1)
	}
	return out
}

func appendBase64(out []byte, raw string) []byte {
	out = append(out, '"')
	out = base64.StdEncoding.AppendEncode(out, []byte(raw))
	return append(out, '"')
}

// AppendString writes valid UTF-8 as RFC 8785 does: only what must be escaped is. Unlike
// encoding/json it leaves <, >, &, U+2028 and U+2029 alone.
func AppendString(out []byte, text string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	plain := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[plain:i]...)
		plain = i + 1
		switch c {
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
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
	}
	out = append(out, text[plain:]...)
	return append(out, '"')
}

// sorted answers with the fields in the order of their keys. Keys that came more than once stay in
// the order in which they came.
func sorted(fields []Field) []Field {
	if slices.IsSortedFunc(fields, compareKeys) {
		return fields
	}
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, compareKeys)
	return fields
}

// compareKeys orders by UTF-16 code units, as JCS sorts members; the bytes of a key that is no UTF-8
// count as one code unit each.
func compareKeys(a, b Field) int {
	// For ASCII the order of the bytes is the same, and nearly all keys are.
	if isASCII(a.Key) && isASCII(b.Key) {
		return strings.Compare(a.Key, b.Key)
	}
	return slices.Compare(codeUnits(a.Key), codeUnits(b.Key))
}

func isASCII(key string) bool {
	for i := 0; i < len(key); i++ {
		if key[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func codeUnits(key string) []uint16 {
	if utf8.ValidString(key) {
		return utf16.Encode([]rune(key))
	}
	units := make([]uint16, len(key))
	for i := range units {
		units[i] = uint16(key[i])
	}
	return units
}
