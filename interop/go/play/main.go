// play runs the recorded scenarios of the Go SDK against a server, with the official worker and client.
//
//	play -address HOST:PORT -scenarios DIR -out DIR [names]
//	play -server PROGRAM -scenarios DIR -out DIR [names]
//
// With a program each scenario has a server of its own, as tests have: PROGRAM PORT, with the search attributes that the
// scenarios use. Its time is locked, so that it runs as on the wall.
//
// The histories of each scenario go to OUT/name/history*.json, and what the client was answered to answers.json: a list with
// the type of the error, its message and the result of each step. Everything takes place in real time.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rehearsal/interop/history"
	"rehearsal/interop/registry"
	"rehearsal/interop/scenario"
)

var (
	address   = flag.String("address", "127.0.0.1:7233", "the server")
	server    = flag.String("server", "", "a program that is started for each scenario")
	scenarios = flag.String("scenarios", "", "the folder of the scenarios")
	out       = flag.String("out", "out", "where the histories go")
	state     = flag.String("state", "state", "a folder of this run's own")
	apart     = flag.Duration("apart", 250*time.Millisecond, "how far apart scenarios begin")
	one       = flag.String("one", "", "(internal) the one scenario of this process")
	own       = flag.String("worker", "", "(internal) NAME/N: a worker in its own process")
)

// clock is that on the wall; the server's time runs as it.
var clock wall

type wall struct{}

func (wall) sleep(d time.Duration) { time.Sleep(d) }

func at(t0 time.Time, d string) { clock.sleep(time.Until(t0.Add(scenario.D(d)))) }

// workflows are the types with the functions that workers of this code have for them.
func workflows(e registry.Entry, code string) map[string]any {
	out := map[string]any{}
	for n, f := range e.Workflows {
		if t, c, ok := strings.Cut(n, "/"); !ok && out[n] == nil || ok && c == code {
			out[t] = f
		}
	}
	return out
}

// stopTimeout is how long a worker that stops waits for what it has in hand. Those of the recordings that did not exit at once
// had 30 s.
func stopTimeout(w scenario.Worker) time.Duration {
	if w.StopTimeout == "" && w.Until != "" && !w.Exits {
		return 30 * time.Second
	}
	return scenario.D(w.StopTimeout)
}

func newWorker(c client.Client, s *scenario.Scenario, i int) worker.Worker {
	w := s.Worker[i]
	e := registry.All[s.Name]
	wk := worker.New(c, s.RealQueue(w.Queue), worker.Options{
		Identity:                           fmt.Sprintf("worker-%d", i+1),
		MaxConcurrentActivityExecutionSize: w.ActivitySlots,
		WorkerStopTimeout:                  stopTimeout(w),
		DisableWorkflowWorker:              w.Workflows != nil && !*w.Workflows,
		LocalActivityWorkerOnly:            w.Activities != nil && !*w.Activities,
	})
	for n, f := range workflows(e, w.Code) {
		if w.Workflows != nil && !*w.Workflows {
			continue
		}
		wk.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: n})
	}
	e.Activities(wk)
	return wk
}

func ownWorker(name string) {
	name, number, _ := strings.Cut(name, "/")
	var n int
	fmt.Sscan(number, &n)
	s, err := scenario.Load(filepath.Join(*scenarios, name))
	if err != nil {
		panic(err)
	}
	if k := s.Worker[n].Cache; k != nil {
		worker.SetStickyWorkflowCacheSize(*k)
	}
	c := dial(s, *address, fmt.Sprintf("worker-%d", n+1))
	if err := newWorker(c, s, n).Run(worker.InterruptCh()); err != nil {
		panic(err)
	}
}

// attributes are what the server of the recordings had.
var attributes = []string{"CustomKeywordField=Keyword", "CustomStringField=Text", "CustomIntField=Int", "CustomBoolField=Bool",
	"CustomDoubleField=Double", "CustomDatetimeField=Datetime", "CustomKeywordListField=KeywordList"}

// serve starts a server; what it returns ends it.
func serve() (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	args := []string{fmt.Sprint(port)}
	for _, a := range attributes {
		args = append(args, "--search-attribute", a)
	}
	cmd := exec.Command(*server, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("127.0.0.1:%d", port), func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }, nil
}

// play is one scenario while it runs.
type play struct {
	address string
	s       *scenario.Scenario
	c       client.Client
	t0      time.Time
	first   string
	others  [][2]string
}

// start starts a worker; what it returns ends it.
func (p *play) start(i int) (stop func(crash bool)) {
	w := p.s.Worker[i]
	if w.Until != "" || w.Cache != nil { // a process of its own
		cmd := exec.Command("/proc/self/exe", "-address", p.address, "-scenarios", *scenarios, "-state", *state,
			"-worker", fmt.Sprintf("%s/%d", p.s.Name, i))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		return func(crash bool) {
			sig := syscall.SIGTERM
			if crash {
				sig = syscall.SIGKILL
			}
			cmd.Process.Signal(sig)
			cmd.Wait()
		}
	}
	c := dial(p.s, p.address, fmt.Sprintf("worker-%d", i+1))
	wk := newWorker(c, p.s, i)
	if err := wk.Start(); err != nil {
		panic(err)
	}
	return func(bool) { wk.Stop(); c.Close() }
}

func (p *play) run() (ds []dumped, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	s, bg := p.s, context.Background()
	p.address = *address
	if *server != "" {
		address, stop, err := serve()
		if err != nil {
			return nil, err
		}
		defer stop()
		p.address = address
	}
	p.c = dial(s, p.address, "client")
	defer p.c.Close()
	var wg sync.WaitGroup
	done := make(chan struct{})
	defer func() { close(done); wg.Wait() }()
	started := make(chan time.Time, 64)
	early := map[int]func(bool){}
	for i, w := range s.Worker {
		if scenario.D(w.From) == 0 {
			early[i] = p.start(i)
		}
	}
	time.Sleep(1500 * time.Millisecond)
	for i, w := range s.Worker {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var t0 time.Time
			stop := early[i]
			select {
			case t0 = <-started:
			case <-done:
				if stop != nil {
					stop(false)
				}
				return
			}
			if stop == nil {
				at(t0, w.From)
				stop = p.start(i)
			}
			if w.Until != "" {
				at(t0, w.Until)
				stop(w.Crash)
				return
			}
			<-done
			stop(false)
		}()
	}
	if s.Cron != "" || strings.Contains(s.Name, "cron") { // schedules count in whole seconds: start 100 ms after one
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1100 * time.Millisecond)))
	}
	if s.Clock != "" {
		t := time.Now().Truncate(time.Minute).Add(scenario.D(s.Clock))
		if t.Before(time.Now()) {
			t = t.Add(time.Minute)
		}
		time.Sleep(time.Until(t))
	}
	p.t0 = time.Now()
	run, err := p.c.ExecuteWorkflow(bg, options(s, s.WorkflowID, "main", &s.Options), s.Workflow, s.Input...)
	for range s.Worker {
		started <- p.t0
	}
	if err != nil {
		return nil, err
	}
	p.first = run.GetRunID()
	var steps sync.WaitGroup
	for i := range s.Step {
		steps.Add(1)
		go func() {
			defer steps.Done()
			p.step(i)
		}()
	}
	limit := 25 * time.Second
	if s.End != "" {
		limit = scenario.D(s.End)
	}
	wctx, cancel := context.WithDeadline(bg, p.t0.Add(limit))
	defer cancel()
	closed := make(chan struct{})
	go func() { p.c.GetWorkflow(wctx, s.WorkflowID, p.first).Get(wctx, nil); close(closed) }()
	steps.Wait()
	<-closed
	for _, o := range p.others {
		if s.End == "" {
			p.c.GetWorkflow(wctx, o[0], o[1]).Get(wctx, nil)
		}
	}
	if s.End != "" {
		at(p.t0, s.End)
	} else {
		time.Sleep(1200 * time.Millisecond)
	}
	ds, err = collect(p.c, s, p.first, p.others)
	for _, d := range ds { // what still runs would be in the way of others
		p.c.TerminateWorkflow(bg, d.id, "", "leftover")
	}
	return ds, err
}

// step waits until a step is due, does it, and notes what came of it.
func (p *play) step(i int) {
	st := &p.s.Step[i]
	at(p.t0, st.At)
	timeout := 20 * time.Second
	if st.Timeout != "" {
		timeout = scenario.D(st.Timeout)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if st.Unanswered {
		ctx = context.WithValue(ctx, unanswered{}, true)
	}
	updateID := st.UpdateID
	if updateID == "" {
		updateID = fmt.Sprintf("update-%d", i+1)
	}
	st.Expect, st.Message, st.Result = "", "", ""
	err := p.do(ctx, st, updateID)
	st.Expect = kind(err)
	if err != nil {
		st.Message = firstLine(err.Error())
	}
}

// write writes the histories and the answers of a scenario.
func (p *play) write(ds []dumped) error {
	dir := filepath.Join(*out, p.s.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, d := range ds {
		b, err := history.JSON(d.h)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, d.file), b, 0o644); err != nil {
			return err
		}
	}
	answers := [][3]string{}
	for _, st := range p.s.Step {
		answers = append(answers, [3]string{st.Expect, st.Message, st.Result})
	}
	b, err := json.MarshalIndent(answers, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "answers.json"), b, 0o644)
}

// whole plays a scenario, with a server of its own if there is a program for it.
func whole(name string) error {
	s, err := scenario.Load(filepath.Join(*scenarios, name))
	if err != nil {
		return err
	}
	p := &play{s: s}
	ds, err := p.run()
	if err != nil {
		return err
	}
	return p.write(ds)
}

// apartFrom plays a scenario in a process of its own: workers of one process share a cache, in which the runs of two servers
// may have one id.
func apartFrom(name string) error {
	cmd := exec.Command("/proc/self/exe", "-address", *address, "-server", *server, "-scenarios", *scenarios, "-out", *out,
		"-state", *state, "-one", name)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	os.Stdout.Write(said)
	return nil
}

func main() {
	flag.Parse()
	if *own != "" {
		ownWorker(*own)
		return
	}
	if *one != "" {
		if err := whole(*one); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	names := flag.Args()
	if len(names) == 0 {
		for name := range registry.All {
			names = append(names, name)
		}
		sort.Strings(names)
	}
	os.RemoveAll(*state)
	os.RemoveAll(*out)
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(time.Duration(i) * *apart)
			errs[i] = apartFrom(name)
		}()
	}
	wg.Wait()
	for i, name := range names {
		if errs[i] != nil {
			fmt.Println("not played:", name, errs[i])
		}
	}
}
