"""The command line as a whole: help, version, exit codes, absent extras."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from runreel import __version__
from runreel.cli.extra import needed_extra
from runreel.errors import ConfigError
from tests.cli.command_line import CommandLine
from tests.cli.example import make_run
from tests.cli.fake_server import FakeServer
from tests.support.patience import PATIENCE_S


def test_without_a_command_the_help_is_shown_as_an_error(runreel: CommandLine) -> None:
    result = runreel()

    assert result.code == 2
    assert "runs" in result.err
    assert result.out == ""


def test_version_is_told_in_both_ways(runreel: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert runreel("version").out == f"runreel {__version__}\n"

    with pytest.raises(SystemExit) as leaving:
        runreel("--version")
    assert leaving.value.code == 0
    assert capsys.readouterr().out == f"runreel {__version__}\n"


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["runs", "nonsense"],
        ["runs", "show"],
        ["runs", "rename", "only-one"],
        ["up", "--port", "70000"],
        ["up", "--port", "x"],
    ],
)
def test_an_unusable_command_line_leaves_with_2(runreel: CommandLine, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        runreel(*argv)

    assert leaving.value.code == 2


def test_a_reader_that_goes_away_is_no_crash(server: FakeServer) -> None:
    server.answers("GET /api/runs?limit=500", {"runs": [make_run(run_name="n" * 200)] * 500, "next_cursor": None})
    command = subprocess.Popen(
        [sys.executable, "-m", "runreel.cli", "runs", "--limit", "500", "--url", server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdout is not None
    command.stdout.close()
    _, err = command.communicate(timeout=PATIENCE_S)

    assert (command.returncode, err) == (1, b"")


def test_the_bare_install_is_enough_to_read_runs() -> None:
    script = (
        "import sys; from runreel.cli.main import run, build_parser; build_parser();"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    modules = subprocess.run([sys.executable, "-S", "-c", script], env=env, capture_output=True, text=True, check=True)

    assert modules.stdout.split() == ["__main__", "runreel"]


@pytest.mark.parametrize(
    ("module", "extra"), [("uvicorn", "server"), ("sqlalchemy.engine", "server"), ("psycopg", "postgres")]
)
def test_a_missing_library_names_the_extra_that_brings_it(module: str, extra: str) -> None:
    with pytest.raises(ConfigError, match=rf"pip install 'runreel\[{extra}\]'"), needed_extra("runreel up"):
        raise ModuleNotFoundError(name=module)


def test_a_defect_of_our_own_is_not_taken_for_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError), needed_extra("runreel up"):
        raise ModuleNotFoundError(name="runreel.server.nothing")
