"""The reference of the command line names all there is, and nothing else."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from runreel.cli.main import build_parser

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_described() -> None:
    known = {word for parser in iter_parsers(build_parser()) for word in (parser.prog, *options_of(parser))}

    assert {word for word in known if not re.search(rf"[` ]{re.escape(word)}\b", REFERENCE)} == set()


def test_no_option_is_described_that_does_not_exist() -> None:
    known = {option for parser in iter_parsers(build_parser()) for option in options_of(parser)}

    assert set(re.findall(r"`(--[a-z-]+)", REFERENCE)) - known == {"--help"}


def iter_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for nested in action.choices.values():
                yield from iter_parsers(nested)


def options_of(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings if option not in {"-h", "--help"}]
