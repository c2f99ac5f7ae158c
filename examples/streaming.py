"""A model whose answer comes as a stream; the agent stops reading when it knows enough.

Start a server with `runreel up`, then run `python examples/streaming.py`. The model is a small HTTP server in this
program that speaks the streaming protocol of OpenAI's chat completions and answers from a script. The call is one
event: when the first token came, how many items, and what it consumed. The items go to the agent as they come.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

import runreel

runreel.init(agent="storyteller")

STORY = "Once there was a lamp . It stood on a chair . Nobody knew why ."


class ScriptedModel(BaseHTTPRequestHandler):
    """Answers every question with the story, token by token."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        tokens = STORY.split()
        # The agent may have stopped reading and closed the connection by now.
        with suppress(ConnectionError):
            for token in tokens:
                self.send({"choices": [{"delta": {"content": f"{token} "}}]})
            self.send({"choices": [], "usage": {"prompt_tokens": 6, "completion_tokens": len(tokens)}})
            self.wfile.write(b"data: [DONE]\n\n")

    def send(self, chunk: dict[str, object]) -> None:
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@runreel.llm("scripted-model", model="scripted-model", provider="example")
def stream_chat(url: str, prompt: str) -> Iterator[str]:
    body = json.dumps({"stream": True, "messages": [{"role": "user", "content": prompt}]}).encode()
    text = ""
    with urlopen(Request(url, data=body), timeout=10) as response:
        for line in response:
            data = line.decode().removeprefix("data: ").strip()
            if not data or data == "[DONE]":
                continue
            chunk = json.loads(data)
            if "usage" in chunk:
                used = chunk["usage"]
                runreel.usage(tokens_in=used["prompt_tokens"], tokens_out=used["completion_tokens"], cost=0.00002)
            for choice in chunk["choices"]:
                text += choice["delta"]["content"]
                runreel.set_output(text)
                yield choice["delta"]["content"]


@runreel.agent
def storyteller(url: str) -> list[str]:
    whole = "".join(stream_chat(url, "Tell a story of a lamp."))
    first = []
    for token in stream_chat(url, "Tell how a story of a lamp begins."):
        first.append(token)
        if token.startswith("."):
            break
    return [whole.strip(), "".join(first).strip()]


def main() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), ScriptedModel) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for story in storyteller(f"http://127.0.0.1:{server.server_port}/v1/chat/completions"):
            print(story)
        server.shutdown()


if __name__ == "__main__":
    main()
