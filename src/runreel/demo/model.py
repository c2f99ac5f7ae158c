"""Asks a model over the OpenAI chat-completions protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from runreel.demo.errors import ModelBusyError, ModelError

JsonObject: TypeAlias = dict[str, Any]

_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What the model wants done."""

    call_id: str
    tool: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A model's answer: its words, or the tools that it calls. `message` is repeated in the next request."""

    text: str
    tool_calls: Sequence[ToolCall]
    usage: JsonObject
    message: JsonObject
    finish_reason: str


def ask(url: str, request: JsonObject, *, timeout_s: float = 30.0) -> Reply:
    """Send one request to the endpoint at `url`.

    Raises:
        ModelError: it refused; `ModelBusyError` where asking again may help.
        OSError: something went wrong on the way.
    """
    headers = {"Content-Type": "application/json", "Authorization": "Bearer no-key-needed"}
    post = Request(f"{url}/v1/chat/completions", data=json.dumps(request).encode(), headers=headers, method="POST")
    try:
        with _open(post, timeout=timeout_s) as response:
            return _read_reply(json.load(response))
    except HTTPError as error:
        kind = ModelBusyError if error.code in {429, 503} else ModelError
        with error:
            raise kind(f"{error.code} {error.reason}: {_reason(error)}") from error


def _read_reply(answer: JsonObject) -> Reply:
    choice = answer["choices"][0]
    message = choice["message"]
    return Reply(
        text=message.get("content") or "",
        tool_calls=[_read_call(call) for call in message.get("tool_calls", ())],
        usage=answer["usage"],
        message=message,
        finish_reason=choice["finish_reason"],
    )


def _read_call(call: JsonObject) -> ToolCall:
    function = call["function"]
    return ToolCall(call_id=call["id"], tool=function["name"], arguments=json.loads(function["arguments"]))


def _reason(error: HTTPError) -> str:
    return cast("str", json.load(error)["error"]["message"])
