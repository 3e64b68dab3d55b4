package reference_test

import (
	"fmt"
	"time"

	"goldpath.local/service/pkg/config/reference"
)

func ExampleList() {
	type limits struct {
		Timeout time.Duration `mapstructure:"timeout"`
	}
	type settings struct {
		Limits limits `mapstructure:"limits"`
	}
	sections, err := reference.List(settings{limits{90 * time.Second}}, "APP")
	if err != nil {
		fmt.Println(err)
		return
	}
	s := sections[0].Settings[0]
	fmt.Println(s.Key, s.Env, s.Type, s.Default)
	// Output: limits.timeout APP_LIMITS_TIMEOUT duration 1m30s
}
