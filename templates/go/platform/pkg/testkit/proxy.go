package testkit

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Proxy is a TCP proxy between the code under test and a server, with which a
// test takes the server away and gives it back without touching the server.
type Proxy struct {
	target string
	addr   string
	done   sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while the server is away
	open     map[net.Conn]struct{}
	resumed  chan struct{} // closed while bytes flow
}

// NewProxy returns a proxy on a free port of the loopback that forwards to
// target, a host and port. It is closed when t ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p := &Proxy{target: target, addr: "127.0.0.1:0", open: map[net.Conn]struct{}{}, resumed: make(chan struct{})}
	close(p.resumed)
	p.Restore(t)
	t.Cleanup(func() {
		p.Cut()
		p.Resume()
		p.done.Wait()
	})
	return p
}

// Addr returns the host and port to connect to; it stays the same.
func (p *Proxy) Addr() string { return p.addr }

// Cut breaks all connections and refuses new ones, as a server does that stops.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return
	}
	_ = p.listener.Close() // the loop behind it ends by this
	p.listener = nil
	for conn := range p.open {
		_ = conn.Close() // broken on purpose
	}
}

// Hang accepts connections and passes nothing on, as a server does that is stuck,
// or a network that loses everything. Connections that are open hang, too.
func (p *Proxy) Hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.resumed:
		p.resumed = make(chan struct{})
	default: // hangs already
	}
}

// Resume ends what Hang began; what was sent meanwhile arrives.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.resumed:
	default:
		close(p.resumed)
	}
}

func (p *Proxy) wait() {
	p.mu.Lock()
	resumed := p.resumed
	p.mu.Unlock()
	<-resumed
}

// Restore accepts connections and passes on what they send again, whether they were
// cut or hung.
func (p *Proxy) Restore(t testing.TB) {
	t.Helper()
	p.Resume()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", p.addr)
	require.NoError(t, err, "listen as proxy")
	p.listener, p.addr = listener, listener.Addr().String()
	p.done.Go(func() { p.serve(listener) })
}

func (p *Proxy) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.forward(listener, client) })
	}
}

// forward copies both ways until one side ends.
func (p *Proxy) forward(listener net.Listener, client net.Conn) {
	defer p.drop(client)
	server, err := new(net.Dialer).Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer p.drop(server)
	if !p.keep(listener, client, server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		p.pass(client, server)
		p.drop(client)
	})
	p.pass(server, client)
	p.drop(server)
	back.Wait()
}

// pass copies until either side is closed.
func (p *Proxy) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.wait()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// keep reports whether the proxy is not cut, and then lets Cut close the pair.
func (p *Proxy) keep(listener net.Listener, pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != listener {
		return false
	}
	for _, conn := range pair {
		p.open[conn] = struct{}{}
	}
	return true
}

func (p *Proxy) drop(conn net.Conn) {
	_ = conn.Close() // a second close is harmless
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}
