package auditgateextension

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"telltale.dev/otelcol/auditreceipt"
)

const authorization = "Authorization"

func TestOnlyAStatusOf200AfterACommitHasAReceipt(t *testing.T) {
	for _, test := range []struct {
		name      string
		commit    func(ctx context.Context, records int) error
		status    int
		committed string
	}{
		{"all committed", commitAll, http.StatusOK, "3"},
		{"in two transactions, in wrapped contexts", func(ctx context.Context, _ int) error {
			wrapped, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			auditreceipt.Add(wrapped, 2)
			auditreceipt.Add(ctx, 1)
			return nil
		}, http.StatusOK, "3"},
		{"fewer committed", func(ctx context.Context, _ int) error {
			auditreceipt.Add(ctx, 2)
			return nil
		}, http.StatusOK, "2"},
		{"dropped on the way", func(context.Context, int) error { return nil }, http.StatusOK, ""},
		{"failed", func(context.Context, int) error { return errors.New("no database") }, http.StatusServiceUnavailable, ""},
		{"failed after a commit", func(ctx context.Context, _ int) error {
			auditreceipt.Add(ctx, 2)
			return errors.New("no database")
		}, http.StatusServiceUnavailable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := startPipeline(t, tokenConfig(), nil)
			p.commit = test.commit
			got := p.post(t, nil, authorization, "Bearer "+testToken, formatHeader, knownFormat)
			if got.StatusCode != test.status || got.Header.Get(committedHeader) != test.committed {
				t.Errorf("got %d with receipt %q, want %d with %q", got.StatusCode, got.Header.Get(committedHeader), test.status, test.committed)
			}
			if format := got.Header.Get(formatHeader); format != knownFormat {
				t.Errorf("format of the answer is %q", format)
			}
		})
	}
}

func TestAReceiptThatSomebodyElseWroteIsTakenAway(t *testing.T) {
	created := startGate(t, tokenConfig())
	wrap, err := created.(*gate).GetHTTPHandler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := wrap(t.Context(), http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set(committedHeader, "3")
		answer.Header().Set(formatHeader, knownFormat)
		// Without WriteHeader, which then is 200.
		_, _ = answer.Write([]byte("text"))
	}))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/v1/logs", nil)
	request.Header.Set(authorization, "Bearer "+testToken)
	recorder := httptest.NewRecorder()
	wrapped.ServeHTTP(recorder, request)
	if got := recorder.Result(); got.StatusCode != http.StatusOK || got.Header.Get(committedHeader) != "" {
		t.Errorf("got %d with headers %v", got.StatusCode, got.Header)
	}
}

func TestAnUnknownFormatIsRefusedNamingBoth(t *testing.T) {
	p := startPipeline(t, tokenConfig(), nil)
	for _, format := range []string{"telltale/2", "", "telltale/1, telltale/2"} {
		got := p.post(t, nil, authorization, "Bearer "+testToken, formatHeader, format)
		if got.StatusCode != http.StatusBadRequest || !strings.Contains(got.text, knownFormat) || !strings.Contains(got.text, format) {
			t.Errorf("format %q: got %d %q", format, got.StatusCode, got.text)
		}
	}
	if got := p.post(t, nil, authorization, "Bearer "+testToken); got.StatusCode != http.StatusOK || got.Header.Get(committedHeader) != "3" {
		t.Errorf("without a format: got %d, receipt %q", got.StatusCode, got.Header.Get(committedHeader))
	}
}

func TestOnlyAProducerWithItsTokenIsLetIn(t *testing.T) {
	p := startPipeline(t, tokenConfig(), nil)
	for name, headers := range map[string][]string{
		"none":            {},
		"another token":   {authorization, "Bearer another"},
		"no token":        {authorization, "Bearer "},
		"only the token":  {authorization, testToken},
		"another scheme":  {authorization, "Basic " + testToken},
		"a longer token":  {authorization, "Bearer " + testToken + "x"},
		"a shorter token": {authorization, "Bearer " + testToken[1:]},
		"two credentials": {authorization, "Bearer " + testToken, authorization, "Bearer another"},
	} {
		got := p.post(t, nil, headers...)
		if got.StatusCode != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: got %d %v", name, got.StatusCode, got.Header)
		}
		if strings.Contains(got.text, testToken) {
			t.Errorf("%s: the answer tells the token: %s", name, got.text)
		}
	}
	if len(p.producers) > 0 {
		t.Errorf("strangers reached the exporter: %v", p.producers)
	}
	for _, scheme := range []string{"Bearer", "bearer"} {
		if got := p.post(t, nil, authorization, scheme+" "+testToken); got.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d %q", scheme, got.StatusCode, got.text)
		}
	}
	if strings.Join(p.producers, " ") != "billing billing" {
		t.Errorf("the exporter saw %v, want billing twice", p.producers)
	}
}

func TestTokensInFilesComeChangeAndGo(t *testing.T) {
	directory := t.TempDir()
	own := filepath.Join(t.TempDir(), "orders")
	write(t, own, "first\n")
	write(t, filepath.Join(directory, "billing"), "old\nnew\n")
	write(t, filepath.Join(directory, ".hidden"), "hidden")
	config := createDefaultConfig().(*Config)
	config.ReadInterval = 100 * time.Millisecond
	config.TokenDirectory = directory
	config.Tokens = []TokenConfig{{Name: "orders", File: own}, {Name: "default"}}
	tokens := startGate(t, config).(*gate).tokens

	for token, want := range map[string]string{"first": "orders", "old": "billing", "new": "billing", "hidden": "", "": ""} {
		if got := tokens.nameOf(token); got != want {
			t.Errorf("token %q is of %q, want %q", token, got, want)
		}
	}

	write(t, own, "second")
	write(t, filepath.Join(directory, "billing"), "new")
	write(t, filepath.Join(directory, "shipping"), "third")
	eventually(t, "the files as they are now", func() bool {
		return tokens.nameOf("second") == "orders" && tokens.nameOf("first") == "" &&
			tokens.nameOf("old") == "" && tokens.nameOf("new") == "billing" && tokens.nameOf("third") == "shipping"
	})

	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a removed file lets nobody in and the others stay", func() bool {
		return tokens.nameOf("second") == "" && tokens.nameOf("third") == "shipping"
	})
}

func TestTokensThatCannotBeReadAreSaidAtTheStart(t *testing.T) {
	directory := t.TempDir()
	write(t, filepath.Join(directory, "not a name"), "first")
	write(t, filepath.Join(directory, "empty"), " \n")
	write(t, filepath.Join(directory, "control"), "a\x00b")
	write(t, filepath.Join(directory, "long"), strings.Repeat("x", maxTokenBytes+1))
	write(t, filepath.Join(directory, "twin"), testToken)
	config := tokenConfig()
	config.Tokens = append(config.Tokens, TokenConfig{Name: "missing", File: filepath.Join(directory, "nowhere")})
	config.TokenDirectory = directory

	problems := newTokenStore(config).read()
	var texts []string
	for _, problem := range problems {
		texts = append(texts, problem.Error())
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"not a name: its name", "empty: it is empty", "control: a token must be", "long: more than 4096 bytes", `"billing" and "twin" have the same token`, `"missing": stat`} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in:\n%s", want, all)
		}
	}
	if len(problems) != 6 {
		t.Errorf("got %d problems, want 6:\n%s", len(problems), all)
	}
	if strings.Contains(all, testToken) {
		t.Errorf("the problems tell a token:\n%s", all)
	}
}

func TestSettingsThatCannotBeUsedAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"no producer could be let in":   func(c *Config) { c.Tokens = []TokenConfig{{Name: "default"}} },
		`"tokens[0].name" must be`:      func(c *Config) { c.Tokens[0].Name = "CN=billing" },
		`"tokens[0].token" must be`:     func(c *Config) { c.Tokens[0].Token = "two words" },
		`"tokens[0]" must have "token"`: func(c *Config) { c.Tokens[0].File = "/token" },
		`"read_interval" must be`:       func(c *Config) { c.ReadInterval = time.Millisecond },
	} {
		config := tokenConfig()
		change(config)
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "two words") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	config := createDefaultConfig().(*Config)
	config.ClientCertificates = true
	if err := config.Validate(); err != nil {
		t.Errorf("client certificates alone: %v", err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !isSo(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}
