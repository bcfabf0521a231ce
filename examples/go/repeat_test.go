package cancellation

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ports is the first port of a server.
const ports = 20000

// TestTheTableIsTheSameEachTime rehearses the sample as often as REHEARSAL_REPEAT says, with one worker and with two of them:
// each sweep must give the table that is kept. Most of the time is the sample's own, so run many at once:
//
//	REHEARSAL_REPEAT=1000 go test -run TheSame -parallel 16 -timeout 60m
func TestTheTableIsTheSameEachTime(t *testing.T) {
	times, _ := strconv.Atoi(os.Getenv("REHEARSAL_REPEAT"))
	if times == 0 {
		t.Skip("REHEARSAL_REPEAT says how often")
	}
	want, err := os.ReadFile("table.txt")
	if err != nil {
		t.Fatal(err)
	}
	for workers := 1; workers <= 2; workers++ {
		for nth := range times {
			// Not one of those that connections have: among thousands one would be taken before the server listens.
			address := fmt.Sprintf("127.0.0.1:%d", ports+(workers-1)*times+nth)
			t.Run(fmt.Sprintf("%d workers, time %d", workers, nth+1), func(t *testing.T) {
				t.Parallel()
				report := filepath.Join(t.TempDir(), "report.txt")
				rehearse(t, address, workers, report)
				text, err := os.ReadFile(report)
				if err != nil {
					t.Fatal(err)
				}
				if _, table, _ := strings.Cut(string(text), "\n\n"); table != string(want) {
					t.Fatalf("another table:\n%s", table)
				}
			})
		}
	}
}

// rehearse does what the test of the sample does, with so many workers.
func rehearse(t *testing.T, address string, workers int, report string) {
	t.Helper()
	c := serverAt(t, address, report)
	for nth := range workers {
		hire(t, c, fmt.Sprintf("worker-%d", nth+1))
	}
	// What the workflow comes to is the business of the other tests.
	_ = cancel(t, c, YourWorkflow)
}
