// Command style measures the hand-written Go of a module against the bar for
// rendered services, and prints one row for each measure.
//
// It exits with 0 when every bar is reached, 1 when one is missed, and 2 when
// the module cannot be measured.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"goldpath.local/style/docs"
	"goldpath.local/style/errorflow"
	"goldpath.local/style/shape"
	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	module          string
	json, all       bool
	roots, composed []string
}

// run does what the arguments ask for, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, ok := parse(args, stderr)
	if !ok {
		return 2
	}
	module, err := source.Load(ctx, opts.module)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "style:", err)
		return 2
	}
	outcome := measure(module, opts)
	if err := write(outcome, opts, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "style:", err)
		return 2
	}
	if !outcome.Passed() {
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (opts options, ok bool) {
	flags := flag.NewFlagSet("style", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&opts.json, "json", false, "print JSON")
	flags.BoolVar(&opts.all, "all", false, "print the findings of rows that pass, too")
	roots := flags.String("roots", "internal/app", "`folders` of composition roots, whose functions may be longer")
	composed := flags.String("composed", "internal/app,internal/config,internal/middleware",
		"`folders` with a file for each part of the service")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "usage: style [flags] <folder of a module>")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return opts, false
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return opts, false
	}
	opts.module = flags.Arg(0)
	opts.roots, opts.composed = strings.Split(*roots, ","), strings.Split(*composed, ",")
	return opts, true
}

func measure(m *source.Module, opts options) table.Table {
	return table.Table{
		shape.FileLines(m, opts.composed),
		shape.FunctionLines(m, opts.roots),
		shape.PackageFiles(m, opts.composed),
		shape.CatchAllNames(m),
		docs.Measure(m),
		shape.CommentShare(m),
		shape.TestLines(m),
		errorflow.Wrapping(m),
		errorflow.Phrases(m),
		errorflow.LoggedAndReturned(m),
	}
}

func write(outcome table.Table, opts options, w io.Writer) error {
	if opts.json {
		return outcome.WriteJSON(w)
	}
	return outcome.WriteText(w, opts.all)
}
