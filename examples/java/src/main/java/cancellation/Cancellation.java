package cancellation;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;

/**
 * The sample of Temporal's guide on cancellation: an activity that heartbeats until it is canceled, one that is skipped,
 * and cleanup that runs only if the workflow was canceled.
 */
final class Cancellation {

  @ActivityInterface
  public interface Activities {
    void activityToBeCanceled();

    void activityToBeSkipped();

    void cleanupActivity();
  }

  public static class ActivitiesImpl implements Activities {

    /** Heartbeats every second: a heartbeat throws once the activity is canceled. */
    @Override
    public void activityToBeCanceled() {
      while (true) {
        try {
          Thread.sleep(1000);
        } catch (InterruptedException e) {
          throw Activity.wrap(e);
        }
        Activity.getExecutionContext().heartbeat(null);
      }
    }

    /** Comes after the one that is canceled, so it never runs. */
    @Override
    public void activityToBeSkipped() {}

    @Override
    public void cleanupActivity() {}
  }

  @WorkflowInterface
  public interface YourWorkflow {
    @WorkflowMethod
    void run();
  }

  /** Works until it is canceled, and then cleans up. */
  public static class YourWorkflowImpl implements YourWorkflow {

    private final Activities activities = activities();

    @Override
    public void run() {
      try {
        activities.activityToBeCanceled();
        activities.activityToBeSkipped();
      } finally {
        if (CancellationScope.current().isCancelRequested()) {
          // This scope is canceled, so cleanup needs one of its own.
          Workflow.newDetachedCancellationScope(activities::cleanupActivity).run();
        }
      }
    }
  }

  @WorkflowInterface
  public interface YourCarelessWorkflow {
    @WorkflowMethod
    void run();
  }

  /** Has a mistake: it cleans up in the canceled scope, so cleanup is skipped. */
  public static class YourCarelessWorkflowImpl implements YourCarelessWorkflow {

    private final Activities activities = activities();

    @Override
    public void run() {
      try {
        activities.activityToBeCanceled();
        activities.activityToBeSkipped();
      } finally {
        if (CancellationScope.current().isCancelRequested()) {
          activities.cleanupActivity();
        }
      }
    }
  }

  private static Activities activities() {
    return Workflow.newActivityStub(
        Activities.class,
        ActivityOptions.newBuilder()
            .setStartToCloseTimeout(Duration.ofMinutes(10))
            .setHeartbeatTimeout(Duration.ofSeconds(5))
            .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
            .build());
  }

  private Cancellation() {}
}
