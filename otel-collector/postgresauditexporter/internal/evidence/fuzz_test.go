package evidence

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// FuzzDecodeEvidence looks for bytes that are accepted and say something else than they are, or that
// bring the decoder down: producers choose them.
func FuzzDecodeEvidence(f *testing.F) {
	read := readVectors(f)
	for _, each := range read.Valid {
		f.Add([]byte(each.Evidence))
	}
	for _, each := range read.Invalid {
		if text, err := base64.StdEncoding.DecodeString(each.Evidence); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		record, err := Decode(text)
		if err != nil {
			return
		}
		if again := Encode(record); !bytes.Equal(again, text) {
			t.Errorf("accepted %q, which is written as %q", text, again)
		}
		if record.IsTooDeep() {
			t.Errorf("accepted %q, which is too deep", text)
		}
	})
}
