package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/config"
)

type server struct {
	Addr    string        `mapstructure:"addr"`
	Timeout time.Duration `mapstructure:"timeout"`
	Limit   int           `mapstructure:"limit"`
}

type sample struct {
	Server   server        `mapstructure:"server"`
	Password config.Secret `mapstructure:"password"`
}

func defaults() sample {
	return sample{Server: server{Addr: ":8080", Timeout: time.Second, Limit: 10}}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestLoadPrecedence(t *testing.T) {
	file := write(t, "server: {addr: ':1', timeout: 2s, limit: 1}\n")
	t.Setenv("SMP_SERVER_TIMEOUT", "3s")
	t.Setenv("SMP_SERVER_LIMIT_FILE", write(t, "7\n"))

	got, err := config.Load(defaults(), config.Options{EnvPrefix: "SMP", File: file})

	require.NoError(t, err)
	require.Equal(t, ":1", got.Server.Addr, "file beats default")
	require.Equal(t, 3*time.Second, got.Server.Timeout, "environment beats file")
	require.Equal(t, 7, got.Server.Limit, "secret file beats file")
}

func TestAnEmptyVariableIsAValue(t *testing.T) {
	t.Setenv("SMP_SERVER_ADDR", "")
	got, err := config.Load(defaults(), config.Options{EnvPrefix: "SMP"})
	require.NoError(t, err)
	require.Empty(t, got.Server.Addr, "not the default, which may be less safe")
}

func TestLoadWithoutSourcesGivesTheDefaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := sample{
			Server: server{
				Addr:    rapid.String().Draw(t, "addr"),
				Timeout: time.Duration(rapid.Int64().Draw(t, "timeout")),
				Limit:   rapid.Int().Draw(t, "limit"),
			},
			Password: config.Secret(rapid.String().Draw(t, "password")),
		}
		got, err := config.Load(want, config.Options{EnvPrefix: "SMP"})
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestLoadReadsSecretFilesWithoutTheTrailingNewline(t *testing.T) {
	t.Setenv("SMP_PASSWORD_FILE", write(t, " s3cret \r\n"))
	got, err := config.Load(defaults(), config.Options{EnvPrefix: "SMP"})
	require.NoError(t, err)
	require.Equal(t, " s3cret ", got.Password.Reveal())
}

func TestListsArePartedByCommas(t *testing.T) {
	type lists struct {
		Secrets []config.Secret `mapstructure:"secrets"`
		Names   []string        `mapstructure:"names"`
	}
	t.Setenv("SMP_SECRETS_FILE", write(t, "a,b\n"))
	t.Setenv("SMP_NAMES", "c,d")
	got, err := config.Load(lists{Names: []string{"x"}}, config.Options{EnvPrefix: "SMP"})
	require.NoError(t, err)
	require.Equal(t, lists{Secrets: []config.Secret{"a", "b"}, Names: []string{"c", "d"}}, got)
	described, err := config.Describe(got)
	require.NoError(t, err)
	require.Equal(t, "map[names:[c d] secrets:[*** ***]]", fmt.Sprint(described), "secrets in a list are masked, too")
}

func TestLoadRefusals(t *testing.T) {
	tests := map[string]struct {
		file string
		env  map[string]string
		want string
	}{
		"unknown key":      {file: "server: {adr: ':1'}\n", want: "adr"},
		"not yaml":         {file: "server: [", want: "read config file"},
		"wrong type":       {file: "server: {limit: many}\n", want: "limit"},
		"two sources":      {env: map[string]string{"SMP_PASSWORD": "a", "SMP_PASSWORD_FILE": "/b"}, want: "keep one"},
		"missing secret":   {env: map[string]string{"SMP_PASSWORD_FILE": "/does/not/exist"}, want: "SMP_PASSWORD_FILE"},
		"empty duration":   {env: map[string]string{"SMP_SERVER_TIMEOUT": ""}, want: "timeout"},
		"invalid duration": {env: map[string]string{"SMP_SERVER_TIMEOUT": "soon"}, want: "timeout"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			opts := config.Options{EnvPrefix: "SMP"}
			if tc.file != "" {
				opts.File = write(t, tc.file)
			}
			for key, value := range tc.env {
				t.Setenv(key, value)
			}
			_, err := config.Load(defaults(), opts)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestLoadRefusesAMissingFile(t *testing.T) {
	_, err := config.Load(defaults(), config.Options{File: filepath.Join(t.TempDir(), "none.yaml")})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestLoadRefusesConfigThatIsNotAStruct(t *testing.T) {
	_, err := config.Load(7, config.Options{})
	require.ErrorContains(t, err, "read config struct")
	_, err = config.Describe(7)
	require.ErrorContains(t, err, "read config struct")
}

func TestSecretsAreMaskedHoweverTheyArePrinted(t *testing.T) {
	cfg := defaults()
	cfg.Password = "hunter2"
	described, err := config.Describe(cfg)
	require.NoError(t, err)
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)

	for _, text := range []string{
		fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), fmt.Sprint(described),
		string(asJSON), cfg.Password.LogValue().String(),
	} {
		require.NotContains(t, text, "hunter2")
		require.Contains(t, text, "***")
	}
	require.Equal(t, "hunter2", cfg.Password.Reveal())
	require.Empty(t, config.Secret("").String(), "an empty secret is visibly empty")
}

func TestVariablesThatSetNothingAreFound(t *testing.T) {
	for _, name := range []string{
		"SMP_SERVER_LIMIT", "SMP_PASSWORD_FILE", "SMP_SERVER_LIMITS", "SMP_PASSWORT_FILE", "SMP_", "SMPL_OTHER",
	} {
		t.Setenv(name, "1")
	}
	unknown, err := config.UnknownEnv(defaults(), "SMP")
	require.NoError(t, err)
	require.Equal(t, []string{"SMP_", "SMP_PASSWORT_FILE", "SMP_SERVER_LIMITS"}, unknown)
	_, err = config.UnknownEnv(7, "SMP")
	require.ErrorContains(t, err, "read config struct")
}

func TestDescribeMakesDurationsReadable(t *testing.T) {
	described, err := config.Describe(defaults())
	require.NoError(t, err)
	require.Equal(t, "1s", described["server"].(map[string]any)["timeout"])
}
