"""Rules about what is committed."""

from __future__ import annotations

import re

import pytest

from tests.support.source import ROOT, list_text_files

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"^[a-z0-9.-]+==\S+( ; .+)?$")
_MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:root|home|Users|work)/[\w.]")


def test_architecture_stays_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 300


def test_makefile_has_at_most_a_dozen_recipes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = re.findall(r"^[\w./-]+:(?!=)", makefile, re.MULTILINE)
    assert 0 < len(recipes) <= 12


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_pins_exactly_and_names_no_download_address(lock) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if not _PIN.match(line)] == []


def test_development_uses_the_versions_that_people_run() -> None:
    run, dev = (
        {*(ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()} for name in ("run.txt", "dev.txt")
    )
    assert run <= dev


def test_no_file_names_a_path_of_someones_machine() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:80]}"
        for path in list_text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if _MACHINE_PATH.search(line)
    ]
    assert named == []


def test_version_in_the_changelog_is_the_packages() -> None:
    import runreel

    assert f"## [{runreel.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
