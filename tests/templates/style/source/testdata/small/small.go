// Package small has lines to count: 2 of this comment.
// Code and a comment behind it count as code.
package small

import _ "example.com/sample/inner"

/*
 * 3 lines of one comment.
 */
var answer = 42 // behind code
