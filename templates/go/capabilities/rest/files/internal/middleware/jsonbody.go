package middleware

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/apierror"
)

// JSONBody refuses bodies that are not exactly one JSON value: decoders stop after
// the first, and what follows would be lost without a word. It reads the body, whose
// size must be limited before, and leaves it to be read again.
func JSONBody() gin.HandlerFunc {
	return func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			FailRequest(c, err)
			return
		}
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
		switch {
		case len(body) == 0: // whether there must be one is for the operation to say
		case !isJSON(c.GetHeader("Content-Type")):
			c.Header("Accept", "application/json") // RFC 9110, 15.5.16
			failWith(c, statusProblem(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"))
		case !json.Valid(body):
			Fail(c, apierror.New(apierror.Invalid, "INVALID_REQUEST", "the body must be one JSON value"))
		}
		if !c.IsAborted() {
			c.Next()
		}
	}
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}
