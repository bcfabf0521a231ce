// Command bench says what a server costs a worker of the Go SDK: how soon it answers, how long an execution takes, and what it
// keeps of many. Each argument is a server: a name, `=`, and the command that starts it, with PORT for the port.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	starts     = 11
	warm       = 200
	executions = 1000
	calls      = 100
	kept       = 10_000
)

// empty takes one workflow task.
func empty(workflow.Context) error { return nil }

// chain takes two tasks for each call: one of the activity, one of the workflow.
func chain(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	for range calls {
		if err := workflow.ExecuteActivity(ctx, "Nothing").Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// Nothing does nothing.
func Nothing(context.Context) error { return nil }

// running is a server, and how long it took until it answered.
type running struct {
	process *exec.Cmd
	client  client.Client
	soon    time.Duration
}

func start(command string) (running, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return running{}, err
	}
	address := free.Addr().String()
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	words := strings.Fields(strings.ReplaceAll(command, "PORT", port))
	process := exec.Command(words[0], words[1:]...)
	began := time.Now()
	if err := process.Start(); err != nil {
		return running{}, err
	}
	// The SDK waits longer from try to try; what answers at all is asked at once.
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			break
		}
		if time.Since(began) > time.Minute {
			return running{}, fmt.Errorf("%s does not listen", words[0])
		}
		time.Sleep(time.Millisecond)
	}
	quiet := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for {
		c, err := client.Dial(client.Options{HostPort: address, Logger: quiet})
		if err == nil {
			return running{process, c, time.Since(began)}, nil
		}
		if time.Since(began) > time.Minute {
			return running{}, err
		}
	}
}

func (r running) stop() {
	r.client.Close()
	_ = r.process.Process.Kill()
	_ = r.process.Wait()
}

// resident is what the process holds in memory, in KiB.
func (r running) resident() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if of, found := strings.CutPrefix(line, "VmRSS:"); found {
			return strconv.Atoi(strings.Fields(of)[0])
		}
	}
	return 0, fmt.Errorf("no VmRSS")
}

func (r running) execute(id string, code any) error {
	ctx := context.Background()
	options := client.StartWorkflowOptions{ID: id, TaskQueue: "main"}
	run, err := r.client.ExecuteWorkflow(ctx, options, code)
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// figures are what is known of a server.
type figures struct {
	soon, execution, call time.Duration
	before, after         int
}

func measure(command string) (figures, error) {
	var found figures
	var soon []time.Duration
	for range starts {
		r, err := start(command)
		if err != nil {
			return found, err
		}
		soon = append(soon, r.soon)
		r.stop()
	}
	found.soon = median(soon)
	r, err := start(command)
	if err != nil {
		return found, err
	}
	defer r.stop()
	w := worker.New(r.client, "main", worker.Options{})
	w.RegisterWorkflow(empty)
	w.RegisterWorkflow(chain)
	w.RegisterActivity(Nothing)
	if err := w.Start(); err != nil {
		return found, err
	}
	defer w.Stop()
	if found.before, err = r.resident(); err != nil {
		return found, err
	}
	var each []time.Duration
	for nth := range kept {
		began := time.Now()
		if err := r.execute(fmt.Sprintf("empty-%d", nth), empty); err != nil {
			return found, err
		}
		if nth >= warm && nth < warm+executions {
			each = append(each, time.Since(began))
		}
	}
	found.execution = median(each)
	if found.after, err = r.resident(); err != nil {
		return found, err
	}
	var chains []time.Duration
	for nth := range 11 {
		began := time.Now()
		if err := r.execute(fmt.Sprintf("chain-%d", nth), chain); err != nil {
			return found, err
		}
		chains = append(chains, time.Since(began)/calls)
	}
	found.call = median(chains)
	return found, nil
}

func main() {
	log.SetFlags(0)
	if len(os.Args) == 1 {
		log.Fatal("usage: bench NAME='COMMAND .. PORT ..' ..")
	}
	fmt.Println("| server | answers after | an execution | a call of an activity | memory at first | after 10,000 executions |")
	fmt.Println("|---|--:|--:|--:|--:|--:|")
	for _, argument := range os.Args[1:] {
		name, command, _ := strings.Cut(argument, "=")
		found, err := measure(command)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		millis := func(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }
		fmt.Printf("| %s | %s | %s | %s | %d MiB | %d MiB |\n", name,
			millis(found.soon), millis(found.execution), millis(found.call), found.before/1024, found.after/1024)
	}
}
