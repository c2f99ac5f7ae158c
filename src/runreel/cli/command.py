"""What the commands share: the type of their place in the parser, and types of arguments."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    # argparse gives its sub-parsers no public name; at run time nobody needs one.
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]


def port_number(text: str) -> int:
    """Read a TCP port; 0 stands for any free one."""
    return _whole_number(text, least=0, most=65535)


def positive_number(text: str) -> int:
    """Read a whole number from 1."""
    return _whole_number(text, least=1, most=10**9)


def plain_number(text: str) -> float:
    """Read a number from 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return number


def _whole_number(text: str, *, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
    return number
