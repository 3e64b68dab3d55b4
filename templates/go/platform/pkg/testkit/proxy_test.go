package testkit_test

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/testkit"
)

// echo is a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(conn, conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func ask(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("ping")); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 4))
	return err
}

func TestProxyTakesTheServerAwayAndGivesItBack(t *testing.T) {
	proxy := testkit.NewProxy(t, echo(t))
	addr := proxy.Addr()
	conn := dial(t, addr)
	require.NoError(t, ask(conn))

	proxy.Cut()
	proxy.Cut()
	require.Error(t, ask(conn), "open connections break")
	_, err := net.Dial("tcp", addr)
	require.Error(t, err, "new ones are refused")

	proxy.Restore(t)
	proxy.Restore(t)
	require.Equal(t, addr, proxy.Addr())
	require.NoError(t, ask(dial(t, addr)))
}

func TestProxyOfAServerThatIsDown(t *testing.T) {
	require.Error(t, ask(dial(t, testkit.NewProxy(t, "127.0.0.1:1").Addr())))
}

func TestProxyHangs(t *testing.T) {
	proxy := testkit.NewProxy(t, echo(t))
	before := dial(t, proxy.Addr())
	require.NoError(t, ask(before))
	proxy.Hang()
	proxy.Hang()
	for _, conn := range []net.Conn{before, dial(t, proxy.Addr())} {
		_, err := conn.Write([]byte("ping"))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err = conn.Read(make([]byte, 4))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	proxy.Resume()
	proxy.Resume()
	require.NoError(t, before.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err := io.ReadFull(before, make([]byte, 4))
	require.NoError(t, err, "what was sent meanwhile arrives")
	proxy.Hang() // the end of the test must not wait for it
}
