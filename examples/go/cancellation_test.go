package cancellation

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// server starts the dev server of the test. ExistingPath and ExtraArgs are all that makes it a rehearsal: without them the
// same test runs on the server that the SDK downloads.
func server(t *testing.T, report string, more ...string) client.Client {
	t.Helper()
	return serverAt(t, "", report, more...)
}

// serverAt is server at an address; without one it is at a port that is free.
func serverAt(t *testing.T, address, report string, more ...string) client.Client {
	t.Helper()
	path := os.Getenv("REHEARSAL_SERVER")
	if path == "" {
		t.Skip("REHEARSAL_SERVER names no rehearsal-server")
	}
	server, err := testsuite.StartDevServer(context.Background(), testsuite.DevServerOptions{
		ExistingPath: path,
		ExtraArgs: append([]string{
			"--sweep", "--fail", "--check", "cleanup-iff-canceled=CleanupActivity", "--report", report,
		}, more...),
		// A sweep is hundreds of runs, and the SDK logs each task.
		ClientOptions: &client.Options{
			HostPort: address,
			Logger:   log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	return server.Client()
}

// hire starts a worker; without an identity it has the one that the SDK gives it.
func hire(t *testing.T, c client.Client, identity string) {
	t.Helper()
	w := worker.New(c, "main", worker.Options{Identity: identity})
	w.RegisterWorkflow(YourWorkflow)
	w.RegisterWorkflow(YourCarelessWorkflow)
	w.RegisterWorkflow(YourHastyWorkflow)
	w.RegisterActivity(ActivityToBeCanceled)
	w.RegisterActivity(ActivityToBeSkipped)
	w.RegisterActivity(CleanupActivity)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

// cancel starts a workflow, cancels it by its id while its activity heartbeats, and waits for what it comes to.
func cancel(t *testing.T, c client.Client, workflow any) error {
	t.Helper()
	ctx := context.Background()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "order-7", TaskQueue: "main"}, workflow)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(3500 * time.Millisecond)
	if err := c.CancelWorkflow(ctx, "order-7", ""); err != nil {
		t.Fatal(err)
	}
	return run.Get(ctx, nil)
}

func TestYourWorkflowCleansUp(t *testing.T) {
	c := server(t, "your-workflow.txt")
	hire(t, c, "")
	err := cancel(t, c, YourWorkflow)
	if !temporal.IsCanceledError(err) {
		t.Fatalf("expected a canceled error, got: %v", err)
	}
	// The same each time, so it can be kept.
	report, err := os.ReadFile("your-workflow.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(report), "\n\n")
	want, err := os.ReadFile("table.txt")
	if err != nil {
		t.Fatal(err)
	}
	if table != string(want) {
		t.Fatalf("expected the table of the native port, got:\n%s", table)
	}
}

// The mistake is found, and told in place of the result: a test that expects a canceled error is red with the report.
func TestTheMistakeIsFound(t *testing.T) {
	c := server(t, "your-careless-workflow.txt")
	hire(t, c, "")
	found(t, cancel(t, c, YourCarelessWorkflow), "RH201", "`workflow.NewDisconnectedContext(ctx)`")
}

// found demands that a client was told a report in place of a result, and that it says all of this. It returns the report.
func found(t *testing.T, err error, says ...string) string {
	t.Helper()
	var told *temporal.ApplicationError
	if !errors.As(err, &told) || told.Type() != "RehearsalFailed" {
		t.Fatalf("expected a mistake to be found, got: %v", err)
	}
	for _, said := range says {
		if !strings.Contains(told.Message(), said) {
			t.Fatalf("expected %q, found:\n%s", said, told.Message())
		}
	}
	return told.Message()
}
