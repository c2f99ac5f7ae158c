"""Arguments of `init` over the environment; what can't be used is said at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runreel.errors import ConfigError
from runreel.sdk import client as client_module
from runreel.sdk.client import current_client, ensure_client, init, is_disabled
from runreel.sdk.settings import DEFAULT_URL, read_settings
from tests.sdk.shipping.conftest import FakeRun
from tests.sdk.shipping.record_server import RecordServer, unused_url
from tests.support.patience import PATIENCE_S
from tests.support.source import ROOT


def test_environment_counts_where_no_argument_is_given(tmp_path: Path) -> None:
    settings = read_settings(
        env={
            "RUNREEL_URL": "https://runs.example/base/",
            "RUNREEL_API_KEY": "k-1",
            "RUNREEL_AGENT": "writer",
            "RUNREEL_SESSION": "monday",
            "RUNREEL_ENVIRONMENT": "production",
            "RUNREEL_TAGS": "a, b,,c d",
            "RUNREEL_METADATA": "commit=4f1c2d, query = a=b,",
            "RUNREEL_REDACT_KEYS": "iban, -csrf_token",
            "RUNREEL_JOURNAL": str(tmp_path / "j"),
            "RUNREEL_JOURNAL_MAX_BYTES": "2000000",
            "RUNREEL_JOURNAL_MAX_FILE_BYTES": "0",
        }
    )
    assert settings.url == "https://runs.example/base"
    assert (settings.api_key, settings.agent, settings.session) == ("k-1", "writer", "monday")
    assert settings.metadata == {"commit": "4f1c2d", "query": "a=b"}
    assert settings.redact_keys == ("iban", "-csrf_token")
    assert (settings.environment, settings.tags) == ("production", ("a", "b", "c d"))
    assert (settings.journal, settings.journal_max_bytes, settings.max_file_bytes) == (
        str(tmp_path / "j"),
        2_000_000,
        0,
    )


def test_arguments_count_more(tmp_path: Path) -> None:
    env = {"RUNREEL_URL": "nonsense", "RUNREEL_AGENT": "a", "RUNREEL_TAGS": "x", "RUNREEL_METADATA": "nonsense"}
    env |= {"RUNREEL_DISABLED": "1"}
    settings = read_settings(
        url="http://[::1]:4701", agent="b", tags=["y"], disabled=False, journal=tmp_path, metadata={"k": 1}, env=env
    )
    assert (settings.url, settings.agent, settings.tags) == ("http://[::1]:4701", "b", ("y",))
    assert (settings.journal, settings.metadata) == (str(tmp_path), {"k": 1})


def test_defaults_need_nothing() -> None:
    settings = read_settings(env={"XDG_STATE_HOME": "/nowhere"})
    assert settings.url == DEFAULT_URL
    assert settings.journal == "/nowhere/runreel/journal"
    assert settings.agent is None


def test_disabled_program_does_not_fail_for_other_settings() -> None:
    assert read_settings(env={"RUNREEL_DISABLED": "true", "RUNREEL_URL": "nonsense"}).is_disabled


BAD: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"url": "localhost:4700"}, {}, "url"),
    ({"url": "ftp://host"}, {}, "url"),
    ({"url": "http://"}, {}, "url"),
    ({"url": "http://host:0"}, {}, "url"),
    ({"url": "http://host:port"}, {}, "url"),
    ({"url": "http://host:"}, {}, "url"),
    ({"url": "http://host/?a=b"}, {}, "url"),
    ({"url": "http://user:secret@host"}, {}, "url"),
    ({"url": "http://hö.st"}, {}, "url"),
    ({"url": 5}, {}, "url"),
    ({}, {"RUNREEL_URL": "nonsense"}, "RUNREEL_URL"),
    ({"api_key": "two words"}, {}, "api_key"),
    ({}, {"RUNREEL_API_KEY": "line\nbreak"}, "RUNREEL_API_KEY"),
    ({"agent": ""}, {}, "agent"),
    ({"agent": "x" * 256}, {}, "agent"),
    ({"agent": "a\x00b"}, {}, "agent"),
    ({"agent": 3}, {}, "agent"),
    ({}, {"RUNREEL_SESSION": "a\tb"}, "RUNREEL_SESSION"),
    ({"tags": "text"}, {}, "tags"),
    ({"tags": [1]}, {}, "tags"),
    ({"tags": 7}, {}, "tags"),
    ({"metadata": [1]}, {}, "metadata"),
    ({"metadata": {1: 2}}, {}, "metadata"),
    ({}, {"RUNREEL_METADATA": "commit"}, "RUNREEL_METADATA"),
    ({}, {"RUNREEL_METADATA": "=a"}, "RUNREEL_METADATA"),
    ({"redact": "no function"}, {}, "redact"),
    ({"redact_keys": "iban"}, {}, "redact_keys"),
    ({"redact_keys": [3]}, {}, "redact_keys"),
    ({"journal_max_bytes": 10}, {}, "journal_max_bytes"),
    ({"journal_max_bytes": True}, {}, "journal_max_bytes"),
    ({"journal_max_bytes": 1.5}, {}, "journal_max_bytes"),
    ({}, {"RUNREEL_JOURNAL_MAX_BYTES": "4 GB"}, "RUNREEL_JOURNAL_MAX_BYTES"),
    ({"max_file_bytes": -1}, {}, "max_file_bytes"),
    ({"disabled": "yes"}, {}, "disabled"),
    ({}, {"RUNREEL_DISABLED": "maybe"}, "RUNREEL_DISABLED"),
    ({"journal": 5}, {}, "journal"),
    ({"journal": "a\x00b"}, {}, "journal"),
    ({"journal": "/dev/null/journal"}, {}, "journal"),
    ({}, {"RUNREEL_JOURNAL": "/dev/null/journal"}, "RUNREEL_JOURNAL"),
]


@pytest.mark.parametrize(("arguments", "env", "name"), BAD, ids=lambda value: str(value)[:40])
def test_bad_value_says_which_and_what_to_give(
    arguments: dict[str, Any], env: dict[str, str], name: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings(**arguments, env={"XDG_STATE_HOME": str(tmp_path)} | env)
    text = str(caught.value)
    assert text.startswith(f"{name} ")
    assert "give " in text
    assert "secret" not in text
    assert "two words" not in text


@pytest.mark.usefixtures("no_client")
def test_init_with_the_same_settings_changes_nothing(server: RecordServer, tmp_path: Path) -> None:
    first = init(url=server.url, journal=tmp_path, agent="a")
    assert init(url=server.url, journal=tmp_path, agent="a") is first
    assert current_client() is first


@pytest.mark.usefixtures("no_client")
def test_init_with_a_bad_setting_keeps_the_client(server: RecordServer, tmp_path: Path) -> None:
    first = init(url=server.url, journal=tmp_path)
    with pytest.raises(ConfigError):
        init(url="nonsense")
    assert current_client() is first


@pytest.mark.usefixtures("no_client")
def test_init_with_other_settings_delivers_what_waited(server: RecordServer, tmp_path: Path, run: FakeRun) -> None:
    other = RecordServer()
    other.start()
    try:
        first = init(url=server.url, journal=tmp_path)
        assert first is not None
        first.add(run, run.record("first"))
        second = init(url=other.url, journal=tmp_path)
        assert second is not None
        assert second is not first
        second.add(run, run.record("second"))
        assert second.flush(PATIENCE_S).delivered == 1
        assert (server.ids(), other.ids()) == (["first"], ["second"])
    finally:
        other.stop()


@pytest.mark.usefixtures("no_client")
def test_init_with_another_address_for_a_server_that_is_away_loses_nothing(
    server: RecordServer, tmp_path: Path, run: FakeRun
) -> None:
    first = init(url=unused_url(), journal=tmp_path)
    assert first is not None
    first.add(run, run.record("first"))
    init(url=server.url, journal=tmp_path)
    init(url=first.settings.url, journal=tmp_path)
    assert [path for path in tmp_path.rglob("*.segment") if b"first" in path.read_bytes()] != []


@pytest.mark.usefixtures("no_client")
def test_init_can_disable(server: RecordServer, tmp_path: Path, run: FakeRun) -> None:
    first = init(url=server.url, journal=tmp_path)
    assert first is not None
    first.add(run, run.record())
    assert init(disabled=True) is None
    assert current_client() is None
    assert ensure_client() is None
    assert server.ids() == ["e1"]


@pytest.mark.usefixtures("no_client")
def test_first_use_takes_the_environment(server: RecordServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_has_begun", False)
    monkeypatch.setenv("RUNREEL_URL", server.url)
    monkeypatch.setenv("RUNREEL_JOURNAL", str(tmp_path))
    client = ensure_client()
    assert client is not None
    assert client.settings.url == server.url
    assert ensure_client() is client


@pytest.mark.usefixtures("no_client")
def test_bad_environment_records_nothing_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(client_module, "_has_begun", False)
    monkeypatch.setenv("RUNREEL_URL", "nonsense")
    assert ensure_client() is None
    assert ensure_client() is None
    assert caplog.text.count("RUNREEL_URL") == 1


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("0", False), ("", False), ("maybe", False)])
def test_disabled_is_seen_in_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("RUNREEL_DISABLED", value)
    assert is_disabled() is expected


def test_every_variable_is_in_the_reference() -> None:
    import re

    source = (ROOT / "src/runreel/sdk/settings.py").read_text(encoding="utf-8")
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8").partition("## Programs that record")[2]
    assert set(re.findall(r'"(RUNREEL_\w+)"', source)) == set(re.findall(r"^\| `(RUNREEL_\w+)` \|", page, re.MULTILINE))
