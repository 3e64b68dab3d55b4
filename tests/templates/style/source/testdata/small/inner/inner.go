// Package inner is imported.
package inner
