package cancellation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cancellation.Cancellation.ActivitiesImpl;
import cancellation.Cancellation.YourCarelessWorkflowImpl;
import cancellation.Cancellation.YourWorkflowImpl;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.testing.TemporalDevServerOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import org.junit.jupiter.api.Test;

/** Cancels the workflow by its id while its activity heartbeats, and looks at what it comes to. */
class CancellationTest {

  @Test
  void yourWorkflowCleansUp() throws Exception {
    var cause = cancel("YourWorkflow", "your-workflow.txt");
    assertInstanceOf(CanceledFailure.class, cause);
  }

  @Test
  void theMistakeIsFound() throws Exception {
    var cause = cancel("YourCarelessWorkflow", "your-careless-workflow.txt");
    var found = assertInstanceOf(ApplicationFailure.class, cause);
    assertEquals("RehearsalFailed", found.getType());
    assertTrue(found.getOriginalMessage().contains("RH201"), found.getOriginalMessage());
  }

  /** Starts a workflow, cancels it by its id, and returns why it failed. */
  private static Throwable cancel(String workflow, String report) throws Exception {
    var server = System.getenv("REHEARSAL_SERVER");
    assumeTrue(server != null, "REHEARSAL_SERVER names no rehearsal-server");
    // These two options are all that makes it a rehearsal: without them the same test runs on the server that the SDK
    // downloads.
    var options =
        TemporalDevServerOptions.newBuilder()
            .setExistingPath(server)
            .setExtraArgs(
                "--sweep", "--fail", "--check", "cleanup-iff-canceled=CleanupActivity", "--report", report)
            .build();
    try (var environment = TestWorkflowEnvironment.startLocal(options)) {
      var worker = environment.newWorker("main");
      worker.registerWorkflowImplementationTypes(YourWorkflowImpl.class, YourCarelessWorkflowImpl.class);
      worker.registerActivitiesImplementations(new ActivitiesImpl());
      environment.start();

      var client = environment.getWorkflowClient();
      var run =
          client.newUntypedWorkflowStub(
              workflow, WorkflowOptions.newBuilder().setWorkflowId("order-7").setTaskQueue("main").build());
      run.start();
      Thread.sleep(3500);
      client.newUntypedWorkflowStub("order-7").cancel();
      return assertThrows(WorkflowFailedException.class, () -> run.getResult(Void.class)).getCause();
    }
  }
}
