"""`pip install runreel` without an extra: the wheel, in a fresh environment that can reach no package index."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import runreel
from tests.support.source import ROOT

BARE_PACKAGES = ("runreel", "runreel.errors", "runreel.model", "runreel.cli", "runreel.demo", "runreel.sdk")
IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for item in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}.") if name != "runreel" else ():
        importlib.import_module(item.name)
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of programs of an environment with Runreel and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    build = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir"]
    _run(*build, str(folder), str(ROOT), cwd=folder)
    (wheel,) = folder.glob("runreel-*.whl")
    _run(sys.executable, "-m", "venv", str(folder / "venv"), cwd=folder)
    programs = folder / "venv" / "bin"
    _run(str(programs / "python"), "-m", "pip", "install", "--no-index", str(wheel), cwd=folder)
    return programs


def test_nothing_else_is_installed(bare: Path) -> None:
    listed = json.loads(_run(str(bare / "python"), "-m", "pip", "list", "--format", "json", cwd=bare))
    assert {package["name"] for package in listed} - {"pip", "setuptools"} == {"runreel"}


@pytest.mark.parametrize("package", BARE_PACKAGES)
def test_package_needs_only_python(bare: Path, package: str) -> None:
    _run(str(bare / "python"), "-c", IMPORT_ALL, package, cwd=bare)


def test_version_is_told(bare: Path) -> None:
    assert runreel.__version__ in _run(str(bare / "runreel"), "version", cwd=bare)


@pytest.mark.parametrize("command", ["up", "migrate"])
def test_server_says_which_extra_it_needs(bare: Path, command: str) -> None:
    done = subprocess.run(
        [str(bare / "runreel"), command], check=False, cwd=bare, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 2
    assert "pip install 'runreel[server]'" in done.stderr
    assert "Traceback" not in done.stderr


def _run(*command: str, cwd: Path) -> str:
    done = _try(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _try(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=150)
