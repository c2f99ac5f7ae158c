"""An agent that calls a service over HTTP; what the service does is in the agent's run, under the call.

Start a server with `runreel up`, then run `python examples/across_services.py`. It starts the service as a process
of its own. `inject` puts the place in the run into the headers, `extract` takes it out; both processes record.
"""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

import runreel

runreel.init(agent="shop_assistant")

PRICES = {"lamp": 40, "chair": 85}


@runreel.tool
def look_up_price(item: str) -> int:
    return PRICES[item]


class PriceService(BaseHTTPRequestHandler):
    """Answers `/lamp` with a price."""

    def do_GET(self) -> None:
        with runreel.extract(self.headers), runreel.span("price service"):
            body = json.dumps(look_up_price(self.path.strip("/"))).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def serve() -> None:
    with HTTPServer(("127.0.0.1", 0), PriceService) as server:
        print(server.server_port, flush=True)
        for _ in range(2):
            server.handle_request()


@runreel.tool
def ask_service(url: str, item: str) -> int:
    with urlopen(Request(f"{url}/{item}", headers=dict(runreel.inject())), timeout=10) as response:
        return json.load(response)


@runreel.agent("shop_assistant")
def add_up(url: str, items: list[str]) -> int:
    return sum(ask_service(url, item) for item in items)


def main() -> None:
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        port = service.stdout.readline().strip()
        print(add_up(f"http://127.0.0.1:{port}", ["lamp", "chair"]))


if __name__ == "__main__":
    serve() if "serve" in sys.argv else main()
