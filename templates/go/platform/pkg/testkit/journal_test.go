package testkit_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/testkit"
)

func TestAJournalFindsRecordsHoweverTheyAreWritten(t *testing.T) {
	var journal testkit.Journal
	for _, part := range []string{"{\"msg\":\"a\",", "\"n\":1}\nno JSON\n{\"msg\":\"b\"}\n{\"ms", "g\":\"a\",\"n\":2}\n{\"msg\":\"a\""} {
		n, err := journal.Write([]byte(part))
		require.NoError(t, err)
		require.Len(t, part, n)
	}
	require.Len(t, journal.Find(nil), 3)
	require.Equal(t, []map[string]any{{"msg": "a", "n": 1.0}, {"msg": "a", "n": 2.0}}, journal.Find(map[string]any{"msg": "a"}))
	require.Len(t, journal.Find(map[string]any{"msg": "a", "n": 2.0}), 1)
	require.Empty(t, journal.Find(map[string]any{"msg": "c"}))
}

func ExampleJournal_Find() {
	var journal testkit.Journal
	_, _ = fmt.Fprintln(&journal, `{"level":"warning","msg":"dependency changed","dependency":"redis"}`)
	fmt.Println(len(journal.Find(map[string]any{"msg": "dependency changed", "dependency": "redis"})))
	// Output: 1
}
