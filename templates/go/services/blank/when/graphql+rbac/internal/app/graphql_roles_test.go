package app

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth/authtest"
)

func TestRolesDecideWhichFieldsCallersMaySelect(t *testing.T) {
	r := start(t, 0)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(query string, roles ...string) string {
		as := caller{r.issuer, r.issuer.Token(authtest.Roles(roles...))}
		_, answer, err := request(client, http.MethodPost, r.api.Addr(), "/graphql", `{"query":"`+query+`"}`, as)
		require.NoError(t, err)
		return answer
	}
	const (
		read  = `{ tasks { pageInfo { hasNextPage } } }`
		write = `mutation { createTask(input: {title: \"a\"}) { task { title } } }`
	)
	require.Contains(t, ask(read, "reader"), `"hasNextPage":false`)
	require.Contains(t, ask(write, "reader"), `"reason":"PERMISSION_DENIED"`)
	require.Contains(t, ask(write, "editor"), `"title":"a"`)
	require.Contains(t, ask(read), `"reason":"PERMISSION_DENIED"`)
	r.stop()
	require.NoError(t, <-r.ended)
}
