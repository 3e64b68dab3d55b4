// Package reference documents the configuration of a service: every setting with
// its key, environment variable, type, default and meaning. It reads source code,
// so it is for generators and tests and not for the running service.
package reference

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"goldpath.local/service/pkg/config"
)

// Setting is one value that can be set.
type Setting struct {
	// Key is the place in the YAML file, e.g. http.addr.
	Key string
	// Env is the environment variable that overrides it.
	Env string
	// Type is what operators write: string, integer, number, boolean, duration,
	// secret, or a list or map of these.
	Type string
	// Default is the value without any configuration; a secret is masked.
	Default string
	// Secret says that the value belongs into a file that is mounted.
	Secret bool
	// Doc is what the Go comment on the field says, in one paragraph.
	Doc string

	field field
}

// Section is a struct directly below the configuration, with its settings.
type Section struct {
	// Name is the first part of all keys; "" holds the settings without a section.
	Name string
	// Doc is what the Go comment on the field says, in one paragraph.
	Doc string
	// Settings are in the order of the fields.
	Settings []Setting

	field field
}

// field names the Go field behind a setting.
type field struct {
	owner reflect.Type
	name  string
	key   string
}

// List returns the settings of cfg, a struct with mapstructure tags as
// config.Load takes it, with the defaults that cfg holds; prefix starts the
// environment variables. Comments are not there yet: see Source.Explain.
func List(cfg any, prefix string) ([]Section, error) {
	root := reflect.ValueOf(cfg)
	if root.Kind() != reflect.Struct {
		return nil, fmt.Errorf("list settings: %T is no struct", cfg)
	}
	l := lister{prefix: prefix}
	l.sections = append(l.sections, Section{})
	if err := l.walk(root, nil); err != nil {
		return nil, fmt.Errorf("list settings: %w", err)
	}
	if len(l.sections[0].Settings) == 0 {
		return l.sections[1:], nil
	}
	return l.sections, nil
}

type lister struct {
	prefix   string
	sections []Section // the first is that of settings without a section
}

// walk lists the fields of a struct whose keys begin with path.
func (l *lister) walk(value reflect.Value, path []string) error {
	for _, f := range reflect.VisibleFields(value.Type()) {
		if len(f.Index) > 1 || !f.IsExported() {
			continue // promoted fields are listed by the struct that is embedded
		}
		name, option, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		inner := value.FieldByIndex(f.Index)
		switch {
		case name == "-":
			continue
		case option == "squash" && inner.Kind() == reflect.Struct:
			if err := l.walk(inner, path); err != nil {
				return err
			}
			continue
		case name == "":
			name = strings.ToLower(f.Name)
		}
		at := field{owner: value.Type(), name: f.Name, key: name}
		if err := l.add(inner, append(path[:len(path):len(path)], name), at); err != nil {
			return err
		}
	}
	return nil
}

func (l *lister) add(value reflect.Value, path []string, at field) error {
	if value.Kind() == reflect.Struct {
		if len(path) == 1 {
			l.sections = append(l.sections, Section{Name: path[0], field: at})
		}
		return l.walk(value, path)
	}
	key := strings.Join(path, ".")
	kind, err := typeName(value.Type())
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	section := &l.sections[len(l.sections)-1]
	if len(path) == 1 {
		section = &l.sections[0]
	}
	section.Settings = append(section.Settings, Setting{
		Key: key, Env: config.EnvName(l.prefix, key), Type: kind, Default: text(value),
		Secret: strings.HasSuffix(kind, secretName), field: at,
	})
	return nil
}

const secretName = "secret"

// typeName returns the type as operators know it.
func typeName(t reflect.Type) (string, error) {
	switch t {
	case reflect.TypeFor[config.Secret]():
		return secretName, nil
	case reflect.TypeFor[time.Duration]():
		return "duration", nil
	}
	switch t.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "boolean", nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer", nil
	case reflect.Float32, reflect.Float64:
		return "number", nil
	case reflect.Slice:
		element, err := typeName(t.Elem())
		return "list of " + element, err
	case reflect.Map:
		element, err := typeName(t.Elem())
		return "map of " + element, err
	case reflect.Struct:
		return structName(t)
	default:
		return "", errors.New("no setting can be a " + t.String())
	}
}

// structName returns the members of what lists and maps hold.
func structName(t reflect.Type) (string, error) {
	var members []string
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		if key == "" {
			continue // nobody can set it
		}
		member, err := typeName(f.Type)
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
		members = append(members, key+": "+member)
	}
	if len(members) == 0 {
		return "", errors.New("no setting can be a " + t.String())
	}
	return "{" + strings.Join(members, ", ") + "}", nil
}

// text returns a value as it is written in the environment.
func text(value reflect.Value) string {
	switch v := value.Interface().(type) {
	case config.Secret:
		return v.String()
	case time.Duration:
		return duration(v)
	}
	if value.Kind() != reflect.Slice {
		if value.Kind() == reflect.Map && value.Len() == 0 {
			return ""
		}
		return fmt.Sprint(value.Interface())
	}
	parts := make([]string, value.Len())
	for i := range parts {
		parts[i] = text(value.Index(i))
	}
	return strings.Join(parts, ",")
}

// duration writes 5m0s as 5m and 1h0m0s as 1h.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}
