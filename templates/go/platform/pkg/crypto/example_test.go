package crypto_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"goldpath.local/service/pkg/crypto"
)

// An address is stored encrypted, found by its code, and moved to a new key.
func Example() {
	ctx := context.Background()
	old, recent := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	field := crypto.Field{Table: "profiles", Column: "email", ID: "7"}

	ring, err := crypto.NewKeyring("2025-10", map[string][]byte{"2025-10": old})
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := crypto.NewEnvelope(ring).Seal(ctx, []byte("alice@example.com"), field)
	if err != nil {
		fmt.Println(err)
		return
	}

	ring, err = crypto.NewKeyring("2026-04", map[string][]byte{"2025-10": old, "2026-04": recent})
	if err != nil {
		fmt.Println(err)
		return
	}
	envelope := crypto.NewEnvelope(ring)
	fmt.Println("needs rotation:", envelope.NeedsRotation(stored))
	stored, err = envelope.Rewrap(ctx, stored)
	fmt.Println(stored[:11], err)
	plaintext, err := envelope.Open(ctx, stored, field)
	fmt.Println(string(plaintext), err)

	_, err = envelope.Open(ctx, stored, crypto.Field{Table: "profiles", Column: "email", ID: "8"})
	fmt.Println("opens elsewhere:", !errors.Is(err, crypto.ErrNotAuthentic))
	// Output:
	// needs rotation: true
	// v1.2026-04. <nil>
	// alice@example.com <nil>
	// opens elsewhere: false
}

// Every person has a key of their own, stored encrypted in one row. Their data is
// sealed under it, wherever it lies, and is gone when that row is: also from
// backups and events ("crypto-shredding").
func ExampleKeyring_personalKeys() {
	ctx := context.Background()
	master, err := crypto.NewKeyring("2026-04", map[string][]byte{"2026-04": bytes.Repeat([]byte{1}, 32)})
	if err != nil {
		fmt.Println(err)
		return
	}
	keyField := crypto.Field{Table: "personal_keys", Column: "key", ID: "person-7"}
	row, err := crypto.NewEnvelope(master).Seal(ctx, bytes.Repeat([]byte{7}, 32), keyField) // use 32 random bytes
	if err != nil {
		fmt.Println(err)
		return
	}

	personalKey, err := crypto.NewEnvelope(master).Open(ctx, row, keyField)
	if err != nil {
		fmt.Println(err)
		return
	}
	personal, err := crypto.NewKeyring("person-7", map[string][]byte{"person-7": personalKey})
	if err != nil {
		fmt.Println(err)
		return
	}
	note, err := crypto.NewEnvelope(personal).Seal(ctx, []byte("likes tea"), crypto.Field{Table: "notes", Column: "text", ID: "1"})
	fmt.Println(note[:12], err)
	// Output: v1.person-7. <nil>
}
