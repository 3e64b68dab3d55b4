package replica_test

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/replica"
)

// Account is an aggregate: it decides, and knows nothing of the database.
type Account struct {
	ID      string
	Balance int64
}

var errTooLittle = apierror.New(apierror.Conflict, "TOO_LITTLE", "there is not enough money")

// Withdraw takes the amount, or refuses.
func (a *Account) Withdraw(amount int64) error {
	if a.Balance < amount {
		return errTooLittle
	}
	a.Balance -= amount
	return nil
}

// Accounts is a repository by closure: it owns the transaction, the caller's
// closure the decision. Reads go to a replica.
type Accounts struct{ db *replica.Router }

// Update loads the account, lets change decide and stores the result, all in one
// transaction that runs again when another one came in between.
func (r Accounts) Update(ctx context.Context, id string, change func(*Account) error) error {
	err := r.db.InTx(ctx, func(tx pgx.Tx) error {
		account := Account{ID: id}
		row := tx.QueryRow(ctx, "SELECT balance FROM accounts WHERE id = $1", id)
		if err := row.Scan(&account.Balance); err != nil {
			return fmt.Errorf("load account: %w", err)
		}
		if err := change(&account); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE accounts SET balance = $2 WHERE id = $1", id, account.Balance)
		return err
	}, postgres.Serializable())
	return postgres.Translate(err)
}

// Balance reads from a replica, unless this request has changed an account.
func (r Accounts) Balance(ctx context.Context, id string) (balance int64, err error) {
	err = r.db.Reader(ctx).QueryRow(ctx, "SELECT balance FROM accounts WHERE id = $1", id).Scan(&balance)
	return balance, postgres.Translate(err)
}

func ExampleRouter() {
	withdraw := func(ctx context.Context, accounts Accounts) (int64, error) {
		ctx = replica.TrackWrites(ctx) // the middleware of the service does this for each request
		err := accounts.Update(ctx, "7", func(a *Account) error { return a.Withdraw(100) })
		if err != nil {
			return 0, err
		}
		return accounts.Balance(ctx, "7")
	}
	_ = withdraw
}
