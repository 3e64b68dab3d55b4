// Package migrations holds the schema of the database as a list of steps.
// Released steps never change; see docs/runbook.md for how to add one.
package migrations

import "embed"

// Files holds the goose migrations, in the order of their numbers.
//
//go:embed *.sql
var Files embed.FS
