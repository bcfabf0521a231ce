package main

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rehearsal/interop/scenario"
)

func retry(r *scenario.Retry) *temporal.RetryPolicy {
	if r == nil {
		return nil
	}
	return &temporal.RetryPolicy{InitialInterval: scenario.D(r.InitialInterval), BackoffCoefficient: r.BackoffCoefficient,
		MaximumInterval: scenario.D(r.MaximumInterval), MaximumAttempts: r.MaximumAttempts, NonRetryableErrorTypes: r.NonRetryable}
}

func attribute(n string, v any) temporal.SearchAttributeUpdate {
	switch n {
	case "CustomKeywordField":
		return temporal.NewSearchAttributeKeyKeyword(n).ValueSet(v.(string))
	case "CustomStringField":
		return temporal.NewSearchAttributeKeyString(n).ValueSet(v.(string))
	case "CustomIntField":
		return temporal.NewSearchAttributeKeyInt64(n).ValueSet(v.(int64))
	case "CustomBoolField":
		return temporal.NewSearchAttributeKeyBool(n).ValueSet(v.(bool))
	case "CustomDoubleField":
		return temporal.NewSearchAttributeKeyFloat64(n).ValueSet(v.(float64))
	case "CustomDatetimeField":
		t, err := time.Parse(time.RFC3339, v.(string))
		if err != nil {
			panic(err)
		}
		return temporal.NewSearchAttributeKeyTime(n).ValueSet(t)
	case "CustomKeywordListField":
		var l []string
		for _, x := range v.([]any) {
			l = append(l, x.(string))
		}
		return temporal.NewSearchAttributeKeyKeywordList(n).ValueSet(l)
	}
	return temporal.NewSearchAttributeKeyKeyword(n).ValueSet(fmt.Sprint(v))
}

func options(s *scenario.Scenario, id, queue string, o *scenario.Options) client.StartWorkflowOptions {
	r := client.StartWorkflowOptions{ID: id, TaskQueue: s.RealQueue(queue), WorkflowExecutionErrorWhenAlreadyStarted: true,
		WorkflowRunTimeout: scenario.D(o.RunTimeout), WorkflowExecutionTimeout: scenario.D(o.ExecutionTimeout),
		WorkflowTaskTimeout: scenario.D(o.TaskTimeout), StartDelay: scenario.D(o.StartDelay), CronSchedule: o.Cron,
		RetryPolicy: retry(o.Retry), Memo: o.Memo, StaticSummary: o.StaticSummary, StaticDetails: o.StaticDetails,
	}
	if p := o.Priority; p != nil {
		r.Priority = temporal.Priority{PriorityKey: p.Key, FairnessKey: p.FairnessKey, FairnessWeight: p.FairnessWeight}
	}
	if o.SearchAttributes != nil {
		var l []temporal.SearchAttributeUpdate
		for n, v := range o.SearchAttributes {
			l = append(l, attribute(n, v))
		}
		r.TypedSearchAttributes = temporal.NewSearchAttributes(l...)
	}
	switch o.IDReuse {
	case "":
	case "allow-duplicate":
		r.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	case "allow-duplicate-failed-only":
		r.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	case "reject-duplicate":
		r.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	case "terminate-if-running":
		r.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING
	default:
		panic(o.IDReuse)
	}
	switch o.IDConflict {
	case "":
	case "fail":
		r.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	case "use-existing":
		r.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	case "terminate-existing":
		r.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
	default:
		panic(o.IDConflict)
	}
	return r
}
