/**
 * The sample of Temporal's guide on cancellation: an activity that heartbeats until it is canceled, one that is skipped, and
 * cleanup that runs only if the workflow was canceled.
 */
import { ActivityCancellationType, CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities';

const { activityToBeCanceled, activityToBeSkipped, cleanupActivity } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

async function work(): Promise<void> {
  await activityToBeCanceled();
  await activityToBeSkipped();
}

/** Works until it is canceled, and then cleans up. */
export async function yourWorkflow(): Promise<void> {
  try {
    await work();
  } catch (err) {
    if (isCancellation(err)) {
      // The scope is canceled, so cleanup needs one of its own.
      await CancellationScope.nonCancellable(() => cleanupActivity());
    }
    throw err;
  }
}

/** Has a mistake: it cleans up in the canceled scope, so cleanup is skipped. */
export async function yourCarelessWorkflow(): Promise<void> {
  try {
    await work();
  } catch (err) {
    if (isCancellation(err)) {
      await cleanupActivity();
    }
    throw err;
  }
}
