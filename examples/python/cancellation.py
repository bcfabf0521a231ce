"""The sample of Temporal's guide on cancellation.

An activity heartbeats until it is canceled, one is skipped, and cleanup runs only if the workflow was canceled.
"""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType


@activity.defn
async def activity_to_be_canceled() -> None:
    """Heartbeats every second: the answer to a heartbeat is how it learns that it is canceled."""
    while True:
        await asyncio.sleep(1)
        activity.heartbeat()


@activity.defn
async def activity_to_be_skipped() -> None:
    """Comes after the one that is canceled, so it never runs."""


@activity.defn
async def cleanup_activity() -> None:
    """Cleans up."""


async def work() -> None:
    await workflow.execute_activity(
        activity_to_be_canceled,
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=timedelta(seconds=5),
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )
    await workflow.execute_activity(
        activity_to_be_skipped, start_to_close_timeout=timedelta(minutes=10)
    )


async def clean_up() -> None:
    await workflow.execute_activity(
        cleanup_activity, start_to_close_timeout=timedelta(minutes=10)
    )


@workflow.defn
class YourWorkflow:
    """Works until it is canceled, and then cleans up."""

    @workflow.run
    async def run(self) -> None:
        try:
            await work()
        except (asyncio.CancelledError, ActivityError) as error:
            if is_cancelled_exception(error):
                await clean_up()
            raise


@workflow.defn
class YourCarelessWorkflow:
    """Has a mistake: whoever awaits an activity that is canceled gets an ActivityError, so cleanup is skipped."""

    @workflow.run
    async def run(self) -> None:
        try:
            await work()
        except asyncio.CancelledError:
            await clean_up()
            raise
