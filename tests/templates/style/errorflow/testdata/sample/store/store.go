// Package store returns errors of other packages in every way there is. A
// comment that begins with "want" is what the measure must find on its line; on
// all other lines it must find nothing.
package store

import (
	"context"
	"errors"
	"fmt"

	"example.com/sample/other"
)

var ErrOwn = errors.New("own")

type getter interface{ Get() (int, error) }

type Store struct{ getter getter }

func Bare() error { return other.Do() } // want: other.Do leaves by Bare

func BareVariable() error {
	if err := other.Do(); err != nil { // want: other.Do leaves by BareVariable
		return err
	}
	return nil
}

func BareSecond() (int, error) {
	n, err := other.Get() // want: other.Get leaves by BareSecond
	if err != nil {
		return 0, err
	}
	return n, nil
}

func BareTuple() (int, error) { return other.Get() } // want: other.Get leaves by BareTuple

func BareNamed() (err error) {
	err = other.Do() // want: other.Do leaves by BareNamed
	return
}

func BareJoin() error {
	return errors.Join(ErrOwn, other.Do()) // want: other.Do leaves by BareJoin
}

func BareLosesTheError() error {
	if err := other.Do(); err != nil { // want: other.Do leaves by BareLosesTheError
		return fmt.Errorf("do it: %v", err)
	}
	return nil
}

func (s *Store) BareInterface() error {
	_, err := s.getter.Get() // want: s.getter.Get leaves by BareInterface
	return err
}

func BareByWayOfAnother() error { return helper() }

func helper() error {
	return other.Do() // want: other.Do leaves by BareByWayOfAnother
}

func WrappedByWayOfAnother() error {
	if err := wrappedBelow(); err != nil {
		return fmt.Errorf("ask below: %w", err)
	}
	return nil
}

func wrappedBelow() error { return other.Do() }

func BareOnOneWay() error { return shared() }

func WrappedOnTheOther() error { return other.Translate(shared()) }

func shared() error {
	return other.Do() // want: other.Do leaves by BareOnOneWay
}

func BareGeneric() error {
	return call[int](1)
}

func call[T any](T) error {
	return other.Do() // want: other.Do leaves by BareGeneric
}

type pages[T any] struct{ items []T }

func (p pages[T]) next() error { return other.Do() }

func WrappedGeneric() error {
	if err := (pages[int]{}).next(); err != nil {
		return fmt.Errorf("turn page: %w", err)
	}
	return nil
}

func WrappedLater() error {
	err := other.Do()
	if err != nil {
		err = fmt.Errorf("do it: %w", err)
	}
	return err
}

func WrappedTranslated() (int, error) {
	n, err := other.Get()
	return n, other.Translate(err)
}

func WrappedInAType() error {
	if err := other.Do(); err != nil {
		return &other.Fault{Cause: err}
	}
	return nil
}

func (s *Store) Get() (int, error) { return s.getter.Get() }

func OwnErrors(ctx context.Context, given error, callback func() error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case given != nil:
		return given
	case callback != nil:
		return callback()
	case Recursive(1) != nil:
		return other.New()
	}
	return ErrOwn
}

func Recursive(n int) error {
	if n == 0 {
		return errors.New("zero")
	}
	return Recursive(n - 1)
}

func Literal() func() error {
	return func() error { return other.Do() }
}

func unreachable() error { return other.Do() }
