"""The server as a process: where it listens, what it says, and how it ends."""

from __future__ import annotations

import signal
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from runreel.cli.main import main
from tests.support.api import client_of
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server


@dataclass(frozen=True, slots=True)
class Refusal:
    code: int
    said: str


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> Refusal:
    """Run `runreel up` in this process, where it is expected to refuse before it serves."""
    code = main(["up", "--port", "0", *arguments])
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("runreel: ")
    return Refusal(code, output.err)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.0.0.1.example.com"])
def test_a_host_that_others_could_reach_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    refused = refusal(capsys, "--host", host, "--data", str(tmp_path / "data"))

    assert refused.code == 2
    assert "accounts" in refused.said
    assert "127.0.0.1" in refused.said
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_refused_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = refusal(capsys, "--port", str(port), "--data", str(tmp_path))

    assert refused.code == 2
    assert f"127.0.0.1:{port}" in refused.said
    assert "--port" in refused.said


@pytest.mark.parametrize(("host", "name"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("::1", "[::1]")])
def test_the_line_at_the_start_says_the_address(tmp_path: Path, host: str, name: str) -> None:
    if host == "::1" and not _has_ipv6_loopback():
        pytest.skip("left out: this machine has no IPv6")
    with running_server(tmp_path, arguments=["--host", host]) as server:
        assert server.url.startswith(f"http://{name}:")
        assert httpx.get(f"{server.url}/health", timeout=PATIENCE_S, trust_env=False).json()["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_without_a_word(tmp_path: Path, number: signal.Signals) -> None:
    with running_server(tmp_path) as server:
        httpx.get(f"{server.url}/api/runs", timeout=PATIENCE_S, trust_env=False)
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE_S) == 0

    assert len(server.lines) == 1


def test_data_are_kept_from_other_users(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    with running_server(folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_was_recorded_is_there_at_the_next_start(tmp_path: Path) -> None:
    batch = {"version": 1, "records": [{"record": "run", "run_id": "r", "agent_name": "a", "phase": "start"}]}
    with running_server(tmp_path) as server, client_of(server.url) as api:
        api.http.post("/api/records", json=batch).raise_for_status()
    with running_server(tmp_path) as server, client_of(server.url) as api:
        assert api.get("/api/runs/a/run%201")["run_id"] == "r"


def test_a_file_that_is_no_database_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runreel.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)

    refused = refusal(capsys, "--data", str(tmp_path))

    assert refused.code == 1
    assert "damaged or is no database" in refused.said


@pytest.mark.parametrize(
    "url", ["postgresql://someone:hush-hush@127.0.0.1:1/runs", "mysql://x:hush-hush@y/z", "hush-hush"]
)
def test_a_database_that_can_not_be_used_is_refused_without_its_password(
    capsys: pytest.CaptureFixture[str], url: str
) -> None:
    refused = refusal(capsys, "--database", url)

    assert refused.code in (1, 2)
    assert "hush-hush" not in refused.said


@pytest.mark.postgres
def test_a_database_without_tables_is_refused_and_says_how_to_make_them(
    empty_postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = refusal(capsys, "--database", empty_postgres_url)

    assert refused.code == 1
    assert "runreel migrate" in refused.said


def test_settings_of_the_environment_reach_the_server(tmp_path: Path) -> None:
    with running_server(tmp_path, env={"RUNREEL_MAX_BODY_BYTES": "10"}) as server:
        response = httpx.post(f"{server.url}/api/records", content=b"x" * 11, timeout=PATIENCE_S, trust_env=False)

    assert response.status_code == 413


def _has_ipv6_loopback() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
