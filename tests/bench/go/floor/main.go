// Command floor is the least that answers the same question as a rendered
// service: gin, a pool of pgx, one Prometheus histogram, and a JSON record for
// each request. It checks nothing, traces nothing and drains nothing. What a
// rendered service costs is measured against it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv("FLOOR_ADDR"), os.Getenv("FLOOR_DSN"))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, dsn string) error {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return fmt.Errorf("make pool: %w", err)
	}
	defer pool.Close()
	server := &http.Server{Addr: addr, Handler: router(pool), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // ListenAndServe says how it ended
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// task is the row of a rendered blank service, and its JSON.
type task struct {
	ID        pgtype.UUID `json:"id"`
	Title     string      `json:"title"`
	Notes     string      `json:"notes"`
	Status    string      `json:"status"`
	Version   int64       `json:"version"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}

func router(pool *pgxpool.Pool) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector())
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/metrics", gin.WrapH(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	engine.Use(observe(registry, slog.New(slog.NewJSONHandler(os.Stdout, nil))))
	engine.GET("/ping", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) })
	engine.GET("/api/v1/tasks/:id", func(c *gin.Context) {
		found, err := load(c.Request.Context(), pool, c.Param("id"))
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			c.AbortWithStatus(http.StatusNotFound)
		case err != nil:
			c.AbortWithStatus(http.StatusInternalServerError)
		default:
			c.JSON(http.StatusOK, found)
		}
	})
	return engine
}

func load(ctx context.Context, pool *pgxpool.Pool, id string) (task, error) {
	rows, err := pool.Query(ctx,
		"SELECT id, title, notes, status, version, created_at, updated_at FROM tasks WHERE id = $1", id)
	if err != nil {
		return task{}, fmt.Errorf("query task: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[task])
	if err != nil {
		return task{}, fmt.Errorf("read task: %w", err)
	}
	return found, nil
}

// observe measures and logs every request.
func observe(registry prometheus.Registerer, log *slog.Logger) gin.HandlerFunc {
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_server_request_duration_seconds",
		Help:    "Time to answer a request.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"method", "route", "status"})
	registry.MustRegister(duration)
	return func(c *gin.Context) {
		begun := time.Now()
		c.Next()
		took, status := time.Since(begun), c.Writer.Status()
		duration.WithLabelValues(c.Request.Method, c.FullPath(), strconv.Itoa(status)).Observe(took.Seconds())
		log.InfoContext(c.Request.Context(), "request",
			"method", c.Request.Method, "route", c.FullPath(), "status", status, "duration", took)
	}
}
