"""A connection of its own for what somebody waits to hear: what people answered, and what they ask for."""

from __future__ import annotations

from runreel.sdk.transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.sdk.port import Heard

# The server answers in the time that it was given; so much longer it may take on its way.
_SLACK_S = 5.0


class HttpLine:
    """Asks one server, one thing at a time. `interrupt` may come from another thread."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self._transport = Transport(url, api_key)

    def find_approval(self, run_id: str, event_id: str, wait_s: int) -> Heard:
        """Ask what became of an approval; the server waits so long until it is not open any more."""
        return self._get(f"/api/by-id/{run_id}/approvals/{event_id}?wait_s={wait_s}", wait_s)

    def expire_approval(self, run_id: str, event_id: str, option: str | None, timeout_s: float) -> Heard:
        """Tell that the time of an approval is over, and hear what it is now: somebody may have been quicker."""
        import json

        body = json.dumps({"option": option}).encode()
        return self._transport.ask(
            "POST", f"/api/by-id/{run_id}/approvals/{event_id}/expire", body, timeout_s=timeout_s
        )

    def list_requests(self, run_id: str, after: int, wait_s: int) -> Heard:
        """Ask what people want of a run; the server waits so long until there is something after that number."""
        return self._get(f"/api/by-id/{run_id}/requests?after={after}&wait_s={wait_s}", wait_s)

    def interrupt(self) -> None:
        """Cut short what is under way; everything fails from now on until `resume`."""
        self._transport.interrupt()

    def resume(self) -> None:
        """Ask again, over a new connection where the former one was cut."""
        if self._transport.is_interrupted:
            self._transport.close()
            self._transport.resume()

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()

    def _get(self, path: str, wait_s: int) -> Heard:
        return self._transport.ask("GET", path, timeout_s=wait_s + _SLACK_S)
