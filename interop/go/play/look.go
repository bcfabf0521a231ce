package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rehearsal/interop/history"
	"rehearsal/interop/scenario"
)

// kind is the type of an error, as scenarios name it.
func kind(err error) string {
	if err == nil {
		return "ok"
	}
	var (
		nf  *serviceerror.NotFound
		ia  *serviceerror.InvalidArgument
		ae  *serviceerror.WorkflowExecutionAlreadyStarted
		re  *serviceerror.ResourceExhausted
		app *temporal.ApplicationError
		can *temporal.CanceledError
	)
	switch {
	case errors.As(err, &nf):
		return "NotFound"
	case errors.As(err, &ia):
		return "InvalidArgument"
	case errors.As(err, &ae):
		return "AlreadyStarted"
	case errors.As(err, &re):
		return "ResourceExhausted"
	case errors.As(err, &app):
		return "ApplicationError"
	case errors.As(err, &can):
		return "CanceledError"
	}
	n := fmt.Sprintf("%T", err)
	return n[strings.LastIndex(n, ".")+1:]
}

func firstLine(s string) string { return strings.SplitN(s, "\n", 2)[0] }

func newRun(h *historypb.History) string {
	if len(h.Events) == 0 {
		return ""
	}
	e := h.Events[len(h.Events)-1]
	for _, r := range []string{
		e.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId(),
		e.GetWorkflowExecutionFailedEventAttributes().GetNewExecutionRunId(),
		e.GetWorkflowExecutionTimedOutEventAttributes().GetNewExecutionRunId(),
		e.GetWorkflowExecutionCompletedEventAttributes().GetNewExecutionRunId(),
	} {
		if r != "" {
			return r
		}
	}
	return ""
}

type dumped struct {
	id   string
	file string
	h    *historypb.History
}

// collect dumps the chain of the main workflow and of everything reachable from it.
// The nth execution of a workflow id, in the order of their starts, is history.ID.N.json; the main workflow's have no ID, the first has no N.
func collect(c client.Client, s *scenario.Scenario, first string, others [][2]string) ([]dumped, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var out []dumped
	seen := map[string]bool{}
	todo := append([][2]string{{s.WorkflowID, first}}, others...)
	for i := 0; i < len(todo); i++ {
		id, run := todo[i][0], todo[i][1]
		for run != "" && !seen[run] {
			seen[run] = true
			h, err := history.Get(ctx, c, id, run)
			if err != nil {
				return nil, err
			}
			out = append(out, dumped{id: id, h: h})
			for _, e := range h.Events {
				if a := e.GetChildWorkflowExecutionStartedEventAttributes(); a != nil {
					todo = append(todo, [2]string{a.WorkflowExecution.WorkflowId, a.WorkflowExecution.RunId})
				}
			}
			run = newRun(h)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].h.Events[0].EventTime.AsTime().Before(out[j].h.Events[0].EventTime.AsTime())
	})
	n := map[string]int{}
	for i := range out {
		id := out[i].id
		n[id]++
		f := "history"
		if id != s.WorkflowID {
			f += "." + id
		}
		if n[id] > 1 {
			f += fmt.Sprintf(".%d", n[id])
		}
		out[i].file = f + ".json"
	}
	return out, nil
}

func fields(m map[string]*commonpb.Payload) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for k, p := range m {
		if k == "BuildIds" { // the server's own, of the recording machine's worker
			continue
		}
		out[k] = json.RawMessage(p.GetData())
		if len(p.GetData()) == 0 {
			out[k] = json.RawMessage("null")
		}
	}
	return out
}

func describe(ctx context.Context, c client.Client, id, run string) (string, error) {
	d, err := c.DescribeWorkflowExecution(ctx, id, run)
	if err != nil {
		return "", err
	}
	i := d.WorkflowExecutionInfo
	type pending struct {
		ID, State string
		Attempt   int32
	}
	m := map[string]any{"status": i.Status.String(), "memo": fields(i.GetMemo().GetFields()), "search_attributes": fields(i.GetSearchAttributes().GetIndexedFields()), "history_length": i.HistoryLength}
	var ps []pending
	for _, a := range d.PendingActivities {
		ps = append(ps, pending{a.ActivityId, a.State.String(), a.Attempt})
	}
	if ps != nil {
		m["pending_activities"] = ps
	}
	children := []map[string]any{}
	for _, ch := range d.PendingChildren {
		children = append(children, map[string]any{"ID": ch.WorkflowId, "Type": ch.WorkflowTypeName, "Initiated": ch.InitiatedId,
			"Policy": ch.ParentClosePolicy.String(), "Started": ch.RunId != ""})
	}
	sort.Slice(children, func(i, j int) bool { return fmt.Sprint(children[i]["ID"]) < fmt.Sprint(children[j]["ID"]) })
	m["pending_children"] = children
	m["pending_task"] = nil
	if t := d.PendingWorkflowTask; t != nil {
		m["pending_task"] = map[string]any{"State": t.State.String(), "Attempt": t.Attempt}
	}
	m["cancel_requested"] = d.WorkflowExtendedInfo.GetCancelRequested()
	b, err := json.Marshal(m)
	return string(b), err
}
