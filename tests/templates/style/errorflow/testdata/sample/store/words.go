package store

import "fmt"

func good(err error, name string) []error {
	return []error{
		fmt.Errorf("reserve stock: %w", err),
		fmt.Errorf("read %s: %w", name, err),
		fmt.Errorf("%s: %w", name, err),
		fmt.Errorf("read http.addr: %w", err),
		fmt.Errorf("http.addr: %w", err),
		fmt.Errorf("URL of peer: %w", err),
		fmt.Errorf("%w: row %d", ErrOwn, 7),
		fmt.Errorf("close: %w (after %w)", err, ErrOwn),
		fmt.Errorf("list packages: %w\n%s", err, name),
		fmt.Errorf("no error in %s", name),
		fmt.Errorf(name, err),
	}
}

func poor(err error) []error {
	return []error{
		fmt.Errorf("failed to reserve stock: %w", err),                                        // want: says that it failed
		fmt.Errorf("cannot reserve: %w", err),                                                 // want: says that it failed
		fmt.Errorf("Reserve stock: %w", err),                                                  // want: begins with a capital
		fmt.Errorf("reserve stock %w", err),                                                   // want: does not end in a colon
		fmt.Errorf("reserve: %w at noon", err),                                                // want: goes on behind the error
		fmt.Errorf("store.Reserve: %w", err),                                                  // want: names a place
		fmt.Errorf("(*Store).Reserve: %w", err),                                               // want: names a place
		fmt.Errorf("internal/store: %w", err),                                                 // want: names a place
		fmt.Errorf("reserveStock: %w", err),                                                   // want: names a place
		fmt.Errorf("store - reserve - query: %w", err),                                        // want: names a place
		fmt.Errorf("go to the warehouse and look for a place on one of the shelves: %w", err), // want: is long
	}
}
