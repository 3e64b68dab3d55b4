package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// readsPerWrite is how many requests of a round read, before one that writes.
const readsPerWrite = 4

// roundOf returns a round of requests.
func roundOf(read, write vegeta.Target) []vegeta.Target {
	round := []vegeta.Target{write}
	for range readsPerWrite {
		round = append(round, read)
	}
	return round
}

// post returns a request with a body, for whom the token names.
func post(s settings, url, contentType string, body []byte) vegeta.Target {
	header := http.Header{"Content-Type": {contentType}}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	return vegeta.Target{Method: http.MethodPost, URL: url, Header: header, Body: body}
}

// send sends one request, before the load, and returns the body of the answer.
func send(ctx context.Context, client *http.Client, target vegeta.Target) (body []byte, header http.Header, err error) {
	req, err := target.Request()
	if err != nil {
		return nil, nil, err
	}
	res, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode < 200 || res.StatusCode >= 300 {
		return nil, nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err = io.ReadAll(res.Body)
	return body, res.Header, err
}
