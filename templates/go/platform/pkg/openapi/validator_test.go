package openapi_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/openapi"
)

const spec = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /things/{id}:
    put:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: X-Mode, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string, minLength: 1}
                tags: {type: array, items: {type: string, maxLength: 3}}
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {type: object, required: [name]}
`

func validator(t *testing.T) *openapi.Validator {
	t.Helper()
	v, err := openapi.NewValidator([]byte(spec))
	require.NoError(t, err)
	return v
}

func put(query, mode, body string) openapi.Operation {
	req := httptest.NewRequest(http.MethodPut, "/things/7?"+query, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	if mode != "" {
		req.Header.Set("X-Mode", mode)
	}
	return openapi.Operation{Pattern: "/things/{id}", Params: map[string]string{"id": "7"}, Request: req}
}

func TestAllowedRequestsPassAndKeepTheirBody(t *testing.T) {
	op := put("limit=1", "fast", `{"name":"a"}`)
	require.NoError(t, validator(t).Request(t.Context(), op))
	body, err := io.ReadAll(op.Request.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"a"}`, string(body))
}

func TestRefusalsNameEveryFieldAndQuoteNoInput(t *testing.T) {
	noBody := put("", "fast", "")
	noBody.Request.Body = http.NoBody
	badID := put("", "fast", `{"name":"a"}`)
	badID.Params["id"] = "secret"
	badType := put("", "fast", `{"name":"a"}`)
	badType.Request.Header.Set("Content-Type", "text/plain")
	tests := map[string]struct {
		op     openapi.Operation
		fields []string
	}{
		"query and header": {put("limit=0", "", `{"name":"a"}`), []string{"limit", "X-Mode"}},
		"query type":       {put("limit=secret", "fast", `{"name":"a"}`), []string{"limit"}},
		"body fields":      {put("", "fast", `{"name":"","tags":["secret"]}`), []string{"name", "tags.0"}},
		"missing field":    {put("", "fast", `{}`), []string{"name"}},
		"not json":         {put("", "fast", `{secret`), []string{"body"}},
		"no body":          {noBody, []string{"body"}},
		"path":             {badID, []string{"id"}},
		"media type":       {badType, []string{"body"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := validator(t).Request(t.Context(), tc.op)
			require.ErrorIs(t, err, openapi.ErrInvalidRequest)
			require.NotContains(t, err.Error(), "secret")
			var names []string
			for _, f := range apierror.From(err).Fields {
				names = append(names, f.Field)
				require.NotEmpty(t, f.Message)
			}
			require.ElementsMatch(t, tc.fields, names)
		})
	}
}

func TestTooLargeBodiesStayRecognisable(t *testing.T) {
	op := put("", "fast", `{"name":"abcdef"}`)
	op.Request.Body = http.MaxBytesReader(httptest.NewRecorder(), op.Request.Body, 4)
	var tooLarge *http.MaxBytesError
	require.ErrorAs(t, validator(t).Request(t.Context(), op), &tooLarge)
}

func TestBodiesThatArriveTooLateAreNotInvalid(t *testing.T) {
	op := put("", "fast", "")
	op.Request.Body = io.NopCloser(iotest.ErrReader(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}))
	require.ErrorIs(t, validator(t).Request(t.Context(), op), os.ErrDeadlineExceeded)
}

func TestOperationsOutsideTheDocumentAreADefect(t *testing.T) {
	op := put("", "fast", `{}`)
	op.Pattern = "/other"
	require.ErrorContains(t, validator(t).Request(t.Context(), op), "not in the OpenAPI document")
	require.ErrorContains(t, validator(t).Response(t.Context(), op, 200, nil, nil), "not in the OpenAPI document")
}

func TestResponsesAreChecked(t *testing.T) {
	v, op := validator(t), put("", "fast", `{"name":"a"}`)
	header := http.Header{"Content-Type": {"application/json"}}
	require.NoError(t, v.Response(t.Context(), op, http.StatusOK, header, []byte(`{"name":"a"}`)))
	require.ErrorContains(t, v.Response(t.Context(), op, http.StatusOK, header, []byte(`{}`)), "name")
	require.Error(t, v.Response(t.Context(), op, http.StatusTeapot, header, nil), "status not in the document")
}

func TestBrokenDocumentsAreRefused(t *testing.T) {
	_, err := openapi.NewValidator([]byte("{"))
	require.ErrorContains(t, err, "parse")
	_, err = openapi.NewValidator([]byte("openapi: 3.0.3\npaths: {}\n"))
	require.ErrorContains(t, err, "check")
}
