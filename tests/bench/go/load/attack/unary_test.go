package attack_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"goldpath.local/load/attack"
)

// calls answers every second call with another status than the rest, in a trailer.
func calls(t *testing.T) (url string, connections *sync.Map) {
	t.Helper()
	connections = &sync.Map{}
	var mu sync.Mutex
	count := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections.Store(r.RemoteAddr, true)
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		count++
		status := map[bool]string{true: "3", false: "14"}[count%2 == 0]
		mu.Unlock()
		if string(body) != "message" || r.ProtoMajor != 2 {
			status = "13"
		}
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write([]byte("answer"))
		w.Header().Set("Grpc-Status", status)
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, connections
}

func TestTheStatusOfACallIsReadFromItsTrailer(t *testing.T) {
	url, connections := calls(t)
	got := run(t, attack.Options{
		URLs: []string{url}, Body: []byte("message"), GRPC: "3", Rate: 200, Duration: 200 * time.Millisecond, Connections: 3,
	})
	if got.Requests < 30 || got.Statuses["200"]+got.Statuses["599"] != got.Requests || got.Statuses["599"] != got.Failures {
		t.Errorf("got %+v", got)
	}
	if difference := got.Statuses["200"] - got.Failures; difference < -1 || difference > 1 {
		t.Errorf("got %+v", got)
	}
	opened := 0
	connections.Range(func(any, any) bool { opened++; return true })
	if opened != 3 {
		t.Errorf("%d connections", opened)
	}
}
