"""Errors as text: type, message and stack, without what is secret."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from runreel.sdk.limits import Limits
from runreel.sdk.value import ValueWriter


class ToolError(Exception):
    pass


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def _raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    secret_of_a_local = "must not be recorded"  # noqa: F841
    try:
        if cause is not None:
            raise error from cause
        raise error
    except BaseException as caught:  # noqa: BLE001
        return caught


def described(error: BaseException, **options: Any) -> Any:
    return json.loads(ValueWriter(**options).describe_error(error))


def test_error_is_told_by_type_message_and_stack() -> None:
    told = described(_raised(ToolError("no answer")))

    assert list(told) == ["type", "message", "stack"]
    assert told["type"] == f"{__name__}.ToolError"
    assert told["message"] == "no answer"
    assert told["stack"].startswith("Traceback (most recent call last):\n")
    assert f'File "{__file__}"' in told["stack"]
    assert ", in _raised\n    raise error\n" in told["stack"]
    assert told["stack"].endswith(f"{__name__}.ToolError: no answer\n")


def test_built_in_error_is_told_by_its_bare_name() -> None:
    assert described(KeyError("k")) == {"type": "KeyError", "message": "'k'", "stack": "KeyError: 'k'\n"}


def test_causes_come_first() -> None:
    stack = described(_raised(ToolError("second"), _raised(ValueError("first"))))["stack"]

    assert stack.index("ValueError: first") < stack.index("direct cause") < stack.index("ToolError: second")


def test_what_was_being_handled_comes_first() -> None:
    try:
        try:
            raise ValueError("first")
        except ValueError:
            raise ToolError("second")  # noqa: B904
    except ToolError as error:
        stack = described(error)["stack"]

    assert stack.index("ValueError: first") < stack.index("During handling") < stack.index("ToolError: second")


def test_hidden_context_stays_hidden() -> None:
    error = _raised(ToolError("second"))
    error.__context__ = _raised(ValueError("first"))
    error.__suppress_context__ = True

    assert "first" not in described(error)["stack"]


def test_causes_that_go_in_a_circle_end() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert described(first)["stack"].count("direct cause") == 1


def test_members_of_a_group_are_told() -> None:
    group = ExceptionGroup("both", [_raised(ValueError("one")), _raised(ToolError("two"))])

    stack = described(_raised(group))["stack"]

    assert "ExceptionGroup: both (2 sub-exceptions)" in stack
    assert stack.index("- 1 of 2 -") < stack.index("ValueError: one") < stack.index("- 2 of 2 -")
    assert "ToolError: two" in stack


def test_notes_are_told() -> None:
    error = ToolError("no")
    error.add_note("while reading token=abc123")

    assert described(error)["stack"].endswith("ToolError: no\nwhile reading token=[redacted]\n")


def test_cancellation_is_told() -> None:
    assert described(asyncio.CancelledError()) == {
        "type": "asyncio.exceptions.CancelledError",
        "message": "",
        "stack": "asyncio.exceptions.CancelledError\n",
    }


def test_local_variables_are_not_recorded() -> None:
    assert "must not be" not in ValueWriter().describe_error(_raised(ToolError("x"))).replace(
        'secret_of_a_local = "must not be recorded"', ""
    )


def test_error_that_can_not_say_what_it_is_is_told() -> None:
    told = described(_raised(SilentError()))

    assert told["type"] == f"{__name__}.SilentError"
    assert told["message"] == "[its text failed: RuntimeError]"
    assert "in _raised" in told["stack"]


def test_what_an_error_was_raised_with_is_described_like_any_value() -> None:
    class Speaker:
        def __init__(self) -> None:
            self.x = 1

        def __repr__(self) -> str:
            raise AssertionError("it was asked")

    assert json.loads(described(ToolError({"api_key": "sk-1", "n": 2}))["message"]) == {"api_key": "[redacted]", "n": 2}
    assert json.loads(described(ToolError("a", Speaker()))["message"])[1]["x"] == 1
    assert len(described(ToolError(list(range(1_000_000))))["message"]) < 20_000


@pytest.mark.parametrize(
    "message",
    [
        "bad api_key='s3cret'",
        "bad request: {'api_key': 's3cret', 'n': 1}",
        "Authorization: Bearer s3cret",
        "cannot reach postgres://me:s3cret@host/db",
    ],
)
def test_secret_that_a_message_names_is_left_out(message: str) -> None:
    text = ValueWriter().describe_error(ToolError(message))

    assert "s3cret" not in text
    assert "[redacted]" in text


def test_secret_that_a_line_of_source_names_is_left_out() -> None:
    def connect(**_: object) -> None:
        raise ToolError("refused")

    try:
        connect(api_key="s3cret", n=len("password"))
    except ToolError as error:
        stack = described(error)["stack"]

    assert 'connect(api_key="[redacted]", n=len("password"))' in stack


def test_host_redacts_message_and_stack() -> None:
    seen: list[str | None] = []

    def redact(key: str | None, value: object) -> object:
        seen.append(key)
        return str(value).replace("Ada", "…")

    told = described(_raised(ToolError("Ada was here")), redact=redact)

    assert told["message"] == "… was here"
    assert told["stack"].endswith("ToolError: … was here\n")
    assert seen == ["message", "stack"]


def test_long_message_is_cut() -> None:
    told = described(ToolError("x" * 1_000), limits=Limits(message_chars=10))

    assert told["message"] == "x" * 10 + "… [cut: 1000 characters in all]"


def test_long_stack_keeps_both_ends() -> None:
    def dive(depth: int) -> None:
        if depth:
            dive(depth - 1)
        raise ToolError("at the bottom")

    try:
        dive(200)
    except ToolError as error:
        stack = described(error)["stack"]

    assert stack.count("in dive") == 50 - 1
    assert "in test_long_stack_keeps_both_ends" in stack
    assert "\n  [152 more]\n" in stack
    assert stack.endswith("ToolError: at the bottom\n")


def test_stack_is_bounded_in_all() -> None:
    error: BaseException = ToolError("y" * 300)
    for number in range(50):
        error = _raised(ToolError(f"{number} " + "x" * 300), error)

    stack = described(error, limits=Limits(inline_chars=2_000))["stack"]

    assert len(stack) <= 2_000
    assert "[cut: " in stack
    assert stack.endswith("x\n")


def test_frames_of_the_recorder_are_left_out() -> None:
    own: dict[str, Any] = {"__name__": "runreel.sdk.call"}
    exec("def call(function):\n    return function()", own)

    def fail() -> None:
        raise ToolError("no")

    try:
        own["call"](fail)
    except ToolError as error:
        stack = described(error)["stack"]

    assert "in call" not in stack
    assert "in fail" in stack


def test_error_is_not_changed() -> None:
    error = _raised(ToolError("no"), ValueError())
    before = (error.args, error.__traceback__, error.__cause__, error.__dict__.copy())

    described(error)

    assert (error.args, error.__traceback__, error.__cause__, error.__dict__) == before
