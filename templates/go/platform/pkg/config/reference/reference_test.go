package reference_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/config/reference"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m) }

type Server struct {
	Addr        string        `mapstructure:"addr"`
	ReadTimeout time.Duration `mapstructure:"read_timeout"`
}

type http struct {
	Server `mapstructure:",squash"`

	BodyLimit int64             `mapstructure:"body_limit"`
	Origins   []string          `mapstructure:"origins"`
	Headers   map[string]string `mapstructure:"headers"`
}

type store struct {
	DSN      config.Secret `mapstructure:"dsn"`
	Replicas replicas      `mapstructure:"replicas"`
}

type replicas struct {
	DSNs  []config.Secret `mapstructure:"dsns"`
	Ratio float64         `mapstructure:"ratio"`
}

type settings struct {
	Name  string `mapstructure:"name"`
	HTTP  http   `mapstructure:"http"`
	Store store  `mapstructure:"store"`
	Debug bool
	Cache any `mapstructure:"-"`
}

func defaults() settings {
	return settings{
		Name:  "orders",
		HTTP:  http{Server: Server{Addr: ":8080", ReadTimeout: 90 * time.Minute}, Origins: []string{"a", "b"}, BodyLimit: 1 << 20},
		Store: store{DSN: "postgres://app:hunter2@db/app", Replicas: replicas{Ratio: 0.5, DSNs: []config.Secret{"hunter2", ""}}},
	}
}

const source = `package reference_test

type Server struct {
	// Addr is host:port; see <net.Dial> | *tcp*.
	Addr string
	// ReadTimeout bounds
	// reading. It should exceed what BodyLimit needs.
	ReadTimeout time.Duration
}

type (
	http struct {
		Server

		// BodyLimit is the greatest body, in bytes. ReadTimeout must allow it, and a BodyLimit of 0 is none.
		BodyLimit int64
		Origins []string // Origins may call, e.g. ` + "`https://a|b`" + `.
		// Headers are added.
		Headers map[string]string
	}
)

type store struct {
	// DSN says where, see [Dial].
	DSN config.Secret
	// Replicas are copies.
	Replicas replicas
}

type replicas struct {
	// DSNs and Ratio belong together.
	DSNs, Ratio string
}

type settings struct {
	// Name is in the catalog.
	Name string
	// HTTP is the port.
	HTTP http
	// Store keeps things.
	Store store
	// Debug tells more.
	Debug bool
}
`

func files(content string) fstest.MapFS {
	return fstest.MapFS{
		"go.mod":                              {Data: []byte("// of a service\nmodule goldpath.local/service\n\ngo 1.26\n")},
		"pkg/config/reference_test/source.go": {Data: []byte(content)},
	}
}

func TestThePageIsComplete(t *testing.T) {
	page, err := reference.Document(files(source), defaults(), "app")
	require.NoError(t, err)
	require.NotContains(t, string(page), "hunter2")
	testkit.Golden(t, "testdata/configuration.md", page)
}

// What is listed is what config.Load takes, no more and no less.
func TestEverySettingIsListed(t *testing.T) {
	described, err := config.Describe(defaults())
	require.NoError(t, err)
	delete(described["http"].(map[string]any), "headers") // itself a map
	want := map[string]bool{"http.headers": true}
	flatten(described, "", want)

	sections, err := reference.List(defaults(), "APP")
	require.NoError(t, err)
	got := map[string]bool{}
	for _, section := range sections {
		for _, s := range section.Settings {
			got[s.Key] = true
			require.Equal(t, config.EnvName("APP", s.Key), s.Env)
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)))
}

func flatten(values map[string]any, prefix string, keys map[string]bool) {
	for key, value := range values {
		if section, ok := value.(map[string]any); ok {
			flatten(section, prefix+key+".", keys)
			continue
		}
		keys[prefix+strings.ToLower(key)] = true
	}
}

// What stands in the page can be set as it stands there.
func TestDefaultsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := defaults()
		want.HTTP.ReadTimeout = time.Duration(rapid.Int64().Draw(t, "timeout"))
		want.HTTP.BodyLimit = rapid.Int64().Draw(t, "limit")
		want.Store.Replicas.Ratio = rapid.Float64().Draw(t, "ratio")
		sections, err := reference.List(want, "APP")
		require.NoError(t, err)
		values := map[string]string{}
		for _, section := range sections {
			for _, s := range section.Settings {
				values[s.Key] = s.Default
			}
		}
		timeout, err := time.ParseDuration(values["http.read_timeout"])
		require.NoError(t, err)
		require.Equal(t, want.HTTP.ReadTimeout, timeout)
	})
}

func TestWhatCannotBeExplainedIsRefused(t *testing.T) {
	type named struct {
		A string `mapstructure:"a"`
	}
	type odd struct {
		C chan int `mapstructure:"c"`
	}
	tests := map[string]struct {
		files fstest.MapFS
		cfg   any
		want  string
	}{
		"no struct":         {files(source), 7, "int is no struct"},
		"channel":           {files(source), odd{}, "no setting can be a chan int"},
		"deep channel":      {files(source), struct{ Odd []odd }{}, "no setting can be a"},
		"no comment":        {files("package x"), defaults(), "explain name: the field reference_test.settings.Name has no comment"},
		"no section":        {files("package x\ntype settings struct {\n// Name is.\nName int\n// Debug is.\nDebug int}"), defaults(), "explain http"},
		"not Go":            {files("pakage x"), defaults(), "read source"},
		"no source":         {fstest.MapFS{"go.mod": files("")["go.mod"]}, defaults(), "find source of"},
		"no module":         {fstest.MapFS{"go.mod": {Data: []byte("go 1.26\n")}}, defaults(), "names no module"},
		"no go.mod":         {fstest.MapFS{}, defaults(), "read source"},
		"of another module": {fstest.MapFS{"go.mod": {Data: []byte("module other\n")}}, defaults(), "does not belong to the module other"},
		"local type":        {files(source), named{}, "no comment"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := reference.Document(tc.files, tc.cfg, "APP")
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestACommentMayBeSharedByTheFieldsThatItNames(t *testing.T) {
	code := "package x\ntype limits struct {\n// Min and Max are never passed.\nMin int\nMax int\nOther int\n}"
	type limits struct {
		Min int `mapstructure:"min"`
		Max int `mapstructure:"max"`
	}
	page, err := reference.Document(files(code), limits{}, "APP")
	require.NoError(t, err)
	require.Contains(t, string(page), "| `max` | `APP_MAX` | integer | `0` | Min and Max are never passed. |")

	type more struct {
		limits `mapstructure:",squash"`

		Other int `mapstructure:"other"`
	}
	_, err = reference.Document(files(code), more{}, "APP")
	require.ErrorContains(t, err, "has no comment")
}

func TestElementsOfMapsAreDescribed(t *testing.T) {
	type quotas struct {
		Operations map[string]Server `mapstructure:"operations"`
	}
	sections, err := reference.List(quotas{}, "APP")
	require.NoError(t, err)
	require.Equal(t, "map of {addr: string, read_timeout: duration}", sections[0].Settings[0].Type)

	type broken struct {
		Broken map[string]struct {
			Odd chan int `mapstructure:"odd"`
		} `mapstructure:"broken"`
	}
	_, err = reference.List(broken{}, "APP")
	require.ErrorContains(t, err, "broken: odd: no setting can be a chan int")
}

func TestValuesCannotBreakOutOfTheTable(t *testing.T) {
	page := reference.Markdown([]reference.Section{{Name: "x", Settings: []reference.Setting{{Default: "a`b|c\nd", Doc: "a|`*|`"}}}}, "APP")
	require.Contains(t, string(page), "| `` a`b\\|c d `` | a\\|`*\\|` |")
}

func TestTheSourceOfThisModuleIsUnderstood(t *testing.T) {
	page, err := reference.Document(os.DirFS("../../.."), config.Options{}, "APP")
	require.NoError(t, err)
	require.Contains(t, string(page), "| `file` | `APP_FILE` | string |  | `file` is the path of an optional YAML file")
}
