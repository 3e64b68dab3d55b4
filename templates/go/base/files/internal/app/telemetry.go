package app

import (
	"context"
	"log/slog"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/buildinfo"
	"goldpath.local/service/pkg/telemetry"
)

// newTelemetry makes the tracing of the service, also for libraries that know
// only the globals of OpenTelemetry.
func newTelemetry(ctx context.Context, cfg config.Config, log *slog.Logger) (*telemetry.Telemetry, error) {
	tel, err := telemetry.New(ctx, cfg.Telemetry, telemetry.Service{
		Name:        cfg.Service.Name,
		Version:     buildinfo.Read().Version,
		Environment: cfg.Service.Environment,
	}, log)
	if err != nil {
		return nil, err
	}
	tel.Install()
	return tel, nil
}
