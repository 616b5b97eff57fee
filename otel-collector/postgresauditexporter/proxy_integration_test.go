//go:build integration

package postgresauditexporter

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between the exporter and PostgreSQL and can fail as networks and servers do.
type proxy struct {
	t      *testing.T
	target string
	// url is the database's address by way of the proxy.
	url string

	mutex    sync.Mutex
	address  string
	listener net.Listener
	open     map[net.Conn]bool
	swallow  []byte
	silent   bool
	running  sync.WaitGroup
}

func startProxy(t *testing.T, databaseURL string) *proxy {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, target: parsed.Host, address: "127.0.0.1:0", open: map[net.Conn]bool{}}
	p.up()
	parsed.Host = p.address
	p.url = parsed.String()
	t.Cleanup(func() {
		p.down()
		p.running.Wait()
	})
	return p
}

// up lets connections through, at the same address as before.
func (p *proxy) up() {
	p.t.Helper()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mutex.Lock()
	p.listener, p.address = listener, listener.Addr().String()
	p.mutex.Unlock()
	p.running.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(from) })
		}
	})
}

// down breaks every connection and refuses new ones, as a stopped server does.
func (p *proxy) down() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	_ = p.listener.Close()
	for each := range p.open {
		_ = each.Close()
	}
}

// goSilent swallows everything from now on: the host is gone, but nobody says so.
func (p *proxy) goSilent() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.silent = true
}

// loseReplyTo lets the next message that holds this text through and drops what comes back for it.
func (p *proxy) loseReplyTo(text string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.swallow = []byte(text)
}

func (p *proxy) serve(from net.Conn) {
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mutex.Lock()
	p.open[from], p.open[to] = true, true
	p.mutex.Unlock()
	defer func() {
		_ = from.Close()
		_ = to.Close()
		p.mutex.Lock()
		delete(p.open, from)
		delete(p.open, to)
		p.mutex.Unlock()
	}()

	var lost bool
	var mutex sync.Mutex
	done := make(chan struct{}, 2)
	p.running.Go(func() {
		p.copy(to, from, func(sent []byte) bool {
			p.mutex.Lock()
			hit := p.swallow != nil && bytes.Contains(bytes.ToLower(sent), p.swallow)
			if hit {
				p.swallow = nil
			}
			p.mutex.Unlock()
			if hit {
				mutex.Lock()
				lost = true
				mutex.Unlock()
			}
			return true
		})
		done <- struct{}{}
	})
	p.running.Go(func() {
		p.copy(from, to, func([]byte) bool {
			mutex.Lock()
			defer mutex.Unlock()
			return !lost
		})
		done <- struct{}{}
	})
	<-done
}

// copy moves bytes until one side closes or pass says no.
func (p *proxy) copy(to io.Writer, from io.Reader, pass func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !pass(buffer[:n]) {
			return
		}
		p.mutex.Lock()
		silent := p.silent
		p.mutex.Unlock()
		if n > 0 && !silent {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
