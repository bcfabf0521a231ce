"""Cancels the workflow by its id while its activity heartbeats, and looks at what it comes to."""

import os

import pytest
from cancellation import (
    YourCarelessWorkflow,
    YourWorkflow,
    activity_to_be_canceled,
    activity_to_be_skipped,
    cleanup_activity,
)
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

pytestmark = pytest.mark.skipif(
    "REHEARSAL_SERVER" not in os.environ, reason="REHEARSAL_SERVER names no rehearsal-server"
)


async def cancel(workflow: type, report: str) -> BaseException:
    """Starts a workflow, cancels it by its id, and returns why it failed.

    The two `test_server` arguments are all that makes it a rehearsal: without them the same test runs on the server that
    the SDK downloads.
    """
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=os.environ["REHEARSAL_SERVER"],
        test_server_extra_args=[
            "--sweep",
            "--fail",
            "--check",
            "cleanup-iff-canceled=cleanup_activity",
            "--report",
            report,
        ],
    ) as env:
        async with Worker(
            env.client,
            task_queue="main",
            workflows=[YourWorkflow, YourCarelessWorkflow],
            activities=[activity_to_be_canceled, activity_to_be_skipped, cleanup_activity],
        ):
            handle = await env.client.start_workflow(workflow.run, id="order-7", task_queue="main")
            await env.sleep(3.5)
            await env.client.get_workflow_handle("order-7").cancel()
            with pytest.raises(WorkflowFailureError) as failed:
                await handle.result()
            return failed.value.cause


async def test_your_workflow_cleans_up() -> None:
    assert isinstance(await cancel(YourWorkflow, "your-workflow.txt"), CancelledError)


async def test_the_mistake_is_found() -> None:
    found = await cancel(YourCarelessWorkflow, "your-careless-workflow.txt")
    assert isinstance(found, ApplicationError)
    assert found.type == "RehearsalFailed"
    assert "RH201" in found.message
