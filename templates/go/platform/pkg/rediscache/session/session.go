// Package session keeps sessions of signed-in people in Redis, under tokens that it
// cannot tell.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache"
)

const (
	tokenBytes      = 32 // 256 bits cannot be guessed
	maxSubjectBytes = 256
	// maxSessions bounds MaxPerSubject by what one script call may name.
	maxSessions = 1000
)

// ErrEnded is returned for tokens of sessions that have ended or never were.
var ErrEnded = apierror.New(apierror.Unauthenticated, "SESSION_ENDED", "the session has ended, sign in again")

// Config says how long sessions last.
type Config struct {
	// IdleTimeout ends a session that has not been used for so long.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`
	// AbsoluteTimeout ends a session so long after it began, however it is used.
	AbsoluteTimeout time.Duration `mapstructure:"absolute_timeout"`
	// MaxPerSubject bounds the sessions of one subject; a new one ends the oldest.
	MaxPerSubject int `mapstructure:"max_per_subject"`
	// MaxDataBytes bounds what a session carries.
	MaxDataBytes int `mapstructure:"max_data_bytes"`
}

// Validate reports every value that makes no sense.
func (c Config) Validate() error {
	var errs []error
	if c.IdleTimeout < time.Millisecond || c.IdleTimeout > c.AbsoluteTimeout {
		errs = append(errs, errors.New("sessions.idle_timeout must be positive and at most absolute_timeout"))
	}
	if c.MaxPerSubject < 1 || c.MaxPerSubject > maxSessions {
		errs = append(errs, fmt.Errorf("sessions.max_per_subject must be between 1 and %d", maxSessions))
	}
	if c.MaxDataBytes < 0 {
		errs = append(errs, errors.New("sessions.max_data_bytes must not be negative"))
	}
	return errors.Join(errs...)
}

// Session is what the holder of a token is known to be.
type Session struct {
	// Subject says who it is, for instance the id of a user.
	Subject string
	// Data is what the service has put in.
	Data []byte
	// CreatedAt is when the session began.
	CreatedAt time.Time
	// EndsAt is when the session ends at the latest.
	EndsAt time.Time
}

// Store keeps sessions in Redis. Clients hold random tokens; Redis holds their
// hashes, so whoever reads it cannot act as anybody. Times are those of the server.
//
// A session that is made while RevokeAll runs may survive it: change what signs
// people in (the password, the flag that locks an account) before you revoke. Make a
// new session, and revoke the old one, whenever rights change (session fixation).
type Store struct {
	client redis.Cmdable
	cfg    Config
}

// NewStore returns a store of sessions on client.
func NewStore(client redis.Cmdable, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Store{client, cfg}, nil
}

// Create begins a session and returns its token, which is shown to the client and
// stored nowhere.
func (s *Store) Create(ctx context.Context, subject string, data []byte) (string, Session, error) {
	if subject == "" || len(subject) > maxSubjectBytes || len(data) > s.cfg.MaxDataBytes {
		return "", Session{}, errors.New("create session: subject or data has a bad size")
	}
	var random [tokenBytes]byte
	rand.Read(random[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(random[:])
	id := sessionID(token)

	// First the session, then the index: what is revoked in between is found by the
	// next revocation, and a session without an index entry has a token nobody knows.
	times, err := create.Run(ctx, s.client, []string{sessionKey(id)},
		subject, data, s.cfg.IdleTimeout.Milliseconds(), s.cfg.AbsoluteTimeout.Milliseconds()).Int64Slice()
	if err != nil {
		return "", Session{}, fmt.Errorf("create session: %w", rediscache.Translate(err))
	}
	created, ends := times[0], times[1]
	ended, err := index.Run(ctx, s.client, []string{indexKey(subject)},
		id, created, ends, s.cfg.MaxPerSubject).StringSlice()
	if err == nil {
		_, err = s.remove(ctx, ended)
	}
	if err != nil {
		return "", Session{}, fmt.Errorf("index session: %w", rediscache.Translate(err))
	}
	return token, Session{subject, data, time.UnixMilli(created), time.UnixMilli(ends)}, nil
}

// Get returns the session of token, or ErrEnded. It does not count as use.
func (s *Store) Get(ctx context.Context, token string) (Session, error) {
	return s.read(ctx, token, 0)
}

// Touch is Get and counts as use: the idle timeout begins anew.
func (s *Store) Touch(ctx context.Context, token string) (Session, error) {
	return s.read(ctx, token, s.cfg.IdleTimeout)
}

func (s *Store) read(ctx context.Context, token string, idle time.Duration) (Session, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return Session{}, ErrEnded
	}
	fields, err := read.Run(ctx, s.client, []string{sessionKey(sessionID(token))}, idle.Milliseconds()).StringSlice()
	if errors.Is(err, redis.Nil) {
		return Session{}, ErrEnded
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", rediscache.Translate(err))
	}
	created, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	ends, err := strconv.ParseInt(fields[3], 10, 64)
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	return Session{fields[0], []byte(fields[1]), time.UnixMilli(created), time.UnixMilli(ends)}, nil
}

// Revoke ends the session of token. One that has ended already is no error.
func (s *Store) Revoke(ctx context.Context, token string) error {
	session, err := s.Get(ctx, token)
	if errors.Is(err, ErrEnded) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.revoke(ctx, session.Subject, []string{sessionID(token)})
	return err
}

// RevokeAll ends every session of subject and returns how many there were.
func (s *Store) RevokeAll(ctx context.Context, subject string) (int, error) {
	ids, err := s.client.ZRange(ctx, indexKey(subject), 0, -1).Result()
	if err != nil {
		return 0, fmt.Errorf("find sessions: %w", rediscache.Translate(err))
	}
	return s.revoke(ctx, subject, ids)
}

// revoke removes sessions and then their index entries, in this order: what is left
// when it fails half-way can be revoked again.
func (s *Store) revoke(ctx context.Context, subject string, ids []string) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	removed, err := s.remove(ctx, ids)
	if err == nil {
		err = s.client.ZRem(ctx, indexKey(subject), toAny(ids)...).Err()
	}
	if err != nil {
		return removed, fmt.Errorf("revoke sessions: %w", rediscache.Translate(err))
	}
	return removed, nil
}

// remove deletes sessions and returns how many there were.
func (s *Store) remove(ctx context.Context, ids []string) (int, error) {
	deletions, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, id := range ids {
			pipe.Del(ctx, sessionKey(id))
		}
		return nil
	})
	removed := 0
	for _, deletion := range deletions {
		if count, ok := deletion.(*redis.IntCmd); ok {
			removed += int(count.Val())
		}
	}
	return removed, err
}

// sessionID is how a token is stored. A fast hash is enough for what is random.
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func sessionKey(id string) string { return "session:" + id }

func indexKey(subject string) string { return "sessions:" + subject }

func toAny(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}
