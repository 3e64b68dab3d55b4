package postgres_test

import (
	"testing"

	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m, postgrestest.Stop) }
