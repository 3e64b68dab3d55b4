// Package resilience holds the building blocks for calls to other services and
// for protection against too many calls from them.
//
// A Policy puts the blocks around a call to one target, from the outside in:
//
//	Timeout    the call, with all its attempts and waits, ends in time
//	Retry      what failed for a moment is tried again, within a budget
//	Breaker    every attempt is refused while the target is known to be down
//	Bulkhead   few attempts are in flight at once, and few wait
//	(attempt)  one attempt has a timeout of its own
//
// The breaker is inside of the retries, so that it judges attempts and ends the
// retries when it opens. The bulkhead is inside of the breaker, so that nobody
// waits in line for a target that is down; being refused there is not counted
// against the target. The timeout of an attempt begins when it has its place, so
// that waiting in line is not counted against the target either.
//
// One layer retries: where a mesh does, set retry.max_attempts to 1.
//
// A Shedder protects a server, a Fallback degrades an answer instead of losing
// it, and Transport and NewHTTPClient apply a Policy to HTTP.
package resilience
