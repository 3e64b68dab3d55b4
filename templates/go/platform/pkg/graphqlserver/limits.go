package graphqlserver

import (
	"context"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"goldpath.local/service/pkg/graphqlerror"
)

// Reasons of documents that are not run.
const (
	reasonBytes         = "DOCUMENT_TOO_LARGE"
	reasonFragments     = "TOO_MANY_FRAGMENTS"
	reasonDepth         = "QUERY_TOO_DEEP"
	reasonAliases       = "TOO_MANY_ALIASES"
	reasonComplexity    = "QUERY_TOO_COMPLEX"
	reasonIntrospection = "INTROSPECTION_DISABLED"
	reasonParse         = "PARSE_FAILED"
	reasonValidation    = "VALIDATION_FAILED"
)

// invalid returns the error for a document that is not run.
func invalid(reason, format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{graphqlerror.KeyCode: errcode.ValidationFailed, graphqlerror.KeyReason: reason}
	return err
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
	limits        Limits
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

// MutateOperationParameters refuses a document by its shape. One that was run
// before is not looked at again.
func (l *shapeLimits) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	if _, ok := l.known.Get(ctx, request.Query); ok {
		return nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, l.limits.Tokens)
	if err != nil {
		failed := gqlerror.WrapIfUnwrapped(err)
		errcode.Set(failed, errcode.ParseFailed)
		return failed
	}
	return l.check(doc)
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
