// Package history reads histories from the server and prints them as protobuf JSON.
package history

import (
	"bytes"
	"context"
	"encoding/json"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
)

// Quiet is a logger that says nothing.
type Quiet struct{}

func (Quiet) Debug(string, ...interface{}) {}
func (Quiet) Info(string, ...interface{})  {}
func (Quiet) Warn(string, ...interface{})  {}
func (Quiet) Error(string, ...interface{}) {}

// Get reads the whole history of a run (empty run id: the latest).
func Get(ctx context.Context, c client.Client, id, run string) (*historypb.History, error) {
	it := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	h := &historypb.History{}
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return nil, err
		}
		h.Events = append(h.Events, e)
	}
	return h, nil
}

// JSON is protojson with full enum names, as `temporal workflow show --output json` writes it
// (temporal CLI: CustomJSONMarshalOptions without shorthand payloads), stable indent 2.
func JSON(h *historypb.History) ([]byte, error) {
	b, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(h)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
