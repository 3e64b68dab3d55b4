package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const taskService = "/tasks.v1.TaskService/"

// grpcAPI reads one task again and again, and creates others. A unary call is a POST
// over HTTP/2 whose messages have a prefix of five bytes ("gRPC over HTTP2"), so the
// same generator serves it, and the program needs no generated code.
func grpcAPI() api {
	return api{
		name:    "grpc",
		prepare: prepareGRPC,
		failure: grpcFailure,
		options: func(s settings) []func(*vegeta.Attacker) {
			return []func(*vegeta.Attacker){vegeta.H2C(strings.HasPrefix(s.grpc, "http:"))}
		},
	}
}

func prepareGRPC(ctx context.Context, s settings) ([]vegeta.Target, error) {
	create := call(s, "CreateTask", "load test")
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	protocols.SetHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	body, header, err := send(ctx, &http.Client{Transport: transport}, create)
	if err != nil {
		return nil, fmt.Errorf("create task: %w", err)
	}
	if failure := grpcFailure(&vegeta.Result{Body: body, Headers: header}); failure != "" {
		return nil, fmt.Errorf("create task: %s", failure)
	}
	id, err := createdID(body)
	if err != nil {
		return nil, fmt.Errorf("create task: %w", err)
	}
	return roundOf(call(s, "GetTask", id), create), nil
}

// call returns a call whose request has a text in field 1 and nothing else.
func call(s settings, method, text string) vegeta.Target {
	message := append([]byte{tagText1}, binary.AppendUvarint(nil, uint64(len(text)))...)
	message = append(message, text...)
	body := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))) //nolint:gosec // it is short
	target := post(s, s.grpc+taskService+method, "application/grpc", append(body, message...))
	target.Header.Set("TE", "trailers")
	return target
}

// tagText1 is the tag of field 1 where it is a text or a message (Protocol Buffers,
// "Encoding").
const tagText1 = 1<<3 | 2

const prefixBytes = 5

// createdID returns the id of a CreateTaskResponse: field 1 of the message in field 1.
func createdID(body []byte) (string, error) {
	task, err := field1(body[prefixBytes:])
	if err != nil {
		return "", err
	}
	id, err := field1(task)
	return string(id), err
}

func field1(message []byte) ([]byte, error) {
	if len(message) == 0 || message[0] != tagText1 {
		return nil, errors.New("the answer has no task")
	}
	length, n := binary.Uvarint(message[1:])
	if n <= 0 || length > uint64(len(message)-1-n) { //nolint:gosec // Uvarint reads no more than there is
		return nil, errors.New("the answer is cut off")
	}
	return message[1+n:][:length], nil
}

// grpcFailure returns the status of a call that failed, for which HTTP has 200. It is
// a header of answers without a message, and a trailer, which nobody sees here, of
// those that begin with other headers.
func grpcFailure(result *vegeta.Result) string {
	switch status := result.Headers.Get("Grpc-Status"); {
	case result.Error != "":
		return ""
	case status != "" && status != "0":
		return "gRPC status " + status + ": " + result.Headers.Get("Grpc-Message")
	case len(result.Body) < prefixBytes:
		return "gRPC answer without a message"
	default:
		return ""
	}
}
