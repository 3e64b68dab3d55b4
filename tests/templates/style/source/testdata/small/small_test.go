package small

import "testing"

func TestAnswer(t *testing.T) {
	if answer != 42 || generated == "" {
		t.Fail()
	}
}
