package cancellation

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
)

// TestYourCarelessWorkflowCleansUp is a test that knows of no mistake. It is red, as it should be, so it runs only where that is
// asked for.
func TestYourCarelessWorkflowCleansUp(t *testing.T) {
	if os.Getenv("REHEARSAL_RED") == "" {
		t.Skip("it is red: REHEARSAL_RED runs it all the same")
	}
	c := server(t, filepath.Join(t.TempDir(), "report.txt"))
	hire(t, c, "")
	if err := cancel(t, c, YourCarelessWorkflow); !temporal.IsCanceledError(err) {
		t.Fatalf("expected a canceled error, got: %v", err)
	}
}

const shown = "REHEARSAL_RED=1 REHEARSAL_SERVER=../../target/debug/rehearsal-server go test -run YourCareless"

// The README shows what the red test prints. REHEARSAL_RENEW writes it there again, and the recording of it into red.cast, which
// asciinema plays.
func TestTheReadmeShowsWhatTheRedTestPrints(t *testing.T) {
	if os.Getenv("REHEARSAL_SERVER") == "" {
		t.Skip("REHEARSAL_SERVER names no rehearsal-server")
	}
	printed, cast := record(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, block, _ := strings.Cut(string(readme), "$ "+shown+"\n")
	_, after, there := strings.Cut(block, "```\n")
	if !there {
		t.Fatal("README.md does not show the command")
	}
	block = strings.TrimSuffix(block, "```\n"+after)
	if os.Getenv("REHEARSAL_RENEW") != "" {
		renewed := before + "$ " + shown + "\n" + printed + "```\n" + after
		if err := os.WriteFile("README.md", []byte(renewed), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("red.cast", cast, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if anyTime(printed) != anyTime(block) {
		t.Fatalf("README.md shows something else than what is printed:\n%s", printed)
	}
	recorded, err := os.ReadFile("red.cast")
	if err != nil {
		t.Fatal(err)
	}
	if played := play(t, recorded); anyTime(played) != anyTime("$ "+shown+"\n"+printed) {
		t.Fatalf("red.cast plays something else:\n%s", played)
	}
}

// record runs the red test, and returns what it prints, and the same with the time of each line (asciicast v2).
func record(t *testing.T) (printed string, cast []byte) {
	t.Helper()
	command := exec.Command("go", "test", "-count=1", "-run", "YourCareless")
	command.Env = append(os.Environ(), "REHEARSAL_RED=1")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	line := func(of any) {
		encoded, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		cast = append(append(cast, encoded...), '\n')
	}
	line(struct {
		Version int `json:"version"`
		Width   int `json:"width"`
		Height  int `json:"height"`
	}{2, 120, 56})
	line([]any{0, "o", "$ " + shown + "\r\n"})
	began := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		printed += lines.Text() + "\n"
		line([]any{time.Since(began).Round(time.Millisecond).Seconds(), "o", lines.Text() + "\r\n"})
	}
	if command.Wait() == nil {
		t.Fatalf("the red test is green:\n%s", printed)
	}
	return printed, cast
}

// play returns what a recording shows.
func play(t *testing.T, cast []byte) (played string) {
	t.Helper()
	_, events, _ := strings.Cut(string(cast), "\n")
	for _, event := range strings.Split(strings.TrimSpace(events), "\n") {
		var parts []any
		if err := json.Unmarshal([]byte(event), &parts); err != nil || len(parts) != 3 {
			t.Fatalf("no event of a recording: %s", event)
		}
		text, _ := parts[2].(string)
		played += strings.ReplaceAll(text, "\r\n", "\n")
	}
	return played
}

var (
	seconds = regexp.MustCompile(`\d+\.\d+s\b`)
	id      = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	place   = regexp.MustCompile(`_test\.go:\d+`)
)

// anyTime is a text without what is another each time: how long something took, and the id of a run.
func anyTime(text string) string {
	text = seconds.ReplaceAllString(text, "0s")
	return place.ReplaceAllString(id.ReplaceAllString(text, "id"), "_test.go:0")
}
