// Command configdoc writes docs/configuration.md: every setting of the service, from
// the types in internal/config and the comments on them.
package main

import (
	"fmt"
	"os"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/config/reference"
)

const target = "docs/configuration.md"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "configdoc:", err)
		os.Exit(1)
	}
}

func run() error {
	page, err := reference.Document(os.DirFS("."), config.Default(), config.EnvPrefix)
	if err != nil {
		return err
	}
	return os.WriteFile(target, page, 0o644) //nolint:gosec // everybody may read documentation
}
