package rediscache_test

import (
	"testing"

	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m, redistest.Stop) }
