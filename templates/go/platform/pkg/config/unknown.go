package config

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

const fileSuffix = "_FILE"

// UnknownEnv returns the environment variables that start with prefix and that
// override nothing in cfg, in order of their names. Most are typing mistakes.
// They are no errors to Load: an orchestrator may add variables of its own.
func UnknownEnv[T any](cfg T, prefix string) ([]string, error) {
	sections, err := toMap(cfg)
	if err != nil {
		return nil, err
	}
	v := viper.New()
	if err := v.MergeConfigMap(sections); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, key := range v.AllKeys() {
		known[EnvName(prefix, key)] = true
	}
	var unknown []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, prefix+"_") && !known[strings.TrimSuffix(name, fileSuffix)] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown, nil
}
