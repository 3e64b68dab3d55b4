// Package graphapi is the GraphQL API: it turns operations into calls of use cases
// and their results into answers, as the schema says.
package graphapi

import (
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql/playground"
	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/pkg/graphqlserver"
	"goldpath.local/service/pkg/graphqlserver/admission"
	"goldpath.local/service/pkg/logging"
)

// Path is where operations are sent.
const Path = "/graphql"

// Options holds what the API needs beside its server.
type Options struct {
	// Playground serves GraphiQL below Path. A browser loads its code from a CDN.
	Playground bool
}

// Mount returns the routes of the API, served by server.
func Mount(server http.Handler, opts Options) handlers.Mount {
	return func(routes gin.IRouter) {
		serve := serveWith(server)
		routes.POST(Path, serve)
		routes.GET(Path, serve)
		if opts.Playground {
			routes.GET(Path+"/playground", gin.WrapH(playground.Handler("GraphiQL", Path)))
		}
	}
}

// IsStream reports whether a request asks for a subscription.
func IsStream(r *http.Request) bool { return r.URL.Path == Path && admission.IsStream(r) }

// serveWith leaves the type and the name of the operation in the record of the
// request.
func serveWith(server http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, note := graphqlserver.WithNote(c.Request.Context())
		if admission.IsUpgrade(c.Request) {
			ctx = graphqlserver.WithClientIP(ctx, c.ClientIP())
		}
		server.ServeHTTP(c.Writer, c.Request.WithContext(ctx))
		if note.Type != "" {
			c.Request = c.Request.WithContext(logging.With(c.Request.Context(),
				slog.String("operation", note.Type), slog.String("operation_name", note.Name)))
		}
	}
}
