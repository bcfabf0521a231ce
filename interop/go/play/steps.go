package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rehearsal/interop/scenario"
)

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// other notes a run that a step has started.
func (p *play) other(id, run string) {
	mu.Lock()
	p.others = append(p.others, [2]string{id, run})
	mu.Unlock()
}

// stage is how far an update must have come for the step.
func stage(st *scenario.Step) client.WorkflowUpdateStage {
	if st.Stage == "accepted" {
		return client.WorkflowUpdateStageAccepted
	}
	return client.WorkflowUpdateStageCompleted
}

func (p *play) outcome(ctx context.Context, st *scenario.Step, u client.WorkflowUpdateHandle, err error) error {
	if err != nil || stage(st) == client.WorkflowUpdateStageAccepted {
		return err
	}
	var r any
	if err := u.Get(ctx, &r); err != nil {
		return err
	}
	st.Result = text(r)
	return nil
}

// token is that of the activity of a step: the newest, or that of an attempt.
func (p *play) token(st *scenario.Step) []byte {
	mu.Lock()
	defer mu.Unlock()
	id := st.WorkflowID
	if id == "" {
		id = p.s.WorkflowID
	}
	l := tokens[id+"/"+st.ActivityID]
	n := st.Attempt
	if n == 0 {
		n = len(l)
	}
	if n == 0 || n > len(l) { // nobody was given it: the server will say so
		return nil
	}
	return l[n-1]
}

// do does what a step says, and notes its result in the step.
func (p *play) do(ctx context.Context, st *scenario.Step, updateID string) (err error) {
	c, s := p.c, p.s
	var arg any
	if len(st.Input) > 0 {
		arg = st.Input[0]
	}
	id, rid := st.WorkflowID, st.RunID
	if id == "" {
		id = s.WorkflowID
	}
	if rid == "first" {
		rid = p.first
	}
	switch st.Do {
	case "cancel":
		if st.Reason == "" {
			err = c.CancelWorkflow(ctx, id, rid)
		} else { // the high-level client has no reason
			_, err = c.WorkflowService().RequestCancelWorkflowExecution(ctx, &workflowservice.RequestCancelWorkflowExecutionRequest{
				Namespace: "default", Identity: "client", RequestId: fmt.Sprintf("%s-%s-%d", s.Name, st.At, p.t0.UnixNano()), Reason: st.Reason,
				WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: rid}})
		}
	case "terminate":
		err = c.TerminateWorkflow(ctx, id, rid, st.Reason)
	case "signal":
		err = c.SignalWorkflow(ctx, id, rid, st.Name, arg)
	case "query":
		v, e := c.QueryWorkflow(ctx, id, rid, st.Name, st.Input...)
		err = e
		if e == nil {
			var r any
			v.Get(&r)
			b, _ := json.Marshal(r)
			st.Result = string(b)
		}
	case "update":
		u, e := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: id, RunID: rid, UpdateName: st.Name,
			UpdateID: updateID, Args: st.Input, WaitForStage: stage(st)})
		err = p.outcome(ctx, st, u, e)
	case "update-result":
		var r any
		err = c.GetWorkflowUpdateHandle(client.GetWorkflowUpdateHandleOptions{WorkflowID: id, RunID: rid, UpdateID: updateID}).Get(ctx, &r)
		if err == nil {
			st.Result = text(r)
		}
	case "start":
		r, e := c.ExecuteWorkflow(ctx, options(s, st.ID, st.Queue, &st.Options), st.Workflow, st.Input...)
		err = e
		if e == nil {
			p.other(st.ID, r.GetRunID())
		}
	case "signal-with-start":
		r, e := c.SignalWithStartWorkflow(ctx, st.ID, st.Name, arg, options(s, st.ID, st.Queue, &st.Options), st.Workflow, st.WorkflowInput...)
		err = e
		if e == nil {
			p.other(st.ID, r.GetRunID())
		}
	case "update-with-start":
		o := options(s, st.ID, st.Queue, &st.Options)
		op := c.NewWithStartWorkflowOperation(o, st.Workflow, st.WorkflowInput...)
		u, e := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{StartWorkflowOperation: op,
			UpdateOptions: client.UpdateWorkflowOptions{WorkflowID: st.ID, UpdateName: st.Name, UpdateID: updateID, Args: st.Input, WaitForStage: stage(st)}})
		if r, re := op.Get(ctx); re == nil {
			p.other(st.ID, r.GetRunID())
		}
		err = p.outcome(ctx, st, u, e)
	case "describe":
		st.Result, err = describe(ctx, c, id, rid)
	case "list":
		var l [][3]string
		r, e := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: st.Query})
		err = e
		for _, x := range r.GetExecutions() {
			if x.StartTime.AsTime().After(p.t0.Add(-time.Second)) {
				l = append(l, [3]string{x.Execution.WorkflowId, x.Type.Name, x.Status.String()})
			}
		}
		sort.Slice(l, func(i, j int) bool { return fmt.Sprint(l[i]) < fmt.Sprint(l[j]) })
		if e == nil {
			st.Result = text(l)
		}
	case "complete-activity", "fail-activity", "cancel-activity":
		var fail error
		switch st.Do {
		case "fail-activity":
			if st.NonRetryable {
				fail = temporal.NewNonRetryableApplicationError(st.Failure, st.FailureType, nil, st.Input...)
			} else {
				fail = temporal.NewApplicationError(st.Failure, st.FailureType, st.Input...)
			}
		case "cancel-activity":
			fail = temporal.NewCanceledError(st.Input...)
		}
		if st.Token {
			err = c.CompleteActivity(ctx, p.token(st), arg, fail)
		} else {
			err = c.CompleteActivityByID(ctx, "default", id, rid, st.ActivityID, arg, fail)
		}
	case "heartbeat-activity":
		if st.Token {
			err = c.RecordActivityHeartbeat(ctx, p.token(st), st.Input...)
		} else {
			err = c.RecordActivityHeartbeatByID(ctx, "default", id, rid, st.ActivityID, st.Input...)
		}
	default:
		panic("step " + st.Do)
	}
	return err
}
