package config_test

import (
	"fmt"
	"os"
	"time"

	"goldpath.local/service/pkg/config"
)

// The environment overrides the file, which overrides the defaults.
func ExampleLoad() {
	type settings struct {
		Addr     string        `mapstructure:"addr"`
		Timeout  time.Duration `mapstructure:"timeout"`
		Password config.Secret `mapstructure:"password"`
	}
	_ = os.Setenv("EXAMPLE_TIMEOUT", "3s")
	_ = os.Setenv("EXAMPLE_PASSWORD", "hunter2")
	defer func() { _ = os.Unsetenv("EXAMPLE_TIMEOUT") }()
	defer func() { _ = os.Unsetenv("EXAMPLE_PASSWORD") }()

	loaded, err := config.Load(settings{Addr: ":8080", Timeout: time.Second}, config.Options{EnvPrefix: "EXAMPLE"})
	fmt.Println(loaded, err)
	fmt.Println(config.EnvName("EXAMPLE", "server.addr"))
	// Output:
	// {:8080 3s ***} <nil>
	// EXAMPLE_SERVER_ADDR
}
