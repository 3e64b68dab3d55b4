package middleware_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/resilience/outcome"
)

// shop makes orders, numbered as they come, unless work says what to do instead.
type shop struct {
	engine *gin.Engine
	orders atomic.Int64
	work   func(c *gin.Context)
}

func newShop(t testing.TB, store idempotency.Store) *shop {
	t.Helper()
	guard, err := idempotency.NewGuard(store, idempotency.Config{
		Lease: time.Minute, Retention: time.Hour, MaxBodyBytes: 100, StoreTimeout: time.Second,
	})
	require.NoError(t, err)
	s := &shop{engine: gin.New()}
	s.work = func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		require.NoError(t, err)
		number := strconv.FormatInt(s.orders.Add(1), 10)
		c.Header("Location", "/orders/"+number)
		c.String(http.StatusCreated, number+" "+string(body))
	}
	scope := func(c *gin.Context) string { return "client " + c.GetHeader("X-Client") }
	s.engine.Use(middleware.Recover(slog.New(slog.DiscardHandler)), middleware.Idempotent(guard, scope))
	handle := func(c *gin.Context) { s.work(c) }
	s.engine.POST("/orders", handle)
	s.engine.PUT("/orders", handle)
	return s
}

func memory(t testing.TB) *idempotency.Memory {
	t.Helper()
	store, err := idempotency.NewMemory(100)
	require.NoError(t, err)
	return store
}

// order sends a request; headers are pairs of name and value.
func (s *shop) order(method, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "/orders", strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	s.engine.ServeHTTP(rec, req)
	return rec
}

func TestARepeatedRequestIsAnsweredAsTheFirstAndDoneOnce(t *testing.T) {
	s := newShop(t, memory(t))
	first := s.order(http.MethodPost, "pen", "Idempotency-Key", "k1")
	again := s.order(http.MethodPost, "pen", "Idempotency-Key", `"k1"`)

	require.Equal(t, http.StatusCreated, again.Code)
	require.Equal(t, "1 pen", again.Body.String())
	require.Equal(t, "/orders/1", again.Header().Get("Location"))
	require.Equal(t, first.Header().Get("Content-Type"), again.Header().Get("Content-Type"))
	require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
	require.Empty(t, first.Header().Get("Idempotency-Replayed"))
	require.EqualValues(t, 1, s.orders.Load())
}

func TestOnlyPostsWithAKeyAreRemembered(t *testing.T) {
	s := newShop(t, memory(t))
	for range 2 {
		s.order(http.MethodPost, "pen")
		s.order(http.MethodPut, "pen", "Idempotency-Key", "k1")
	}
	require.EqualValues(t, 4, s.orders.Load())
}

func TestKeysBelongToTheirClient(t *testing.T) {
	s := newShop(t, memory(t))
	require.Equal(t, "1 pen", s.order(http.MethodPost, "pen", "Idempotency-Key", "k1", "X-Client", "ada").Body.String())
	require.Equal(t, "2 pen", s.order(http.MethodPost, "pen", "Idempotency-Key", "k1", "X-Client", "bob").Body.String())
}

func TestKeysThatCannotBeUsedAreRefused(t *testing.T) {
	s := newShop(t, memory(t))
	s.order(http.MethodPost, "pen", "Idempotency-Key", "used")
	tests := map[string]struct {
		headers []string
		status  int
		reason  string
	}{
		"for another request": {[]string{"Idempotency-Key", "used"}, 422, "IDEMPOTENCY_KEY_REUSED"},
		"empty":               {[]string{"Idempotency-Key", " "}, 400, "IDEMPOTENCY_KEY_REQUIRED"},
		"open quote":          {[]string{"Idempotency-Key", `"k`}, 400, "IDEMPOTENCY_KEY_INVALID"},
		"two of them":         {[]string{"Idempotency-Key", "a", "Idempotency-Key", "b"}, 400, "IDEMPOTENCY_KEY_INVALID"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rec := s.order(http.MethodPost, "two pens", tc.headers...)
			require.Equal(t, tc.status, rec.Code)
			require.Equal(t, tc.reason, problem(t, rec).Reason)
		})
	}
	require.EqualValues(t, 1, s.orders.Load())
}

func TestOfTwoRequestsAtOnceOneIsToldToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, memory(t))
		release := make(chan struct{})
		s.work = func(c *gin.Context) {
			<-release
			c.Status(http.StatusCreated)
		}
		var first *httptest.ResponseRecorder
		var wg sync.WaitGroup
		wg.Go(func() { first = s.order(http.MethodPost, "pen", "Idempotency-Key", "k1") })
		synctest.Wait()
		second := s.order(http.MethodPost, "pen", "Idempotency-Key", "k1")
		require.Equal(t, http.StatusConflict, second.Code)
		require.Equal(t, "IDEMPOTENCY_KEY_IN_USE", problem(t, second).Reason)
		require.Equal(t, "60", second.Header().Get("Retry-After"))
		close(release)
		wg.Wait()
		require.Equal(t, http.StatusCreated, first.Code)
	})
}

func TestAKeyIsGivenBackOnlyWhereNothingWasDone(t *testing.T) {
	fail := func(err error) func(c *gin.Context) {
		return func(c *gin.Context) { middleware.Fail(c, err) }
	}
	down := apierror.New(apierror.Unavailable, "DOWN", "down")
	for name, tc := range map[string]struct {
		work  func(c *gin.Context)
		again int
	}{
		"refused": {fail(outcome.Refuse(apierror.Unavailable, "FULL", "full")), http.StatusCreated},
		"limited": {fail(apierror.New(apierror.RateLimited, "RATE_LIMITED", "slower")), http.StatusCreated},
		"unknown": {fail(down), http.StatusConflict},
		"late":    {fail(context.DeadlineExceeded), http.StatusConflict},
		"defect":  {fail(errors.New("defect")), http.StatusConflict},
		"panic":   {func(*gin.Context) { panic("defect") }, http.StatusConflict},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, memory(t))
				works := s.work
				s.work = tc.work
				require.GreaterOrEqual(t, s.order(http.MethodPost, "pen", "Idempotency-Key", "k").Code, 400)
				s.work = works
				require.Equal(t, tc.again, s.order(http.MethodPost, "pen", "Idempotency-Key", "k").Code)
				time.Sleep(time.Minute)
				require.Equal(t, http.StatusCreated, s.order(http.MethodPost, "pen", "Idempotency-Key", "k").Code)
			})
		})
	}
}

// A client that hangs up and asks again must not have its work done twice.
func TestAClientThatHangsUpDoesNotEndTheWork(t *testing.T) {
	s := newShop(t, memory(t))
	works := s.work
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	s.work = func(c *gin.Context) {
		hangUp()
		if err := c.Request.Context().Err(); err != nil {
			middleware.Fail(c, err)
			return
		}
		works(c)
	}
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/orders", strings.NewReader("pen"))
	req.Header.Set("Idempotency-Key", "k1")
	s.engine.ServeHTTP(httptest.NewRecorder(), req)
	again := s.order(http.MethodPost, "pen", "Idempotency-Key", "k1")
	require.Equal(t, "1 pen", again.Body.String())
	require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
}

func TestTheTimeOfARequestEndsItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, memory(t))
		s.work = func(c *gin.Context) {
			<-c.Request.Context().Done()
			middleware.Fail(c, c.Request.Context().Err())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/orders", strings.NewReader("pen"))
		req.Header.Set("Idempotency-Key", "k1")
		rec := httptest.NewRecorder()
		s.engine.ServeHTTP(rec, req)
		require.Equal(t, http.StatusGatewayTimeout, rec.Code)
	})
}

func TestBodiesThatCannotBeReadClaimNoKey(t *testing.T) {
	s := newShop(t, memory(t))
	req := httptest.NewRequest(http.MethodPost, "/orders", iotest.ErrReader(errors.New("reset")))
	req.Header.Set("Idempotency-Key", "k1")
	rec := httptest.NewRecorder()
	s.engine.ServeHTTP(rec, req)
	require.Equal(t, http.StatusBadRequest, rec.Code)
	require.Equal(t, "1 pen", s.order(http.MethodPost, "pen", "Idempotency-Key", "k1").Body.String())
}

// broken is a store that fails where it is told to.
type broken struct {
	*idempotency.Memory

	begin, complete error
}

func (b broken) Begin(ctx context.Context, claim idempotency.Claim, lease time.Duration) (idempotency.Found, error) {
	if b.begin != nil {
		return idempotency.Found{}, b.begin
	}
	return b.Memory.Begin(ctx, claim, lease)
}

func (b broken) Complete(context.Context, idempotency.Claim, idempotency.Response, time.Duration) error {
	return b.complete
}

func TestWithoutAStoreRequestsWithAKeyAreRefusedAndOthersGoOn(t *testing.T) {
	s := newShop(t, broken{begin: apierror.New(apierror.Unavailable, "STORE_DOWN", "down")})
	rec := s.order(http.MethodPost, "pen", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.Equal(t, "STORE_DOWN", problem(t, rec).Reason)
	require.Equal(t, http.StatusCreated, s.order(http.MethodPost, "pen").Code)
}

func TestWorkThatIsDoneIsAnsweredEvenIfItCannotBeRemembered(t *testing.T) {
	s := newShop(t, broken{Memory: memory(t), complete: errors.New("down")})
	require.Equal(t, http.StatusCreated, s.order(http.MethodPost, "pen", "Idempotency-Key", "k1").Code)
}

func BenchmarkIdempotent(b *testing.B) {
	s := newShop(b, memory(b))
	s.work = func(c *gin.Context) { c.Status(http.StatusCreated) }
	body := strings.Repeat("x", 1<<10)
	for name, headers := range map[string][]string{"no key": nil, "replay": {"Idempotency-Key", "k1"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rec := s.order(http.MethodPost, body, headers...); rec.Code != http.StatusCreated {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}
