// Package limits bounds what one GraphQL document may ask for, before any of it is
// validated or run.
package limits

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"goldpath.local/service/pkg/graphqlerror"
)

// Config bounds one operation, before any of it runs.
type Config struct {
	// Bytes is the greatest size of a document.
	Bytes int `mapstructure:"bytes"`
	// Tokens is the greatest number of lexical tokens in a document.
	Tokens int `mapstructure:"tokens"`
	// Fragments is the greatest number of named fragments in a document: the time
	// to validate it grows faster than their number.
	Fragments int `mapstructure:"fragments"`
	// Depth is how deep fields may be nested.
	Depth int `mapstructure:"depth"`
	// Aliases is how many fields may be asked for under another name, or more than
	// once in one place.
	Aliases int `mapstructure:"aliases"`
	// Complexity is the greatest cost. A field costs 1 and what is below it, unless
	// the schema has a function for its cost.
	Complexity int `mapstructure:"complexity"`
}

// Validate reports bounds that make no sense.
func (c Config) Validate() error {
	if min(c.Bytes, c.Tokens, c.Fragments, c.Depth, c.Aliases, c.Complexity) < 1 {
		return errors.New("graphql.limits must all be positive")
	}
	return nil
}

// Reasons that gqlgen has no words for.
const (
	// ReasonParse is a document that is not GraphQL.
	ReasonParse = "PARSE_FAILED"
	// ReasonValidation is a document that does not fit the schema.
	ReasonValidation = "VALIDATION_FAILED"
)

// Reasons of documents that are not run.
const (
	reasonOperation     = "OPERATION_NOT_FOUND"
	reasonBytes         = "DOCUMENT_TOO_LARGE"
	reasonFragments     = "TOO_MANY_FRAGMENTS"
	reasonDepth         = "QUERY_TOO_DEEP"
	reasonAliases       = "TOO_MANY_ALIASES"
	reasonComplexity    = "QUERY_TOO_COMPLEX"
	reasonIntrospection = "INTROSPECTION_DISABLED"
)

// invalid returns the error for a document that is not run.
func invalid(reason, format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{graphqlerror.KeyCode: errcode.ValidationFailed, graphqlerror.KeyReason: reason}
	return err
}

// Use bounds the documents that a server runs. persisted keeps documents for
// clients to refer to; known are those that have passed, parsed and validated.
func Use(
	server *handler.Server, cfg Config, introspection bool, persisted graphql.Cache[string], known graphql.Cache[*ast.QueryDocument],
) {
	server.SetParserTokenLimit(cfg.Tokens)
	server.Use(sizeLimit{cfg.Bytes}) // before anything is kept
	server.Use(extension.AutomaticPersistedQuery{Cache: persisted})
	server.Use(&shapeLimits{limits: cfg, introspection: introspection, known: known})
}

// sizeLimit bounds documents before they are kept as persisted queries.
type sizeLimit struct{ bytes int }

var _ graphql.OperationParameterMutator = sizeLimit{}

// ExtensionName implements graphql.HandlerExtension.
func (sizeLimit) ExtensionName() string { return "SizeLimit" }

// Validate implements graphql.HandlerExtension.
func (sizeLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses a document that is too large.
func (l sizeLimit) MutateOperationParameters(_ context.Context, request *graphql.RawParams) *gqlerror.Error {
	if len(request.Query) > l.bytes {
		return invalid(reasonBytes, "the document has more than %d bytes", l.bytes)
	}
	return nil
}

// shapeLimits bounds what a document asks for. It looks at it before it is
// validated: validation and the calculation of complexity follow every spread of a
// fragment, which a kilobyte of text can make 2^30 of.
type shapeLimits struct {
	limits        Config
	introspection bool
	known         graphql.Cache[*ast.QueryDocument] // documents that have passed
	schema        graphql.ExecutableSchema
}

var _ interface {
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = (*shapeLimits)(nil)

// ExtensionName implements graphql.HandlerExtension.
func (*shapeLimits) ExtensionName() string { return "ShapeLimits" }

// Validate implements graphql.HandlerExtension.
func (l *shapeLimits) Validate(schema graphql.ExecutableSchema) error {
	l.schema = schema
	return nil
}

// MutateOperationParameters refuses a document by its shape, which is not looked at
// again once it has run, and one that does not have the operation.
func (l *shapeLimits) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	doc, ok := l.known.Get(ctx, request.Query)
	if !ok {
		var failed *gqlerror.Error
		if doc, failed = l.read(request.Query); failed != nil {
			return failed
		}
	}
	return choose(doc, request.OperationName)
}

func (l *shapeLimits) read(text string) (*ast.QueryDocument, *gqlerror.Error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, l.limits.Tokens)
	if err != nil {
		failed := gqlerror.WrapIfUnwrapped(err)
		errcode.Set(failed, errcode.ParseFailed)
		return nil, failed
	}
	return doc, l.check(doc)
}

// choose returns an error unless the name says which operation of the document is
// meant; it may be "" if there is only one.
func choose(doc *ast.QueryDocument, name string) *gqlerror.Error {
	switch {
	case len(doc.Operations) == 0:
		return invalid(reasonOperation, "the document has no operation")
	case doc.Operations.ForName(name) != nil:
		return nil
	case name == "":
		return invalid(reasonOperation, "the document has several operations: say which with operationName")
	default:
		return invalid(reasonOperation, "the document has no operation of that name")
	}
}

func (l *shapeLimits) check(doc *ast.QueryDocument) *gqlerror.Error {
	if len(doc.Fragments) > l.limits.Fragments {
		return invalid(reasonFragments, "the document has more than %d fragments", l.limits.Fragments)
	}
	shape := shapeOf(doc)
	switch {
	case shape.depth > l.limits.Depth:
		return invalid(reasonDepth, "fields are nested more than %d deep", l.limits.Depth)
	case shape.aliases > l.limits.Aliases:
		return invalid(reasonAliases, "more than %d fields are renamed or repeated", l.limits.Aliases)
	case shape.fields > l.limits.Complexity: // every field costs something
		return invalid(reasonComplexity, "the operation costs more than %d", l.limits.Complexity)
	case shape.introspects && !l.introspection:
		return invalid(reasonIntrospection, "the schema cannot be asked for here")
	default:
		return nil
	}
}

// MutateOperationContext refuses an operation that costs too much with its
// variables.
func (l *shapeLimits) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	cost := complexity.Calculate(ctx, l.schema, op.Operation, op.Variables)
	if cost > l.limits.Complexity {
		return invalid(reasonComplexity, "the operation costs %d, more than %d", cost, l.limits.Complexity)
	}
	return nil
}

// ListCost returns the complexity of a field that gives up to length items of
// which each costs item: for the functions in gqlgen's ComplexityRoot. Clients
// choose the length, so it may be negative or enormous.
func ListCost(length, item int) int {
	length, item = min(max(length, 0), most), min(max(item, 0), most)
	return 1 + length*item
}
