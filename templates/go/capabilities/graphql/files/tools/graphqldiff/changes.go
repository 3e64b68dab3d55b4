package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// differ collects what breaks.
type differ struct {
	was, is *ast.Schema
	found   []string
}

// breakingChanges returns, sorted, what a client of one schema may do that
// another does not allow, or answers differently. New values of enums and new types
// behind interfaces and unions are none: clients must expect them.
func breakingChanges(was, is *ast.Schema) []string {
	d := &differ{was: was, is: is}
	for _, name := range slices.Sorted(maps.Keys(was.Types)) {
		if before := was.Types[name]; !before.BuiltIn && !strings.HasPrefix(name, "__") {
			d.definition(before, is.Types[name])
		}
	}
	slices.Sort(d.found)
	return d.found
}

func (d *differ) say(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

func (d *differ) definition(before, after *ast.Definition) {
	switch {
	case after == nil:
		d.say("%s was removed", before.Name)
	case before.Kind != after.Kind:
		d.say("%s is %s, no longer %s", before.Name, after.Kind, before.Kind)
	case before.Kind == ast.InputObject:
		d.inputFields(before, after)
	default:
		d.members(before, after)
		d.fields(before, after)
	}
}

// members compares what belongs to a type: values of enums, interfaces of objects,
// and types of unions.
func (d *differ) members(before, after *ast.Definition) {
	for _, value := range before.EnumValues {
		if after.EnumValues.ForName(value.Name) == nil {
			d.say("%s.%s was removed", before.Name, value.Name)
		}
	}
	for _, name := range before.Interfaces {
		if !slices.Contains(after.Interfaces, name) {
			d.say("%s no longer implements %s", before.Name, name)
		}
	}
	for _, name := range before.Types {
		if !slices.Contains(after.Types, name) {
			d.say("%s no longer holds %s", before.Name, name)
		}
	}
}

func (d *differ) fields(before, after *ast.Definition) {
	for _, old := range before.Fields {
		name := before.Name + "." + old.Name
		now := after.Fields.ForName(old.Name)
		switch {
		case strings.HasPrefix(old.Name, "__"):
		case now == nil:
			d.say("%s was removed", name)
		default:
			if !stillGives(old.Type, now.Type) {
				d.say("%s is %s, no longer %s", name, now.Type, old.Type)
			}
			d.arguments(name, old.Arguments, now.Arguments)
		}
	}
}

func (d *differ) arguments(field string, before, after ast.ArgumentDefinitionList) {
	for _, old := range before {
		now := after.ForName(old.Name)
		if now == nil {
			d.say("%s(%s:) was removed", field, old.Name)
			continue
		}
		d.input(fmt.Sprintf("%s(%s:)", field, old.Name), old.Type, now.Type, old.DefaultValue, now.DefaultValue)
	}
	for _, now := range after {
		if before.ForName(now.Name) == nil && required(now.Type, now.DefaultValue) {
			d.say("%s(%s:) is new and required", field, now.Name)
		}
	}
}

func (d *differ) inputFields(before, after *ast.Definition) {
	for _, old := range before.Fields {
		name := before.Name + "." + old.Name
		now := after.Fields.ForName(old.Name)
		if now == nil {
			d.say("%s was removed", name)
			continue
		}
		d.input(name, old.Type, now.Type, old.DefaultValue, now.DefaultValue)
	}
	for _, now := range after.Fields {
		if before.Fields.ForName(now.Name) == nil && required(now.Type, now.DefaultValue) {
			d.say("%s.%s is new and required", before.Name, now.Name)
		}
	}
}

// input compares a value that clients send.
func (d *differ) input(name string, before, after *ast.Type, beforeDefault, afterDefault *ast.Value) {
	switch {
	case !stillTakes(before, after):
		d.say("%s is %s, no longer %s", name, after, before)
	case required(after, afterDefault) && !required(before, beforeDefault):
		d.say("%s is required", name)
	}
}

func required(t *ast.Type, value *ast.Value) bool { return t.NonNull && value == nil }

// stillGives reports whether who understands answers of one type understands those
// of another: what was never null must stay so.
func stillGives(before, after *ast.Type) bool {
	if before.NonNull && !after.NonNull || (before.Elem == nil) != (after.Elem == nil) {
		return false
	}
	if before.Elem != nil {
		return stillGives(before.Elem, after.Elem)
	}
	return before.NamedType == after.NamedType
}

// stillTakes reports whether what could be sent as one type can be sent as another:
// what could be null must stay so.
func stillTakes(before, after *ast.Type) bool {
	if (before.Elem == nil) != (after.Elem == nil) {
		return false
	}
	if before.Elem == nil {
		return before.NamedType == after.NamedType && (before.NonNull || !after.NonNull)
	}
	return stillTakes(before.Elem, after.Elem) && (before.NonNull || !after.NonNull)
}
