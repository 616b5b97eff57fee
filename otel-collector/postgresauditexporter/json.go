package postgresauditexporter

import (
	"encoding/base64"
	"strconv"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

// toJSON writes attributes as a JSON object that PostgreSQL takes as jsonb, for queries: plain values
// without type tags. What JSON cannot say becomes text. Of equal keys jsonb keeps the last.
func toJSON(fields []evidence.Field) string {
	return string(appendPlainFields(nil, fields))
}

func appendPlainFields(out []byte, fields []evidence.Field) []byte {
	out = append(out, '{')
	for i := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = evidence.AppendString(out, printable(fields[i].Key))
		out = append(out, ':')
		out = appendPlainValue(out, fields[i].Value)
	}
	return append(out, '}')
}

func appendPlainValue(out []byte, value evidence.Value) []byte {
	switch value.Kind {
	case evidence.Text:
		return evidence.AppendString(out, printable(value.Text))
	case evidence.Integer:
		return strconv.AppendInt(out, value.Integer, 10)
	case evidence.Double:
		return evidence.AppendDouble(out, value.Double)
	case evidence.Truth:
		return strconv.AppendBool(out, value.Truth)
	case evidence.Bytes:
		out = append(out, '"')
		out = base64.StdEncoding.AppendEncode(out, []byte(value.Text))
		return append(out, '"')
	case evidence.Map:
		return appendPlainFields(out, value.Map)
	case evidence.List:
		out = append(out, '[')
		for i := range value.List {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendPlainValue(out, value.List[i])
		}
		return append(out, ']')
	default:
		return append(out, "null"...)
	}
}
