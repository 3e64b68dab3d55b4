// Package openapi checks HTTP messages against the OpenAPI document of the
// service.
package openapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"goldpath.local/service/pkg/apierror"
)

// ErrInvalidRequest is a request that the document does not allow.
var ErrInvalidRequest = apierror.New(apierror.Invalid, "INVALID_REQUEST", "the request is not valid")

// Validator holds a parsed document. It is safe for concurrent use.
type Validator struct {
	doc *openapi3.T
}

// NewValidator parses and checks the document.
func NewValidator(spec []byte) (*Validator, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(spec)
	if err != nil {
		return nil, fmt.Errorf("parse OpenAPI document: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("check OpenAPI document: %w", err)
	}
	return &Validator{doc: doc}, nil
}

// Operation is a request as the router matched it.
type Operation struct {
	// Pattern is the path in the document, e.g. "/tasks/{id}".
	Pattern string
	// Params holds the path parameters by name.
	Params map[string]string
	// Request is the request; its body can still be read after validation.
	Request *http.Request
}

func (v *Validator) input(op Operation) (*openapi3filter.RequestValidationInput, error) {
	item := v.doc.Paths.Value(op.Pattern)
	if item == nil || item.GetOperation(op.Request.Method) == nil {
		return nil, fmt.Errorf("%s %s is not in the OpenAPI document", op.Request.Method, op.Pattern)
	}
	return &openapi3filter.RequestValidationInput{
		Request:    op.Request,
		PathParams: op.Params,
		Route: &routers.Route{
			Spec: v.doc, Path: op.Pattern, PathItem: item,
			Method: op.Request.Method, Operation: item.GetOperation(op.Request.Method),
		},
		Options: &openapi3filter.Options{
			MultiError:            true,
			IncludeResponseStatus: true,
			AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		},
	}, nil
}

// Request returns ErrInvalidRequest, with what is wrong by field, unless the
// document allows the request. Failures to read the body are returned as they are.
func (v *Validator) Request(ctx context.Context, op Operation) error {
	input, err := v.input(op)
	if err != nil {
		return err
	}
	err = openapi3filter.ValidateRequest(ctx, input)
	// The filter's own error quotes the input, which may be personal: only the
	// fields and rules that it broke go on.
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("read body: %w", os.ErrDeadlineExceeded)
	default:
		return ErrInvalidRequest.WithFields(fields(err)...)
	}
}

// Response returns an error unless the document allows this answer to the request.
func (v *Validator) Response(ctx context.Context, op Operation, status int, header http.Header, body []byte) error {
	input, err := v.input(op)
	if err != nil {
		return err
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                input.Options,
	})
	if err != nil {
		return fmt.Errorf("answer differs from the OpenAPI document: %w", err)
	}
	return nil
}

// fields flattens the errors of the filter into one entry per invalid part.
func fields(err error) []apierror.Field {
	switch typed := err.(type) { //nolint:errorlint // walks the tree itself
	case openapi3.MultiError:
		var all []apierror.Field
		for _, inner := range typed {
			all = append(all, fields(inner)...)
		}
		return all
	case *openapi3filter.RequestError:
		return requestFields(typed)
	case *openapi3.SchemaError:
		return []apierror.Field{{Field: strings.Join(typed.JSONPointer(), "."), Message: typed.Reason}}
	default:
		return []apierror.Field{{Field: "body", Message: "cannot be read"}}
	}
}

func requestFields(err *openapi3filter.RequestError) []apierror.Field {
	if err.Parameter == nil {
		if err.Err == nil {
			return []apierror.Field{{Field: "body", Message: err.Reason}}
		}
		return fields(err.Err)
	}
	field := apierror.Field{Field: err.Parameter.Name, Message: err.Reason}
	var schema *openapi3.SchemaError
	if errors.As(err.Err, &schema) {
		field.Message = schema.Reason
	}
	if field.Message == "" {
		field.Message = "has the wrong format"
	}
	return []apierror.Field{field}
}
