package config

// REST configures the REST API.
type REST struct {
	// ValidateRequests checks requests against the OpenAPI document before
	// they reach a handler. Handlers and domain refuse bad input without it.
	ValidateRequests bool `mapstructure:"validate_requests"`
}

func defaultREST() REST { return REST{ValidateRequests: true} }
