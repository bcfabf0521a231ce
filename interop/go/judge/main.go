// Command judge has the SDK's own replayer look at simulated histories: closure.
//
//	judge FOLDER
//
// FOLDER has a folder for each scenario, with histories of it. What is refused is printed, a line for each scenario, and
// the figure at last.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rehearsal/interop/history"
	"rehearsal/interop/registry"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: judge FOLDER")
		os.Exit(2)
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*", "*.json"))
	if err != nil || len(files) == 0 {
		fmt.Fprintln(os.Stderr, "no histories in", os.Args[1])
		os.Exit(1)
	}
	var names []string
	all, refused, first := map[string]int{}, map[string]int{}, map[string]string{}
	good := 0
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		if all[name]++; all[name] == 1 {
			names = append(names, name)
		}
		err := replay(name, file)
		if err == nil {
			good++
			continue
		}
		if refused[name]++; refused[name] == 1 {
			words, _, _ := strings.Cut(err.Error(), "\n")
			first[name] = fmt.Sprintf("%s: %.200s", filepath.Base(file), words)
		}
	}
	for _, name := range names {
		if refused[name] > 0 {
			fmt.Printf("%s: %d of %d refused, %s\n", name, refused[name], all[name], first[name])
		}
	}
	fmt.Printf("closure go: %d of %d\n", good, len(files))
}

// replay replays a history of a scenario with its code. The replayer's cache goes by the id of the run, and simulated runs
// share theirs, so each gets one of its own.
func replay(name, file string) error {
	reader, err := os.Open(file)
	if err != nil {
		return err
	}
	defer reader.Close()
	told, err := client.HistoryFromJSON(reader, client.HistoryJSONOptions{})
	if err != nil {
		return err
	}
	replayer := worker.NewWorkflowReplayer()
	for workflowType, code := range registry.All[name].Workflows {
		replayer.RegisterWorkflowWithOptions(code, workflow.RegisterOptions{Name: workflowType})
	}
	id := told.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
	return replayer.ReplayWorkflowHistoryWithOptions(history.Quiet{}, told, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: id, RunID: file},
	})
}
