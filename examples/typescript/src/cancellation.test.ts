/** Cancels the workflow by its id while its activity heartbeats, and looks at what it comes to. */
import assert from 'assert';
import { WorkflowFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import { ApplicationFailure, CancelledFailure, type Workflow } from '@temporalio/workflow';
import * as activities from './activities';
import { yourCarelessWorkflow, yourWorkflow } from './workflows';

// A sweep is hundreds of runs, and the SDK logs each task.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
});

/**
 * Starts a workflow, cancels it by its id, and returns why it failed.
 *
 * `server` is all that makes it a rehearsal: without it the same test runs on the server that the SDK downloads.
 */
async function cancel(workflow: Workflow, report: string): Promise<Error | undefined> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: {
      executable: { type: 'existing-path', path: process.env.REHEARSAL_SERVER! },
      extraArgs: ['--sweep', '--fail', '--check', 'cleanup-iff-canceled=cleanupActivity', '--report', report],
    },
  });
  try {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'main',
      workflowsPath: require.resolve('./workflows'),
      activities,
    });
    return await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(workflow, { workflowId: 'order-7', taskQueue: 'main' });
      await env.sleep('3.5 seconds');
      await env.client.workflow.getHandle('order-7').cancel();
      const failed = await handle.result().catch((err) => err);
      assert(failed instanceof WorkflowFailedError);
      return failed.cause;
    });
  } finally {
    await env.teardown();
  }
}

describe('cancellation', function () {
  this.timeout('2 minutes');

  before('REHEARSAL_SERVER names a rehearsal-server', function () {
    if (!process.env.REHEARSAL_SERVER) this.skip();
  });

  it('yourWorkflow cleans up', async () => {
    const cause = await cancel(yourWorkflow, 'your-workflow.txt');
    assert(cause instanceof CancelledFailure, `${cause}`);
  });

  it('the mistake is found', async () => {
    const cause = await cancel(yourCarelessWorkflow, 'your-careless-workflow.txt');
    assert(cause instanceof ApplicationFailure, `${cause}`);
    assert.strictEqual(cause.type, 'RehearsalFailed');
    assert.match(cause.message, /RH201/);
  });
});
