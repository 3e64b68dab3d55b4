package config

import (
	"time"

	"goldpath.local/service/pkg/postgres"
)

// Postgres configures the database.
type Postgres = postgres.Config

// defaultPostgres is the database of deployments/docker/compose.yaml, which
// listens on this machine only and asks for no password. Other environments set
// the DSN, best through APP_POSTGRES_DSN_FILE.
func defaultPostgres() Postgres {
	return Postgres{
		DSN:              "postgres://app@127.0.0.1:5432/app?sslmode=disable",
		MaxConns:         10,
		MinConns:         1,
		MaxConnLifetime:  30 * time.Minute,
		ConnectTimeout:   5 * time.Second,
		StatementTimeout: 5 * time.Second,
	}
}
