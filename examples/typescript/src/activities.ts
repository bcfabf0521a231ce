import { heartbeat, sleep } from '@temporalio/activity';

/** Heartbeats every second: the answer to a heartbeat is how it learns that it is canceled. */
export async function activityToBeCanceled(): Promise<void> {
  for (;;) {
    await sleep('1 second');
    heartbeat();
  }
}

/** Comes after the one that is canceled, so it never runs. */
export async function activityToBeSkipped(): Promise<void> {}

/** Cleans up. */
export async function cleanupActivity(): Promise<void> {}
