"""A model that is none: an HTTP endpoint of the OpenAI chat-completions protocol that answers from a script.

It runs on this machine's loopback, calls itself `scripted-demo-model`, counts words and signs as tokens, and charges
an invented price, so that there are tokens and costs to look at. What it says of data it has from the tools' results.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from runreel.demo.errors import ScriptError
from runreel.demo.model import JsonObject
from runreel.demo.script import Line, Say, Script

MODEL_NAME = "scripted-demo-model"
PROVIDER = "scripted-demo"
DOLLARS_PER_TOKEN_IN = 0.4e-6
DOLLARS_PER_TOKEN_OUT = 1.6e-6

# About as fast as a small hosted model.
SECONDS_TO_BEGIN = 0.2
SECONDS_PER_TOKEN = 0.008


@contextmanager
def serving(script: Script, *, wait: Callable[[float], object] = time.sleep) -> Generator[str]:
    """Serve the script on a free port of the loopback; give the base URL. `wait` passes the time of thinking."""
    model = ScriptedModel(script, wait=wait)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(model)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class ScriptedModel:
    """Answers requests; the same conversation always gets the same answer, but for ids and times."""

    def __init__(self, script: Script, *, wait: Callable[[float], object]) -> None:
        self._script = script
        self._wait = wait
        self._numbers = itertools.count(1)
        self._turned_away: set[object] = set()

    def complete(self, request: JsonObject) -> tuple[int, JsonObject]:
        """Return the HTTP status and the body that answer a request."""
        if request.get("model") != MODEL_NAME:
            return _error(404, f"the model {request.get('model')!r} is not here; only {MODEL_NAME!r} is")
        try:
            line = self._script.next_line(request["messages"])
        except ScriptError as error:
            return _error(400, str(error))
        if line.is_busy_at_first and request.get("user") not in self._turned_away:
            self._turned_away.add(request.get("user"))
            return _error(503, "the model is overloaded; ask again")
        message = self._message(line)
        usage = _usage(request, message)
        self._wait(SECONDS_TO_BEGIN + SECONDS_PER_TOKEN * usage["completion_tokens"])
        finish_reason = "stop" if isinstance(line, Say) else "tool_calls"
        return 200, {
            "id": f"chatcmpl-{next(self._numbers)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL_NAME,
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            "usage": usage,
        }

    def _message(self, line: Line) -> JsonObject:
        if isinstance(line, Say):
            return {"role": "assistant", "content": line.text}
        function = {"name": line.tool, "arguments": json.dumps(line.arguments, ensure_ascii=False)}
        call = {"id": f"call_{next(self._numbers)}", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}


def count_tokens(text: str) -> int:
    """Return how many words and signs `text` has: near enough to tokens for a demo, and the same everywhere."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def _usage(request: JsonObject, message: JsonObject) -> JsonObject:
    tokens_in = sum(count_tokens(_said(one)) for one in request["messages"])
    tokens_out = count_tokens(_said(message))
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "cost": round(tokens_in * DOLLARS_PER_TOKEN_IN + tokens_out * DOLLARS_PER_TOKEN_OUT, 9),
    }


def _said(message: JsonObject) -> str:
    calls = [call["function"] for call in message.get("tool_calls", ())]
    return "\n".join([message.get("content") or "", *(f"{call['name']} {call['arguments']}" for call in calls)])


def _error(status: int, reason: str) -> tuple[int, JsonObject]:
    return status, {"error": {"message": reason, "type": "overloaded" if status == 503 else "invalid_request_error"}}


def _handler_for(model: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path != "/v1/chat/completions":
                status, answer = _error(404, f"nothing is at {self.path}")
            else:
                status, answer = model.complete(json.loads(body))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the requests are in the recording."""

    return Handler
