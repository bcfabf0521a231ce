// Package cancellation is the sample of Temporal's guide on cancellation: an activity that heartbeats until it is
// canceled, one that is skipped, and cleanup that runs only if the workflow was canceled.
package cancellation

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"
)

func options(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:    5 * time.Second,
		WaitForCancellation: true,
	})
}

// YourWorkflow works until it is canceled, and then cleans up.
func YourWorkflow(ctx workflow.Context) (err error) {
	ctx = options(ctx)
	defer func() {
		if !errors.Is(ctx.Err(), workflow.ErrCanceled) {
			return
		}
		// ctx is canceled, so cleanup needs a context of its own.
		own, _ := workflow.NewDisconnectedContext(ctx)
		if cleanup := workflow.ExecuteActivity(own, CleanupActivity).Get(own, nil); cleanup != nil {
			err = cleanup
		}
	}()
	return work(ctx)
}

// YourCarelessWorkflow has a mistake: it cleans up on the canceled context, so cleanup is skipped.
func YourCarelessWorkflow(ctx workflow.Context) (err error) {
	ctx = options(ctx)
	defer func() {
		if errors.Is(ctx.Err(), workflow.ErrCanceled) {
			_ = workflow.ExecuteActivity(ctx, CleanupActivity).Get(ctx, nil)
		}
	}()
	return work(ctx)
}

func work(ctx workflow.Context) error {
	if err := workflow.ExecuteActivity(ctx, ActivityToBeCanceled).Get(ctx, nil); err != nil {
		return err
	}
	// On a canceled context this comes back as canceled without having run.
	return workflow.ExecuteActivity(ctx, ActivityToBeSkipped).Get(ctx, nil)
}

// ActivityToBeCanceled heartbeats every second: the answer to a heartbeat is how it learns that it is canceled.
func ActivityToBeCanceled(ctx context.Context) (string, error) {
	for {
		select {
		case <-time.After(time.Second):
			activity.RecordHeartbeat(ctx, "")
		case <-ctx.Done():
			return "I am canceled by Done", nil
		}
	}
}

// ActivityToBeSkipped is started on a canceled context, so it never runs.
func ActivityToBeSkipped(context.Context) error { return nil }

// CleanupActivity cleans up.
func CleanupActivity(context.Context) error { return nil }
