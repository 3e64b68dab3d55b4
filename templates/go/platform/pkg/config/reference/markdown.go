package reference

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
)

// Document lists the settings of cfg as List does, explains them by the comments
// in the source of the module, whose root is files, and returns the page.
func Document(files fs.FS, cfg any, prefix string) ([]byte, error) {
	sections, err := List(cfg, prefix)
	if err != nil {
		return nil, err
	}
	source, err := NewSource(files)
	if err != nil {
		return nil, err
	}
	if err := source.Explain(sections); err != nil {
		return nil, err
	}
	return Markdown(sections, prefix), nil
}

// Markdown returns the settings as a page with one table per section. What it
// writes of a section depends on that section only, and ends with a line break,
// so that a template can leave sections out.
func Markdown(sections []Section, prefix string) []byte {
	var page bytes.Buffer
	fmt.Fprintf(&page, `# Configuration

<!-- Generated from the comments in the code by make generate. Do not edit. -->

A setting has its value from, strongest first: the file that its environment variable with _FILE at the end names, its
environment variable, the YAML file that %[1]s_CONFIG_FILE names, its default. Secrets belong into files that are mounted.
Durations are written like 1h30m or 250ms; in a variable, the parts of a list are parted by commas. An empty variable is an empty value.
A wrong key in the file is refused at start; a variable that begins with %[1]s_ and sets nothing is named by a warning.
`, strings.ToUpper(prefix))
	for _, section := range sections {
		writeSection(&page, section)
	}
	return page.Bytes()
}

func writeSection(page *bytes.Buffer, section Section) {
	name := section.Name
	if name == "" {
		name = "General"
	}
	fmt.Fprintf(page, "\n## %s\n\n", name)
	if section.Doc != "" {
		fmt.Fprintf(page, "%s\n\n", escape(section.Doc))
	}
	page.WriteString("| Key | Environment variable | Type | Default | Meaning |\n|---|---|---|---|---|\n")
	for _, s := range section.Settings {
		fmt.Fprintf(page, "| `%s` | %s | %s | %s | %s |\n", s.Key, variable(s), s.Type, code(s.Default), escape(s.Doc))
	}
}

// variable returns the cell of the variable. A map has none: no text stands for it.
func variable(s Setting) string {
	if strings.HasPrefix(s.Type, "map of ") {
		return "in the file only"
	}
	return code(s.Env)
}

// code writes a value in a cell of a table.
func code(value string) string {
	if value == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(value, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		value = " " + value + " " // Markdown drops one space on either side
	}
	return fence + strings.NewReplacer("|", `\|`, "\n", " ").Replace(value) + fence
}

// escape keeps text from being read as markup; code in backticks stays.
func escape(text string) string {
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.NewReplacer("<", "&lt;", "*", `\*`, "[", `\[`).Replace(parts[i])
	}
	return strings.ReplaceAll(strings.Join(parts, "`"), "|", `\|`)
}
