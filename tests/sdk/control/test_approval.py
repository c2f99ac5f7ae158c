"""An agent asks, a person answers, whatever happens in between."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

import runreel
from runreel.sdk.client import Client
from runreel.testing import Recorded, recorded
from tests.sdk.control.conftest import Later, MakeClient
from tests.sdk.control.people_server import PeopleServer
from tests.sdk.shipping.record_server import Asked, Reply, problem, unused_url
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


def ask(question: str = "Deploy?", *, run_id: str | None = None, **more: Any) -> Later:
    def work() -> runreel.Approval:
        with runreel.run(run_id=run_id):
            return runreel.approval(question, **more)

    return Later(work)


@pytest.mark.usefixtures("client")
def test_the_answer_of_a_person_comes_back(server: PeopleServer) -> None:
    def work() -> runreel.Approval:
        with runreel.run(), runreel.node("deploy"):
            return runreel.approval("Deploy?", context={"version": 3, "password": "secret"})

    asking = Later(work)
    asked = server.asked()
    assert (asked["name"], asked["node_id"], asked["event_type"]) == ("Deploy?", "deploy", "approval_requested")
    assert asked["inputs"] == {
        "question": "Deploy?",
        "options": ["approve", "reject"],
        "context": {"version": 3, "password": "[redacted]"},
    }
    assert "expires_at" not in asked.get("attributes", {})
    server.answer(asked["event_id"], "approve", feedback="Well done.", answered_by="Ada")

    approval = asking.result()
    assert (approval.status, approval.option, approval.is_approved) == ("answered", "approve", True)
    assert (approval.feedback, approval.answered_by) == ("Well done.", "Ada")
    assert approval.answered_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert approval.event_id == asked["event_id"]


@pytest.mark.usefixtures("client")
def test_only_the_first_option_approves(server: PeopleServer) -> None:
    asking = ask(options=["yes", "no", "later"])
    server.answer(server.asked()["event_id"], "later")
    approval = asking.result()
    assert (approval.option, approval.is_approved) == ("later", False)


@pytest.mark.usefixtures("client")
def test_when_its_time_is_over_the_default_counts(server: PeopleServer) -> None:
    approval = ask(timeout_s=0.3, default="reject").result()
    assert (approval.status, approval.option, approval.is_approved) == ("expired", "reject", False)

    asked = server.asked()
    assert asked["attributes"]["expires_at"] > "2026"
    # The server was told, and made it end.
    assert server.answers[asked["event_id"]] == {"status": "expired", "option": "reject"}
    assert server.merged(asked["event_id"])["phase"] == "start"


@pytest.mark.usefixtures("client")
def test_a_person_who_is_quicker_than_the_end_of_the_time_counts(server: PeopleServer) -> None:
    def answer_before_it_expires(asked: Asked) -> None:
        if asked.path.endswith("/expire"):
            server.answer(asked.path.split("/")[5], "approve")

    server.intervene = answer_before_it_expires
    approval = ask(timeout_s=0.3, default="reject").result()
    assert (approval.status, approval.option) == ("answered", "approve")


def test_without_a_server_the_agent_ends_it_itself(use_client: MakeClient, server: PeopleServer) -> None:
    url = server.url
    server.stop()
    client = use_client(url=url)
    approval = ask(timeout_s=0.3, default="approve").result()
    assert (approval.status, approval.option, approval.is_approved) == ("expired", "approve", True)

    server.start()
    assert client.flush(PATIENCE_S).waiting == 0
    asked = server.merged(server.asked()["event_id"])
    assert (asked["status"], asked["event_subtype"], asked["outputs"]) == (
        "cancelled",
        "expired",
        {"option": "approve"},
    )


@pytest.mark.usefixtures("client")
def test_a_server_that_goes_and_comes_back_is_asked_again(server: PeopleServer) -> None:
    asking = ask()
    server.asked()
    server.wait_until_asked("/approvals/")
    server.stop()
    server.answer(server.asked()["event_id"], "approve")
    server.start()
    assert asking.result().is_approved


@pytest.mark.usefixtures("client")
def test_a_server_that_has_not_heard_of_it_yet_is_asked_again(server: PeopleServer) -> None:
    heard_late = threading.Event()

    def hear_late(asked: Asked) -> Reply | None:
        return problem(503, "wait") if asked.path.endswith("/records") and not heard_late.is_set() else None

    server.intervene = hear_late
    asking = ask()
    server.wait_for(lambda: server.n_asked("/approvals/") >= 3)
    heard_late.set()
    server.answer(server.asked()["event_id"], "approve")
    assert asking.result().is_approved


def test_a_run_that_is_begun_again_finds_the_answer_that_was_given_meanwhile(
    use_client: MakeClient, server: PeopleServer
) -> None:
    use_client()
    asking = ask(run_id="run-1")
    asked = server.asked()
    assert not asking.is_over
    # As in a process that was killed: nobody tells that the former one waits no more.
    use_client()
    again = ask(run_id="run-1", timeout_s=PATIENCE_S)
    server.wait_for(lambda: server.n_asked("/approvals/") >= 3)
    server.answer(asked["event_id"], "approve")
    assert again.result().is_approved

    use_client()
    once_more = ask(run_id="run-1").result()
    assert (once_more.is_approved, once_more.event_id) == (True, asked["event_id"])
    assert [record["event_id"] for record in server.records if record.get("event_type") == "approval_requested"] == [
        asked["event_id"]
    ]
    asking.result()


def test_a_question_that_ended_unanswered_is_asked_anew(use_client: MakeClient, server: PeopleServer) -> None:
    use_client()
    asking = ask(run_id="run-1")
    first = server.asked()
    server.answers[first["event_id"]] = {"status": "ended"}
    with server._changed:
        server._changed.notify_all()
    ended = asking.result()
    assert (ended.status, ended.option, ended.is_approved) == ("ended", None, False)

    use_client()
    again = ask(run_id="run-1")
    second = server.asked(2)
    assert second["event_id"] != first["event_id"]
    server.answer(second["event_id"], "reject")
    assert again.result().option == "reject"


@pytest.mark.usefixtures("client")
def test_the_same_question_twice_is_two_approvals(server: PeopleServer) -> None:
    def work() -> list[str | None]:
        with runreel.run():
            return [runreel.approval("Go on?").option for _ in range(2)]

    asking = Later(work)
    server.answer(server.asked(1)["event_id"], "approve")
    server.answer(server.asked(2)["event_id"], "reject")
    assert asking.result() == ["approve", "reject"]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(("given", "is_kept"), [("order-7:deploy", True), ("a/b ✓", False)])
def test_its_id_can_be_chosen(server: PeopleServer, given: str, is_kept: bool) -> None:
    asking = ask(approval_id=given)
    event_id = server.asked()["event_id"]
    assert (event_id == given) == is_kept
    server.answer(event_id, "approve")
    assert asking.result().event_id == event_id


def test_a_run_that_is_to_stop_waits_no_more(client: Client, server: PeopleServer) -> None:
    asking = ask(run_id="run-1")
    event_id = server.asked()["event_id"]
    server.wait_until_asked("/requests")
    server.request("run-1", "cancel")

    approval = asking.result()
    assert (approval.status, approval.option, approval.is_approved) == ("ended", None, False)
    assert client.flush(PATIENCE_S).is_complete
    assert server.merged(event_id)["status"] == "cancelled"
    assert server.run("run-1")["status"] == "cancelled"
    assert server.run("run-1")["seen_request"] == 1


async def test_other_tasks_go_on_meanwhile(client: Client, server: PeopleServer) -> None:
    async def work() -> runreel.Approval:
        async with runreel.run():
            return await runreel.approval_async("Deploy?")

    task = asyncio.create_task(work())
    asked = await asyncio.to_thread(server.asked)
    server.answer(asked["event_id"], "approve")
    assert (await asyncio.wait_for(task, PATIENCE_S)).is_approved
    await asyncio.to_thread(eventually, lambda: not client.errands)


async def test_a_cancelled_task_withdraws_and_leaves_no_thread(client: Client, server: PeopleServer) -> None:
    is_over = threading.Event()

    def keep_waiting(asked: Asked) -> None:
        if "/approvals/" in asked.path:
            is_over.wait(PATIENCE_S)

    server.intervene = keep_waiting
    async with runreel.run():
        task = asyncio.create_task(runreel.approval_async("Deploy?"))
        asked = await asyncio.to_thread(server.asked)
        await asyncio.to_thread(server.wait_until_asked, "/approvals/")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    # Long before anybody gives up waiting for an answer.
    await asyncio.to_thread(eventually, lambda: not client.errands, timeout_s=15)
    is_over.set()
    assert client.flush(PATIENCE_S).is_complete
    event = server.merged(asked["event_id"])
    assert (event["status"], event["attributes"]) == ("cancelled", {"cancelled_by": "CancelledError"})


def test_where_nothing_is_recorded_the_default_counts(use_client: MakeClient) -> None:
    from runreel.sdk.client import replace_client

    use_client()
    replace_client(None)
    assert repr(runreel.approval("Deploy?")) == "Approval(status='unavailable', option=None, answered_by=None)"
    assert runreel.approval("Deploy?", default="approve").is_approved
    assert not runreel.approval("Deploy?", default="reject").is_approved


def test_a_test_prepares_answers() -> None:
    with recorded("a") as recording:
        recording.answer("Deploy?", "approve", feedback="Fine.")
        approval = runreel.approval("Deploy?")
        other = runreel.approval("Delete?", timeout_s=3600, default="reject")
    assert (approval.is_approved, approval.feedback, approval.answered_by) == (True, "Fine.", "tester")
    assert (other.status, other.option, other.is_approved) == ("unavailable", "reject", False)
    assert recording.event("Deploy?")["inputs"]["question"] == "Deploy?"


@pytest.mark.parametrize(
    "wrong",
    [{"options": 3}, {"options": []}, {"options": None}, {"timeout_s": "soon"}, {"default": 7}, {"approval_id": 3}],
)
def test_a_wrong_use_hurts_nobody(recording: Recorded, wrong: dict[str, Any]) -> None:
    recording.answer("Deploy?", "approve")
    with runreel.run():
        runreel.approval("Deploy?", **wrong)
        runreel.approval(None, **wrong)  # type: ignore[arg-type]


def test_an_address_where_nobody_listens_does_not_hold_the_agent_longer(use_client: MakeClient) -> None:
    use_client(url=unused_url())
    assert ask(timeout_s=0, default="reject").result().status == "expired"


def test_a_question_that_was_withdrawn_is_asked_anew(use_client: MakeClient, server: PeopleServer) -> None:
    async def withdraw() -> None:
        async with runreel.run(run_id="run-1"):
            await asyncio.wait_for(runreel.approval_async("Deploy?"), 0.1)

    use_client()
    with pytest.raises(TimeoutError):
        asyncio.run(withdraw())
    asked = server.asked()["event_id"]
    server.wait_for(lambda: server.merged(asked)["phase"] == "end")

    use_client()
    again = ask(run_id="run-1")
    server.answer(server.asked(2)["event_id"], "approve")
    assert again.result().is_approved
