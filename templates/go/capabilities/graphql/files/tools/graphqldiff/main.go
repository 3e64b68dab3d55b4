// Command graphqldiff fails when the GraphQL schema would break clients of another
// revision of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	schemaFolder = "api/graphql"
	schemaEnding = ".graphqls"
	// acceptedFile names the breaking changes that were agreed on, one a line.
	acceptedFile = schemaFolder + "/breaking-changes.txt"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: graphqldiff REVISION")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, ".", git, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "graphqldiff:", err)
		os.Exit(1)
	}
}

// runner runs git and returns what it prints.
type runner func(ctx context.Context, args ...string) (string, error)

func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output() //nolint:gosec // whoever runs this chooses the revision
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("git: %s", strings.TrimSpace(string(failed.Stderr)))
	}
	return string(out), err
}

// run compares the schema below root with the one at revision, and prints every
// breaking change that was not agreed on. Where there was no schema, there is
// nothing to break.
func run(ctx context.Context, out io.Writer, root string, git runner, revision string) error {
	before, err := sourcesAt(ctx, git, revision)
	if err != nil {
		return fmt.Errorf("read schema of %s: %w", revision, err)
	}
	if len(before) == 0 {
		_, err := fmt.Fprintln(out, "there is no schema at", revision)
		return err
	}
	after, err := sourcesIn(root)
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	accepted, err := os.ReadFile(filepath.Join(root, acceptedFile)) //nolint:gosec // a file of this repository
	if err != nil {
		return err
	}
	return report(out, before, after, strings.Split(string(accepted), "\n"))
}

func report(out io.Writer, before, after []*ast.Source, accepted []string) error {
	was, err := gqlparser.LoadSchema(before...)
	if err != nil {
		return fmt.Errorf("parse former schema: %w", err)
	}
	is, err := gqlparser.LoadSchema(after...)
	if err != nil {
		return fmt.Errorf("parse schema: %w", err)
	}
	breaking := slices.DeleteFunc(breakingChanges(was, is), func(change string) bool { return slices.Contains(accepted, change) })
	for _, change := range breaking {
		if _, err := fmt.Fprintln(out, change); err != nil {
			return err
		}
	}
	if len(breaking) > 0 {
		return fmt.Errorf("%d breaking changes", len(breaking))
	}
	return nil
}

func sourcesAt(ctx context.Context, git runner, revision string) ([]*ast.Source, error) {
	names, err := git(ctx, "ls-tree", "--name-only", revision, schemaFolder+"/")
	if err != nil {
		return nil, err
	}
	var sources []*ast.Source
	for name := range strings.FieldsSeq(names) {
		if path.Ext(name) != schemaEnding {
			continue
		}
		text, err := git(ctx, "show", revision+":"+name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &ast.Source{Name: name, Input: text})
	}
	return sources, nil
}

func sourcesIn(root string) ([]*ast.Source, error) {
	names, err := filepath.Glob(filepath.Join(root, schemaFolder, "*"+schemaEnding))
	if err != nil {
		return nil, err
	}
	var sources []*ast.Source
	for _, name := range names {
		text, err := os.ReadFile(name) //nolint:gosec // a file of this repository
		if err != nil {
			return nil, err
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	return sources, nil
}
