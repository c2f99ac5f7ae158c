"""The tools of the demo agents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.demo.errors import CodeFailedError
from runreel.demo.toolbox import Toolbox
from runreel.testing import Recorded, recorded


@pytest.fixture(autouse=True)
def recording() -> Iterator[Recorded]:
    with recorded() as kept:
        yield kept


@pytest.fixture
def toolbox(tmp_path: Path) -> Toolbox:
    return Toolbox(tmp_path)


def test_tables_are_read_from_the_shipped_data(toolbox: Toolbox) -> None:
    assert toolbox.call("list_tables", {}) == {"tables": ["stars.csv", "temperatures.csv"]}
    assert toolbox.call("read_table", {"table": "temperatures.csv"})["n_rows"] == 10
    assert toolbox.call("describe_column", {"table": "stars.csv", "column": "magnitude"}) == {
        "n_values": 20,
        "least": -1.46,
        "most": 1.39,
        "mean": 0.46,
    }
    found = toolbox.call("find_rows", {"table": "stars.csv", "column": "constellation", "value": "Orion"})
    assert [row["name"] for row in found["rows"]] == ["Rigel", "Betelgeuse"]


def test_tools_stay_in_their_folders(toolbox: Toolbox, recording: Recorded, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        toolbox.call("read_table", {"table": "../__init__.py"})

    toolbox.call("write_file", {"path": "../../outside.txt", "text": "x"})
    assert [file["path"] for file in recording.merged("file")] == ["outside.txt"]
    assert (tmp_path / "outside.txt").read_text() == "x"


def test_python_runs_in_a_process_of_its_own(toolbox: Toolbox) -> None:
    result = toolbox.call("run_python", {"code": "print('é')"})

    assert result == {"exit_code": 0, "stdout": "é\n", "stderr": ""}


def test_code_that_fails_tells_what_it_did_before(toolbox: Toolbox, recording: Recorded) -> None:
    code = "import sys\nopen('half.txt', 'w').write('x')\nprint('é')\nsys.exit(3)"
    with pytest.raises(CodeFailedError) as caught:
        toolbox.call("run_python", {"code": code})

    assert caught.value.result == {"exit_code": 3, "stdout": "é\n", "stderr": ""}
    execution = recording.event("run_python")
    assert (execution["status"], execution["outputs"]) == ("failed", caught.value.result)
    assert [file["event_id"] for file in recording.merged("file")] == [execution["event_id"]]


def test_an_unknown_tool_is_named(toolbox: Toolbox) -> None:
    with pytest.raises(LookupError, match="no tool 'sing'"):
        toolbox.call("sing", {})
