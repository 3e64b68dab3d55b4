// Package rest is the contract of the REST API: the OpenAPI document and the
// code that `make generate` makes from it.
package rest

import _ "embed" // for the OpenAPI document

// Spec is the OpenAPI document that the server is generated from. It is in the
// binary so that requests can be checked against it.
//
//go:embed openapi.yaml
var Spec []byte
