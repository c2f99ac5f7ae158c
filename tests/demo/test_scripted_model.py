"""The scripted model by its protocol."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest

from runreel.demo import model
from runreel.demo.errors import ModelBusyError, ModelError
from runreel.demo.model import JsonObject
from runreel.demo.scripted_model import MODEL_NAME, count_tokens
from tests.support.patience import PATIENCE_S

PLANNER = {"role": "system", "content": "You are the planner."}
REPORTER = {"role": "system", "content": "You are the reporter."}
WORKER = {"role": "system", "content": "You are the worker."}
TASK = "Task: Which bright star of class G is nearest?"


def request_of(*messages: JsonObject, user: str = "someone", model_name: str = MODEL_NAME) -> JsonObject:
    return {"model": model_name, "messages": list(messages), "user": user}


def user(content: str) -> JsonObject:
    return {"role": "user", "content": content}


def test_an_answer_has_the_shape_of_a_chat_completion(model_url: str) -> None:
    body = json.dumps(request_of(PLANNER, user(TASK))).encode()
    with urlopen(Request(f"{model_url}/v1/chat/completions", data=body), timeout=PATIENCE_S) as response:
        answer = json.load(response)

    assert answer["object"] == "chat.completion"
    assert answer["model"] == "scripted-demo-model"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert json.loads(answer["choices"][0]["message"]["content"]) == {
        "steps": ["See how far bright stars are", "Find the nearest of class G"]
    }
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_worker_is_told_to_call_a_tool_and_then_speaks_of_its_result(model_url: str) -> None:
    question = user(f"{TASK}\nFindings:\nStep: See how far bright stars are")

    reply = model.ask(model_url, request_of(WORKER, question))
    (call,) = reply.tool_calls
    assert (call.tool, call.arguments) == ("describe_column", {"table": "stars.csv", "column": "distance_ly"})

    result = {"role": "tool", "tool_call_id": call.call_id, "content": '{"n_values": 3, "least": 1, "most": 9}'}
    reply = model.ask(model_url, request_of(WORKER, question, reply.message, result))
    assert reply.text == "The 3 stars are between 1 and 9 light years away."


def test_an_overloaded_model_turns_each_user_away_once(model_url: str) -> None:
    question = user("Task: Is Lisbon warmer than Quito?\nFindings:\n- It is.")

    for name in ("a", "b"):
        with pytest.raises(ModelBusyError, match="503 Service Unavailable: the model is overloaded"):
            model.ask(model_url, request_of(REPORTER, question, user=name))
        assert model.ask(model_url, request_of(REPORTER, question, user=name)).text == "It is."


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        (request_of(PLANNER, user("Task: Sing!")), 400),
        (request_of(PLANNER, user("Hello")), 400),
        (request_of({"role": "system", "content": "Be nice."}, user(TASK)), 400),
        (request_of(WORKER, user(f"{TASK}\nStep: Sing")), 400),
        (request_of(PLANNER, user(TASK), model_name="gpt-4"), 404),
    ],
)
def test_what_is_not_in_the_script_is_refused(model_url: str, request_body: JsonObject, status: int) -> None:
    with pytest.raises(ModelError, match=f"^{status} "):
        model.ask(model_url, request_body)


def test_tokens_are_words_and_signs() -> None:
    assert count_tokens("The 20 stars, then.") == 6
