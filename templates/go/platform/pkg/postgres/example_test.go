package postgres_test

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/postgres"
)

var errTooLittle = apierror.New(apierror.Conflict, "TOO_LITTLE", "there is not enough money")

func ExampleTranslate() {
	err := postgres.Translate(fmt.Errorf("insert: %w", &pgconn.PgError{Code: "23505"}))
	fmt.Println(apierror.From(err).Kind)
	err = postgres.Translate(&pgconn.ConnectError{Config: &pgconn.Config{}})
	fmt.Println(apierror.From(err).Kind)
	fmt.Println(errors.Is(postgres.Translate(errTooLittle), errTooLittle))
	// Output:
	// conflict
	// unavailable
	// true
}
