"""The reference names every route, setting and error, and none that does not exist."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import cast

import pytest

from runreel import errors
from runreel.errors import RunreelError
from runreel.server import app as app_module
from runreel.server.app import create_app
from runreel.server.settings import Settings
from runreel.storage.port import Store
from tests.support.source import PACKAGE, ROOT
from tests.support.store import StoreWith

REFERENCE = ROOT / "docs" / "reference"
API = (REFERENCE / "api.md").read_text(encoding="utf-8")
SETTINGS = (REFERENCE / "settings.md").read_text(encoding="utf-8")
ERRORS = (REFERENCE / "errors.md").read_text(encoding="utf-8")
RECORDS = (REFERENCE / "records.md").read_text(encoding="utf-8")

SETTING_ROWS = dict(
    re.findall(r"^\| `(RUNREEL_\w+)` \| (.*?) \|", SETTINGS.partition("## Whoever asks")[0], re.MULTILINE)
)
ERROR_ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", ERRORS, re.MULTILINE))


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, object]]:
    """Give what the OpenAPI document says of each route, by method and path."""

    class NoStore:
        def __getattr__(self, _name: str) -> None:
            return None

    app = create_app(cast("Store", StoreWith(cast("Store", NoStore()))), Settings(data=Path("not-used")))
    return {
        f"{method.upper()} {path}": operation
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
    }


def test_every_route_is_described_and_no_other(operations: dict[str, dict[str, object]]) -> None:
    described = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", API, re.MULTILINE)
    assert sorted(described) == sorted(operations)


def test_every_parameter_is_described(operations: dict[str, dict[str, object]]) -> None:
    lines = {match[1]: match[0] for match in re.finditer(r"^\| `([A-Z]+ /[^`]*)` \|.*$", API, re.MULTILINE)}
    missing = [
        f"{route} {parameter['name']}"
        for route, operation in operations.items()
        for parameter in cast("list[dict[str, str]]", operation.get("parameters", []))
        if parameter["in"] == "query" and parameter["name"] not in {"limit", "cursor"}
        if f"`{parameter['name']}`" not in lines[route] and "as above" not in lines[route]
    ]
    assert missing == []


def test_every_setting_is_described_and_no_other() -> None:
    assert sorted(SETTING_ROWS) == sorted(f"RUNREEL_{field.name.upper()}" for field in fields(Settings))


def test_settings_of_the_source_are_those_described() -> None:
    source = (PACKAGE / "server" / "settings.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"(RUNREEL_\w+)"', source)) == set(SETTING_ROWS)


NO_FIXED_DEFAULT = {"RUNREEL_BLOBS", "RUNREEL_DATA", "RUNREEL_DATABASE", "RUNREEL_PRICES"}


@pytest.mark.parametrize("name", sorted(SETTING_ROWS.keys() - NO_FIXED_DEFAULT))
def test_default_of_a_setting_is_the_servers(name: str) -> None:
    default = getattr(Settings(data=Path("not-used")), name.removeprefix("RUNREEL_").lower())
    assert SETTING_ROWS[name].startswith(f"`{default}`")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"RUNREEL_\w+", RECORDS))))
def test_setting_that_records_mention_exists(name: str) -> None:
    assert name in SETTING_ROWS


def test_every_error_is_described_and_no_other() -> None:
    classes = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, RunreelError)
    }
    assert set(ERROR_ROWS) == classes


@pytest.mark.parametrize(("error", "status"), app_module._STATUSES, ids=lambda value: getattr(value, "__name__", value))
def test_status_of_an_error_is_the_servers(error: type[RunreelError], status: int) -> None:
    assert ERROR_ROWS[error.__name__] == str(status)
    if status in app_module._RETRY_AFTER_S:
        assert f"`Retry-After: {app_module._RETRY_AFTER_S[status]}`" in ERRORS
