// Package scenario reads scenario.toml, as fixtures/README.md describes it.
package scenario

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/BurntSushi/toml"
)

// Retry is a retry policy.
type Retry struct {
	InitialInterval    string   `toml:"initial_interval"`
	BackoffCoefficient float64  `toml:"backoff_coefficient"`
	MaximumInterval    string   `toml:"maximum_interval"`
	MaximumAttempts    int32    `toml:"maximum_attempts"`
	NonRetryable       []string `toml:"non_retryable_error_types"`
}

// Options are those of a start: of the main workflow, or of a step that starts one.
type Options struct {
	RunTimeout       string         `toml:"run_timeout"`
	ExecutionTimeout string         `toml:"execution_timeout"`
	TaskTimeout      string         `toml:"task_timeout"`
	StartDelay       string         `toml:"start_delay"`
	Cron             string         `toml:"cron"`
	Priority         *Priority      `toml:"priority"`
	StaticSummary    string         `toml:"static_summary"`
	StaticDetails    string         `toml:"static_details"`
	IDReuse          string         `toml:"id_reuse_policy"`
	IDConflict       string         `toml:"id_conflict_policy"`
	Memo             map[string]any `toml:"memo"`
	SearchAttributes map[string]any `toml:"search_attributes"`
	Retry            *Retry         `toml:"retry"`
}

// Priority is a place among the tasks of a queue.
type Priority struct {
	Key            int     `toml:"key"`
	FairnessKey    string  `toml:"fairness_key"`
	FairnessWeight float32 `toml:"fairness_weight"`
}

// Worker polls a queue for a while.
type Worker struct {
	Queue         string `toml:"queue"`
	From          string `toml:"from"`
	Until         string `toml:"until"`
	Crash         bool   `toml:"crash"`
	Workflows     *bool  `toml:"workflows"`
	Activities    *bool  `toml:"activities"`
	Cache         *int   `toml:"cache"` // needs a process of its own
	ActivitySlots int    `toml:"activity_slots"`
	StopTimeout   string `toml:"stop_timeout"`
	Exits         bool   `toml:"exits"` // its process ends as soon as it stops
	Code          string `toml:"code"` // registers T+code for each workflow type T for which there is such a function
}

// Step is one thing that the client does.
type Step struct {
	Options
	UpdateID      string `toml:"update_id"`
	Stage         string `toml:"stage"`
	Timeout       string `toml:"timeout"`
	Unanswered    bool   `toml:"unanswered"` // the answer is kept from the client until it gives up
	ActivityID    string `toml:"activity_id"`
	Token         bool   `toml:"token"`
	Attempt       int    `toml:"attempt"`
	Failure       string `toml:"failure"`
	FailureType   string `toml:"failure_type"`
	NonRetryable  bool   `toml:"non_retryable"`
	WorkflowInput []any  `toml:"workflow_input"`
	Query         string `toml:"query"`
	At            string `toml:"at"`
	Do            string `toml:"do"`
	WorkflowID    string `toml:"workflow_id"`
	RunID         string `toml:"run_id"` // "first": that of the main workflow's first run
	Name          string `toml:"name"`
	Input         []any  `toml:"input"`
	Reason        string `toml:"reason"`
	Workflow      string `toml:"workflow"`
	ID            string `toml:"id"`
	Queue         string `toml:"queue"`
	Expect        string `toml:"expect"`
	Message       string `toml:"message"`
	Result        string `toml:"result"`
}

// Hold holds the completion of a workflow task back.
type Hold struct {
	Task       int    `toml:"task"`
	Takes      string `toml:"takes"`
	WorkflowID string `toml:"workflow_id"`
}

// Scenario is one script.
type Scenario struct {
	Name       string   `toml:"-"`
	Workflow   string   `toml:"workflow"`
	WorkflowID string   `toml:"workflow_id"`
	Input      []any    `toml:"input"`
	Activities string   `toml:"activities"`
	Workflows  []string `toml:"workflows"`
	Options
	End    string   `toml:"end"`
	Clock  string   `toml:"clock"` // the main workflow is started this long after a full minute
	Worker []Worker `toml:"worker"`
	Step   []Step   `toml:"step"`
	Hold   []Hold   `toml:"hold"`
}

// Load reads the scenario in a folder.
func Load(dir string) (*Scenario, error) {
	s := &Scenario{Name: filepath.Base(dir)}
	if _, err := toml.DecodeFile(filepath.Join(dir, "scenario.toml"), s); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if s.WorkflowID == "" {
		s.WorkflowID = s.Name
	}
	if len(s.Worker) == 0 {
		s.Worker = []Worker{{Queue: "main"}}
	}
	return s, nil
}

// D parses a duration; none is 0.
func D(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return d
}

// RealQueue is what a queue is called on the server: "main" has the name of the scenario in it, others are literal.
func (s *Scenario) RealQueue(q string) string {
	if q == "" || q == "main" {
		return s.Name + "-main"
	}
	return q
}
