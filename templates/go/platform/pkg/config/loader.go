// Package config loads typed, immutable configuration from, weakest first: defaults,
// a YAML file, environment variables, and files that those name (mounted secrets).
package config

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Options says where Load looks.
type Options struct {
	// EnvPrefix starts every environment variable: with the prefix APP the key
	// http.addr is APP_HTTP_ADDR, and APP_HTTP_ADDR_FILE names a file that holds it.
	EnvPrefix string
	// File is the path of an optional YAML file; "" means none.
	File string
}

// Load returns defaults overridden by everything that opts names. T is a
// struct with mapstructure tags. Keys of the file that T does not have are an
// error, so that a typing mistake is found at start and not in an incident.
//
// Each call uses a Viper of its own: Viper is not safe for concurrent use, and
// a fresh one cannot remember values that have since been removed.
func Load[T any](defaults T, opts Options) (T, error) {
	var loaded T
	v := viper.New()
	v.SetEnvPrefix(opts.EnvPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()
	v.AllowEmptyEnv(true) // else APP_AUTH_AUDIENCE= would silently mean the default

	sections, err := toMap(defaults)
	if err != nil {
		return loaded, err
	}
	for key, value := range sections {
		v.SetDefault(key, value)
	}
	if opts.File != "" {
		v.SetConfigFile(opts.File)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			return loaded, fmt.Errorf("read config file: %w", err)
		}
	}
	if err := readSecretFiles(v, opts.EnvPrefix); err != nil {
		return loaded, err
	}
	if err := v.UnmarshalExact(&loaded); err != nil {
		return loaded, fmt.Errorf("decode config: %w", err)
	}
	return loaded, nil
}

// readSecretFiles gives every key with an <ENV>_FILE variable what that file holds.
func readSecretFiles(v *viper.Viper, prefix string) error {
	for _, key := range v.AllKeys() {
		env := EnvName(prefix, key)
		path, ok := os.LookupEnv(env + fileSuffix)
		if !ok || path == "" {
			continue
		}
		if os.Getenv(env) != "" {
			return fmt.Errorf("%s and %s are both set: keep one", env, env+fileSuffix)
		}
		content, err := os.ReadFile(path) //nolint:gosec // the operator chooses the path
		if err != nil {
			return fmt.Errorf("read %s: %w", env+fileSuffix, err)
		}
		v.Set(key, strings.TrimRight(string(content), "\r\n"))
	}
	return nil
}

// EnvName returns the environment variable that overrides key.
func EnvName(prefix, key string) string {
	return strings.ToUpper(prefix + "_" + strings.ReplaceAll(key, ".", "_"))
}

// Describe returns cfg as nested maps that are safe to log: secrets are masked.
func Describe[T any](cfg T) (map[string]any, error) {
	sections, err := toMap(cfg)
	if err != nil {
		return nil, err
	}
	makeReadable(sections)
	return sections, nil
}

func makeReadable(values map[string]any) {
	for key, value := range values {
		switch typed := value.(type) {
		case map[string]any:
			makeReadable(typed)
		case Secret:
			values[key] = typed.String()
		case time.Duration:
			values[key] = typed.String()
		}
	}
}

func toMap[T any](cfg T) (map[string]any, error) {
	sections := map[string]any{}
	if err := mapstructure.Decode(cfg, &sections); err != nil {
		return nil, fmt.Errorf("read config struct: %w", err)
	}
	return sections, nil
}
