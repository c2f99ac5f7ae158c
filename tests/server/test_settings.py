"""Settings: read once, and refused by their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from runreel.errors import ConfigError
from runreel.server.settings import Settings, is_loopback


def test_defaults_are_those_of_the_class() -> None:
    settings = Settings.from_env({"RUNREEL_DATA": "here"})

    assert settings == Settings(data=Path("here"))
    assert (settings.host, settings.port) == ("127.0.0.1", 4700)


def test_every_setting_is_read_from_its_variable() -> None:
    settings = Settings.from_env(
        {
            "RUNREEL_HOST": "::1",
            "RUNREEL_PORT": "1",
            "RUNREEL_DATA": "there",
            "RUNREEL_DATABASE": "postgresql://x",
            "RUNREEL_BLOBS": "s3://bucket/prefix",
            "RUNREEL_MAX_BODY_BYTES": "2",
            "RUNREEL_MAX_FILE_BYTES": "8",
            "RUNREEL_MAX_INFLATED_BYTES": "3",
            "RUNREEL_MAX_RECORD_BYTES": "4",
            "RUNREEL_MAX_RECORDS": "5",
            "RUNREEL_QUEUE_BYTES": "6",
            "RUNREEL_SETTLE_AFTER_S": "7.5",
            "RUNREEL_MIN_FREE_BYTES": "0",
            "RUNREEL_PRICES": "prices.json",
            "RUNREEL_LOG_LEVEL": "INFO",
            "RUNREEL_LOG_FORMAT": "JSON",
        }
    )

    assert settings == Settings(
        host="::1",
        port=1,
        data=Path("there"),
        database="postgresql://x",
        blobs="s3://bucket/prefix",
        max_body_bytes=2,
        max_file_bytes=8,
        max_inflated_bytes=3,
        max_record_bytes=4,
        max_records=5,
        queue_bytes=6,
        settle_after_s=7.5,
        min_free_bytes=0,
        prices=Path("prices.json"),
        log_level="info",
        log_format="json",
    )


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "1e3", "٣", "²", "9" * 30, "x"])
@pytest.mark.parametrize("name", ["RUNREEL_MAX_BODY_BYTES", "RUNREEL_MAX_RECORDS", "RUNREEL_QUEUE_BYTES"])
def test_what_is_no_amount_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Settings.from_env({name: value})


@pytest.mark.parametrize("value", ["", "-1", "nan", "inf", "soon", "1e9"])
def test_what_is_no_duration_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="RUNREEL_SETTLE_AFTER_S"):
        Settings.from_env({"RUNREEL_SETTLE_AFTER_S": value})


@pytest.mark.parametrize("value", ["65536", "-1", ""])
def test_what_is_no_port_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="RUNREEL_PORT"):
        Settings.from_env({"RUNREEL_PORT": value})


def test_the_database_is_a_file_in_the_data_folder_unless_one_is_named(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).database_url() == f"sqlite:///{tmp_path.resolve()}/runreel.db"
    assert Settings(data=tmp_path, database="postgresql://x").database_url() == "postgresql://x"


@pytest.mark.parametrize(("name", "value"), [("RUNREEL_LOG_LEVEL", "loud"), ("RUNREEL_LOG_FORMAT", "xml")])
def test_an_unknown_word_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Settings.from_env({name: value})


def test_only_a_database_of_this_machine_is_a_file(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).database_file() == tmp_path.resolve() / "runreel.db"
    assert Settings(data=tmp_path, database="sqlite:////a/b.db?x=1").database_file() == Path("/a/b.db")
    assert Settings(data=tmp_path, database="postgresql://h/n").database_file() is None


def test_blobs_are_in_the_data_folder_unless_they_are_named(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).blobs_place() == f"{tmp_path.resolve()}/blobs"
    assert Settings(data=tmp_path, blobs="s3://b/p").blobs_place() == "s3://b/p"


def test_data_go_where_the_system_wants_them() -> None:
    assert Settings.from_env({"XDG_DATA_HOME": "/xdg"}).data == Path("/xdg/runreel")
    assert Settings.from_env({}).data == Path("~/.local/share/runreel")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "127.0.0.1 ", "2130706433", ""])
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
