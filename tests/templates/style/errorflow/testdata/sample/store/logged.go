package store

import (
	"fmt"
	"log/slog"

	"example.com/sample/other"
	"example.com/sample/pkg/logging"
)

func loggedAndReturned(log *slog.Logger) error {
	if err := other.Do(); err != nil {
		log.Error("do", "error", err) // want: logged here and returned
		return fmt.Errorf("do it: %w", err)
	}
	n, err := other.Get()
	if err != nil {
		slog.Info("get", slog.Any("error", err), slog.Int("n", n)) // want: logged here and returned
		return err
	}
	return nil
}

func loggedOnly(log *slog.Logger) error {
	if err := other.Do(); err != nil {
		log.Error("do", "error", err)
	}
	err := other.Do()
	log.Info("did")
	return err
}

func loggedByTheService(err error) error {
	if err != nil {
		logging.Report(err) // want: logged here and returned
		return err
	}
	return nil
}
