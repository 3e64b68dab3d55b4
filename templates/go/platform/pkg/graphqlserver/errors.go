package graphqlserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlerror"
	"goldpath.local/service/pkg/requestid"
)

// errUnreadable is a request that is no GraphQL request.
var errUnreadable = apierror.New(apierror.Invalid, "INVALID_REQUEST", "the request cannot be read")

// present returns what the client is told about an error: errors of the model as
// graphqlerror has them, what the parser and the rules of validation say as it is,
// and nothing of any other. The log gets the causes of failures.
func (s *Server) present(ctx context.Context, err error) *gqlerror.Error {
	told := presentable(ctx, err)
	if id := requestid.From(ctx); id != "" {
		told.Extensions[graphqlerror.KeyRequestID] = id
	}
	s.report(ctx, told, err)
	return told
}

func presentable(ctx context.Context, err error) *gqlerror.Error {
	var located *gqlerror.Error
	if !errors.As(err, &located) {
		told := graphqlerror.FromError(err)
		told.Path = graphql.GetPath(ctx)
		return told
	}
	told := fromGraphQL(ctx, located)
	told.Path, told.Locations = located.Path, located.Locations
	return told
}

// fromGraphQL tells errors that gqlgen itself makes from those that it wraps.
func fromGraphQL(ctx context.Context, err *gqlerror.Error) *gqlerror.Error {
	code, hasCode := err.Extensions[graphqlerror.KeyCode].(string)
	switch {
	case err.Err != nil:
		return graphqlerror.FromError(err.Err)
	case hasCode:
		extensions := maps.Clone(err.Extensions)
		if _, ok := extensions[graphqlerror.KeyReason]; !ok {
			extensions[graphqlerror.KeyReason] = reasonOfCode(code)
		}
		return &gqlerror.Error{Message: err.Message, Extensions: extensions}
	case err.Path != nil:
		return graphqlerror.FromError(err) // a resolver broke the schema
	case !graphql.HasOperationContext(ctx):
		return graphqlerror.FromError(errUnreadable) // its own text quotes the request
	default:
		return graphqlerror.FromError(apierror.New(errUnreadable.Kind, errUnreadable.Reason, err.Message))
	}
}

func reasonOfCode(code string) string {
	switch code {
	case errcode.ParseFailed:
		return reasonParse
	case errcode.ValidationFailed:
		return reasonValidation
	default:
		return code
	}
}

func reasonOf(told *gqlerror.Error) string {
	reason, _ := told.Extensions[graphqlerror.KeyReason].(string)
	return reason
}

// recovered turns a panic of a resolver into an error and logs its stack. The
// process goes on: one bad field must not end the others.
func (s *Server) recovered(ctx context.Context, recovered any) error {
	s.opts.Log.ErrorContext(ctx, "resolver panicked", "stack", string(debug.Stack()))
	return apierror.New(apierror.Internal, "INTERNAL", "internal error").WithCause(fmt.Errorf("panic: %v", recovered))
}

// report logs the first failure of an operation. What clients do wrong is none.
func (s *Server) report(ctx context.Context, told *gqlerror.Error, err error) {
	level, failed := levelOf(told)
	op := operationOf(ctx)
	if !failed || op != nil && op.reported.Swap(true) {
		return
	}
	attrs := []slog.Attr{slog.String("path", told.Path.String()), slog.Any("error", err)}
	if op != nil {
		attrs = append(attrs, slog.String("operation", string(op.kind)), slog.String("name", op.name))
	}
	s.opts.Log.LogAttrs(ctx, level, "operation failed", attrs...)
}

// levelOf makes defects of the service errors, and what may pass warnings.
func levelOf(told *gqlerror.Error) (level slog.Level, failed bool) {
	code, _ := told.Extensions[graphqlerror.KeyCode].(string)
	switch graphqlerror.Kind(code) {
	case apierror.Internal:
		return slog.LevelError, true
	case apierror.Unavailable, apierror.Timeout:
		return slog.LevelWarn, true
	default:
		return slog.LevelInfo, false
	}
}
