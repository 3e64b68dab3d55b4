package config

import "log/slog"

const mask = "***"

// Secret is a configuration value that must not reach logs, errors or JSON.
// Every standard way to print it gives "***"; Reveal gives the value.
type Secret string

// Reveal returns the value, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns the mask, or "" when nothing is set.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString masks the value in %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the value in JSON, YAML and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue masks the value in log records.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
