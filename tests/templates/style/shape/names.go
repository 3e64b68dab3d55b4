package shape

import (
	"path"
	"strings"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

// catchAll are names that say nothing about what belongs under them.
var catchAll = map[string]bool{
	"base": true, "common": true, "helper": true, "helpers": true, "lib": true, "misc": true, "models": true,
	"shared": true, "stuff": true, "util": true, "utils": true,
}

// CatchAllNames looks for packages and files with names that take anything.
func CatchAllNames(m *source.Module) table.Row {
	var findings []table.Finding
	for _, p := range m.Packages {
		if catchAll[p.Name] {
			findings = append(findings, table.Finding{File: p.Dir, Text: "package " + p.Name})
		}
		for _, f := range p.Files {
			name := path.Base(f.Path)
			if catchAll[strings.TrimSuffix(name, ".go")] {
				findings = append(findings, table.Finding{File: f.Path, Text: "file " + name})
			}
		}
	}
	return table.None("catch-all names", findings)
}
