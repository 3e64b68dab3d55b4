package session_test

import (
	"testing"
	"time"

	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

const waitLimit = 10 * time.Second

func TestMain(m *testing.M) { testkit.VerifyMain(m, redistest.Stop) }
