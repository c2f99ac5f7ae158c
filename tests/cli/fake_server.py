"""A server in the test's process that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; a mapping is sent as JSON."""

    status: int = 200
    body: Mapping[str, object] | bytes = field(default_factory=dict)
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asked, its path as it was on the wire."""

    method: str
    path: str
    body: object = None


class FakeServer:
    """Answers by method and raw path; a list of answers is used up one by one."""

    def __init__(self) -> None:
        self.url = ""
        self.questions: list[Question] = []
        self._answers: dict[str, list[Answer]] = {}

    def answers(self, question: str, *answers: Answer | Mapping[str, object]) -> None:
        """Set the answers to a question such as `GET /api/runs`; the last one stays."""
        self._answers[question] = [one if isinstance(one, Answer) else Answer(body=one) for one in answers]

    def asked(self) -> list[str]:
        return [f"{question.method} {question.path}" for question in self.questions]

    def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        waiting = self._answers.get(f"{question.method} {question.path}")
        if waiting is None:
            return problem(404, f"nothing is at {question.path}")
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def problem(status: int, detail: str) -> Answer:
    return Answer(status, {"type": "about:blank", "title": "Problem", "status": status, "detail": detail})


@contextmanager
def serving() -> Iterator[FakeServer]:
    server = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = server.answer(Question(self.command, self.path, json.loads(body) if body else None))
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            if answer.location is not None:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PATCH = do_DELETE = do_PUT = do_POST = _reply  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
