package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	commandpb "go.temporal.io/api/command/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"rehearsal/interop/history"
	"rehearsal/interop/scenario"
)

// Guards what follows, and the runs that the steps of a scenario have started.
var mu sync.Mutex

// The tokens of activities that were handed out, by workflow and activity id, the newest last.
var tokens = map[string][][]byte{}

func token(r *workflowservice.PollActivityTaskQueueResponse) {
	if len(r.GetTaskToken()) > 0 {
		mu.Lock()
		k := r.WorkflowExecution.WorkflowId + "/" + r.ActivityId
		tokens[k] = append(tokens[k], r.TaskToken)
		mu.Unlock()
	}
}

// wire counts the workflow tasks that the workers of one scenario are given, and holds back the answers that the scenario
// wants held. Workers may have processes of their own, so the count is the length of a file.
type wire struct {
	s    *scenario.Scenario
	mu   sync.Mutex
	task map[string]held // by token: those whose answers are held
}

// held is how long a workflow task takes, and from when on.
type held struct {
	since time.Time
	takes time.Duration
}

func (w *wire) delivered(tok []byte, id string) {
	dir := filepath.Join(*state, w.s.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		panic(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, id), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	f.Write([]byte{'x'})
	st, _ := f.Stat()
	f.Close()
	for _, h := range w.s.Hold {
		of := h.WorkflowID
		if of == "" {
			of = w.s.WorkflowID
		}
		if of == id && int64(h.Task) == st.Size() {
			w.mu.Lock()
			w.task[string(tok)] = held{time.Now(), scenario.D(h.Takes)}
			w.mu.Unlock()
		}
	}
}

// hold waits until a task has taken as long as it is to. Local activities come before that: of a task that has done some, that
// counts from its answer.
func (w *wire) hold(tok []byte, commands []*commandpb.Command) {
	w.mu.Lock()
	h := w.task[string(tok)]
	w.mu.Unlock()
	for _, c := range commands {
		if c.GetRecordMarkerCommandAttributes().GetMarkerName() == "LocalActivity" {
			h.since = time.Now()
			break
		}
	}
	clock.sleep(time.Until(h.since.Add(h.takes)))
}

// unanswered marks the context of a request that the server does, and whose client is not told so before it gives up.
type unanswered struct{}

func (w *wire) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, inv grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	switch r := req.(type) {
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		w.hold(r.TaskToken, r.Commands)
	case *workflowservice.RespondWorkflowTaskFailedRequest:
		w.hold(r.TaskToken, nil)
	}
	if ctx.Value(unanswered{}) != nil {
		inv(context.WithoutCancel(ctx), method, req, reply, cc, opts...)
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	err := inv(ctx, method, req, reply, cc, opts...)
	if err != nil {
		return err
	}
	switch r := reply.(type) {
	case *workflowservice.PollWorkflowTaskQueueResponse:
		if len(r.GetTaskToken()) > 0 && r.GetQuery() == nil {
			w.delivered(r.TaskToken, r.GetWorkflowExecution().GetWorkflowId())
		}
	case *workflowservice.PollActivityTaskQueueResponse:
		token(r)
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		for _, a := range r.GetActivityTasks() {
			token(a)
		}
		if t := r.GetWorkflowTask(); t != nil && len(t.GetTaskToken()) > 0 && t.GetQuery() == nil {
			w.delivered(t.TaskToken, t.GetWorkflowExecution().GetWorkflowId())
		}
	}
	return nil
}

func dial(s *scenario.Scenario, address, identity string) client.Client {
	w := &wire{s: s, task: map[string]held{}}
	for i := 0; ; i++ {
		c, err := client.Dial(client.Options{HostPort: address, Identity: identity, Logger: history.Quiet{},
			ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(w.intercept)}}})
		if err == nil {
			return c
		}
		if i > 50 {
			panic(fmt.Sprint("no server: ", err))
		}
		time.Sleep(100 * time.Millisecond)
	}
}
