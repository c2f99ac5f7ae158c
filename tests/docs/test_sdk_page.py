"""The page about recording from Python tells every public name, with the signature that it has."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import pytest

import runreel
from tests.support.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "sdk.md").read_text(encoding="utf-8")
ROWS = {
    match["name"]: match["parameters"]
    for match in re.finditer(r"^\| `(?P<name>\w+)(?:\((?P<parameters>[^`]*)\))?` \|", PAGE, re.MULTILINE)
}
# Told in the text: nobody makes one.
TYPES = {"Approval", "CodeExecution", "Event", "Run", "StopRequestedError"}


def test_every_public_name_is_described_and_no_other() -> None:
    assert set(ROWS) == set(runreel.__all__) - TYPES
    assert all(f"`{name}`" in PAGE for name in TYPES)


@pytest.mark.parametrize("name", sorted(name for name, parameters in ROWS.items() if parameters is not None))
def test_signature_is_the_real_one(name: str) -> None:
    real: Any = inspect.signature(getattr(runreel, name))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in real.parameters.values()]
    shown = str(inspect.Signature(bare))
    assert ast.dump(ast.parse(f"def f{shown}: ...")) == ast.dump(ast.parse(f"def f({ROWS[name]}): ..."))


@pytest.mark.parametrize("name", sorted(TYPES))
def test_what_is_said_of_a_type_is_there(name: str) -> None:
    sentence = re.search(rf"An? `{name}` has ([^.]*)\.", PAGE.replace("\n", " "))
    assert sentence is not None
    for member in re.findall(r"`(\w+)`", sentence[1]):
        kind = getattr(runreel, name)
        # What an error is made of, it has.
        assert hasattr(kind, member) or member in inspect.signature(kind).parameters, member
