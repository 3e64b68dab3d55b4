package main

import (
	"context"
	"fmt"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// api is one API of the service, and what is sent to it.
type api struct {
	name string
	// prepare makes something to read, and returns the requests of one round.
	prepare func(ctx context.Context, s settings) ([]vegeta.Target, error)
	// failure says why an answer is none, or "": a failure may have the status 200.
	failure func(result *vegeta.Result) string
	// options set up connections.
	options func(s settings) []func(*vegeta.Attacker)
}

// apis returns all APIs of the service.
func apis() []api {
	return []api{
		//% if cookiecutter.rest == "yes"
		restAPI(),
		//% endif
		//% if cookiecutter.graphql == "yes"
		graphQLAPI(),
		//% endif
		//% if cookiecutter.grpc == "yes"
		grpcAPI(),
		//% endif
	}
}

// choose returns the API with this name, or all for "".
func choose(all []api, name string) ([]api, error) {
	if name == "" {
		return all, nil
	}
	for _, a := range all {
		if a.name == name {
			return []api{a}, nil
		}
	}
	return nil, fmt.Errorf("there is no API %q: the service has %s", name, names(all))
}

func names(all []api) string {
	var list []string
	for _, a := range all {
		list = append(list, a.name)
	}
	return strings.Join(list, ", ")
}
