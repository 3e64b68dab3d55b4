package attack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"goldpath.local/load/attack"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func run(t *testing.T, opts attack.Options) attack.Figures {
	t.Helper()
	if opts.Connections == 0 {
		opts.Connections = 4
	}
	if opts.Timeout == 0 {
		opts.Timeout = 10 * time.Second
	}
	if opts.Expected == 0 {
		opts.Expected = http.StatusOK
	}
	figures, err := attack.Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

func TestAConstantRateSendsWhatIsDue(t *testing.T) {
	var paths sync.Map
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		paths.Store(r.URL.Path+r.Header.Get("Authorization"), true)
		_, _ = w.Write([]byte("a body"))
	})
	got := run(t, attack.Options{
		URLs:     []string{url + "/a", url + "/b"},
		Header:   http.Header{"Authorization": {"Bearer x"}},
		Rate:     200,
		Duration: 500 * time.Millisecond,
	})
	if got.Requests < 95 || got.Requests > 101 || got.Failures != 0 || got.Statuses["200"] != got.Requests {
		t.Errorf("got %+v", got)
	}
	if got.P50 <= 0 || got.P50 > got.P90 || got.P90 > got.P99 || got.P99 > got.Max {
		t.Errorf("got %+v", got)
	}
	for _, path := range []string{"/aBearer x", "/bBearer x"} {
		if _, ok := paths.Load(path); !ok {
			t.Errorf("%s was not requested", path)
		}
	}
}

// One stall of the server makes all requests late that are due meanwhile. A
// generator that waits for the server would see a single slow one.
func TestLatenciesCountFromWhenRequestsWereDue(t *testing.T) {
	var served atomic.Int64
	var stalled sync.Mutex
	url := serve(t, func(http.ResponseWriter, *http.Request) {
		stalled.Lock()
		defer stalled.Unlock()
		if served.Add(1) == 10 {
			time.Sleep(300 * time.Millisecond)
		}
	})
	got := run(t, attack.Options{URLs: []string{url}, Connections: 1, Rate: 200, Duration: 500 * time.Millisecond})
	if got.P50 < 50 {
		t.Errorf("more than half of the requests were due during a stall of 300 ms, and p50 is %v ms", got.P50)
	}
}

func TestSaturationKeepsEveryConnectionBusyAndOpensNoOthers(t *testing.T) {
	var busy, most atomic.Int64
	connections := sync.Map{}
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		connections.Store(r.RemoteAddr, true)
		now := busy.Add(1)
		defer busy.Add(-1)
		for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
		}
		time.Sleep(time.Millisecond)
	})
	got := run(t, attack.Options{URLs: []string{url}, Connections: 8, Duration: 300 * time.Millisecond})
	opened := 0
	connections.Range(func(any, any) bool { opened++; return true })
	if most.Load() != 8 || opened != 8 || got.PerSecond < 100 {
		t.Errorf("at most %d requests at a time on %d connections, %v a second", most.Load(), opened, got.PerSecond)
	}
}

func TestFailuresAreCountedAndNamed(t *testing.T) {
	status := http.StatusNotFound
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cut" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	})
	for name, tc := range map[string]struct {
		path   string
		status int
		want   string
	}{
		"refused":      {"/x", http.StatusNotFound, "404"},
		"not followed": {"/x", http.StatusFound, "302"},
		"cut off":      {"/cut", 0, "0"},
	} {
		status = tc.status
		got := run(t, attack.Options{URLs: []string{url + tc.path}, Rate: 50, Duration: 100 * time.Millisecond})
		if got.Requests == 0 || got.Failures != got.Requests || got.Statuses[tc.want] != got.Requests || got.PerSecond != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
		if (tc.want == "302") != (len(got.Errors) == 0) {
			t.Errorf("%s: got errors %q", name, got.Errors)
		}
	}
}

func TestARefusalMayBeWhatIsExpected(t *testing.T) {
	url := serve(t, http.NotFound)
	got := run(t, attack.Options{URLs: []string{url}, Expected: http.StatusNotFound, Rate: 50, Duration: 100 * time.Millisecond})
	if got.Requests == 0 || got.Failures != 0 || got.PerSecond == 0 || len(got.Errors) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestSaturationGoesOnWhenConnectionsAreCutAndBodiesHaveAnyForm(t *testing.T) {
	var served atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch served.Add(1) % 4 {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			w.Header().Set("Connection", "close")
		case 2:
			w.(http.Flusher).Flush() // chunked
		}
		_, _ = w.Write([]byte(r.URL.Path + r.Header.Get("X-One")))
	})
	got := run(t, attack.Options{
		URLs:     []string{url + "/a?b=c"},
		Header:   http.Header{"X-One": {"1"}},
		Duration: 200 * time.Millisecond,
	})
	ok := got.Statuses["200"]
	if ok < 30 || got.Failures != got.Statuses["0"] || got.Failures < ok/4 || got.Failures > ok/2 || len(got.Errors) == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestSaturationOfNothingFails(t *testing.T) {
	got := run(t, attack.Options{URLs: []string{"http://127.0.0.1:1/"}, Duration: 20 * time.Millisecond})
	if got.Requests == 0 || got.Failures != got.Requests || !strings.Contains(got.Errors[0], "connect") {
		t.Errorf("got %+v", got)
	}
	opts := attack.Options{URLs: []string{"http://\x7f"}, Connections: 1, Duration: time.Second, Timeout: time.Second}
	if _, err := attack.Run(t.Context(), opts); err == nil {
		t.Error("a URL that is none was accepted")
	}
}

func TestARequestThatTakesTooLongFails(t *testing.T) {
	over := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-over })
	defer close(over)
	got := run(t, attack.Options{URLs: []string{url}, Rate: 20, Duration: 100 * time.Millisecond, Timeout: 50 * time.Millisecond})
	if got.Failures == 0 || got.Failures != got.Requests {
		t.Errorf("got %+v", got)
	}
}

func TestTheEndOfTheContextEndsTheAttack(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	opts := attack.Options{URLs: []string{url}, Connections: 1, Rate: 50, Duration: time.Hour, Timeout: time.Second}
	got, err := attack.Run(ctx, opts)
	if err != nil || got.Requests == 0 || got.Requests > 20 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	good := attack.Options{URLs: []string{"http://127.0.0.1"}, Connections: 1, Duration: time.Second, Timeout: time.Second}
	for name, spoil := range map[string]func(*attack.Options){
		"no URLs":        func(o *attack.Options) { o.URLs = nil },
		"no connection":  func(o *attack.Options) { o.Connections = 0 },
		"negative rate":  func(o *attack.Options) { o.Rate = -1 },
		"no duration":    func(o *attack.Options) { o.Duration = 0 },
		"without an end": func(o *attack.Options) { o.Timeout = 0 },
		"posts, no rate": func(o *attack.Options) { o.Body = []byte("x") },
		"calls, no rate": func(o *attack.Options) { o.GRPC = "0" },
	} {
		opts := good
		spoil(&opts)
		if _, err := attack.Run(t.Context(), opts); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
