package cancellation

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// YourHastyWorkflow has a mistake that no cancel shows: it cleans up in one attempt, and tells nobody if that fails.
func YourHastyWorkflow(ctx workflow.Context) error {
	ctx = options(ctx)
	defer func() {
		if errors.Is(ctx.Err(), workflow.ErrCanceled) {
			own, _ := workflow.NewDisconnectedContext(ctx)
			own = workflow.WithRetryPolicy(own, temporal.RetryPolicy{MaximumAttempts: 1})
			_ = workflow.ExecuteActivity(own, CleanupActivity).Get(own, nil)
		}
	}()
	return work(ctx)
}

// What is tried beside cancels, and what a report says then of a workflow that is well.
var beside = map[string]struct {
	options []string
	says    string
}{
	"each fault once":       {[]string{"--faults"}, " faults, all run and replayed"},
	"many things at random": {[]string{"--explore", "100"}, "100 runs from seed "},
}

// Workers die, answers are lost, and YourWorkflow cleans up: nothing is found.
func TestYourWorkflowCleansUpWhateverStrikes(t *testing.T) {
	for name, is := range beside {
		for _, workers := range []string{"one worker", "two workers"} {
			t.Run(name+", "+workers, func(t *testing.T) {
				t.Parallel()
				report := filepath.Join(t.TempDir(), "report.txt")
				c := server(t, report, is.options...)
				hire(t, c, "worker-1")
				if workers == "two workers" {
					hire(t, c, "worker-2")
				}
				if err := cancel(t, c, YourWorkflow); !temporal.IsCanceledError(err) {
					t.Fatalf("expected a canceled error, got: %v", err)
				}
				text, err := os.ReadFile(report)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(text), is.says) {
					t.Fatalf("expected %q, found:\n%s", is.says, text)
				}
			})
		}
	}
}

// No cancel shows the mistake of YourHastyWorkflow; a fault does, and the one run that the report names shows it again.
func TestAFaultShowsWhatNoCancelShows(t *testing.T) {
	t.Run("no fault", func(t *testing.T) {
		t.Parallel()
		c := server(t, filepath.Join(t.TempDir(), "report.txt"))
		hire(t, c, "")
		if err := cancel(t, c, YourHastyWorkflow); !temporal.IsCanceledError(err) {
			t.Fatalf("expected a canceled error, got: %v", err)
		}
	})
	for name, is := range beside {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			headline := "RH201  CleanupActivity did not complete although YourHastyWorkflow was canceled"
			c := server(t, filepath.Join(t.TempDir(), "report.txt"), is.options...)
			hire(t, c, "")
			report := found(t, cancel(t, c, YourHastyWorkflow), headline)
			tape := regexp.MustCompile(`--only '([^']+)'`).FindStringSubmatch(report)
			if tape == nil {
				t.Fatalf("expected the one run that shows it, found:\n%s", report)
			}
			again := server(t, filepath.Join(t.TempDir(), "report.txt"), "--only", tape[1])
			hire(t, again, "")
			found(t, cancel(t, again, YourHastyWorkflow), headline)
		})
	}
}
