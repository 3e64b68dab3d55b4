package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/buildinfo"
	pkgconfig "goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/logging"
)

// command is one of the things the binary can do.
type command func(ctx context.Context, stdout io.Writer) error

func commands() map[string]command {
	all := map[string]command{
		"serve":       serve,
		"healthcheck": healthcheck,
		"version":     version,
	}
	//% if cookiecutter.postgres == "yes"
	all["migrate"] = migrateSchema
	//% endif
	//% if cookiecutter.postgres == "yes" and cookiecutter.crypto == "yes"
	all["rotate-keys"] = rotateKeys
	//% endif
	return all
}

// Main runs the command that args names (serve when there is none) and returns
// the exit code: 0 for success, 1 for a failure, 2 for a wrong call. Logs go to
// stdout, messages to people to stderr.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name := "serve"
	if len(args) > 0 {
		name = args[0]
	}
	run, ok := commands()[name]
	if !ok || len(args) > 1 {
		names := slices.Sorted(maps.Keys(commands()))
		_, _ = fmt.Fprintf(stderr, "usage: server [%s]\n", strings.Join(names, "|"))
		return 2
	}
	if err := run(ctx, stdout); err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %s\n", name, oneLine(err))
		return 1
	}
	return 0
}

// oneLine returns what an error says, however many errors it joins, as one line.
func oneLine(err error) string {
	var parts []string
	for line := range strings.Lines(err.Error()) {
		if part := strings.TrimSpace(line); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

func serve(ctx context.Context, stdout io.Writer) error {
	configs, log, err := setup(ctx, stdout)
	if err != nil {
		return err
	}
	a, err := New(ctx, configs, log)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// setup loads the configuration and makes a logger whose level follows it.
func setup(ctx context.Context, w io.Writer) (*config.Store, *slog.Logger, error) {
	configs, err := config.NewStore()
	if err != nil {
		return nil, nil, fmt.Errorf("load configuration: %w", err)
	}
	cfg := configs.Get()
	level := new(slog.LevelVar)
	log, err := logging.New(w, logging.Options{
		Backend: cfg.Log.Backend,
		Level:   level,
		Attrs: []slog.Attr{
			slog.String("service", cfg.Service.Name),
			slog.String("environment", cfg.Service.Environment),
			slog.String("version", buildinfo.Read().Version),
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("make logger: %w", err)
	}
	configs.OnChange(func(c config.Config) {
		if parsed, err := logging.ParseLevel(c.Dynamic.LogLevel); err == nil { // validated by Load
			level.Set(parsed)
		}
	})
	return configs, log, report(ctx, log, cfg)
}

// report logs what is configured, and what somebody may have meant to configure.
func report(ctx context.Context, log *slog.Logger, cfg config.Config) error {
	described, err := pkgconfig.Describe(cfg)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "configuration loaded", "config", described)
	unknown, err := cfg.UnknownEnv()
	if len(unknown) > 0 {
		log.WarnContext(ctx, "variables that set nothing: look for typing mistakes", "variables", unknown)
	}
	return err
}

func version(_ context.Context, stdout io.Writer) error {
	build := buildinfo.Read()
	_, err := fmt.Fprintf(stdout, "%s (commit %s, %s)\n", build.Version, build.Commit, build.Go)
	return err
}

// healthcheck asks the running service whether it is ready, for container
// engines that probe by command: the image has no shell and no curl.
func healthcheck(ctx context.Context, _ io.Writer) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(cfg.Admin.Addr)
	if err != nil {
		return fmt.Errorf("read admin.addr: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort("127.0.0.1", port) + "/readyz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("build probe: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return errors.New("the service is not ready: " + res.Status)
	}
	return nil
}
