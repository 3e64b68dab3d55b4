// Command graphql makes the execution of the GraphQL schema, as gqlgen would, with
// names that do not hold the path of the module: what it makes is the same in
// every service with the same schema.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"golang.org/x/mod/modfile"
)

// configFile is relative to the root of the service, where this module lies in
// tools/graphql.
const configFile = "api/graphql/gqlgen.yml"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		return err
	}
	cfg, err := config.LoadConfig(configFile)
	if err != nil {
		return err
	}
	if err := api.Generate(cfg); err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	for _, file := range []string{cfg.Exec.Filename, cfg.Model.Filename} {
		if err := neutralise(file, modfile.ModulePath(mod)); err != nil {
			return fmt.Errorf("neutralise %s: %w", file, err)
		}
	}
	return nil
}

// neutralise takes the path of the package out of the names in a file.
func neutralise(file, module string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	// As gqlgen writes paths in names.
	mangled := strings.NewReplacer("/", "ᚋ", ".", "ᚗ", "-", "ᚑ", "~", "א").Replace(module + "/api/graphql")
	content, err = format.Source(bytes.ReplaceAll(content, []byte(mangled+"ᚐ"), nil))
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
