"""The bar of long work."""

from __future__ import annotations

from runreel.cli.console import Console
from runreel.cli.progress import progress_bar
from tests.cli.command_line import Stream


def drawn(*, is_terminal: bool) -> str:
    err = Stream(is_terminal=is_terminal)
    console = Console.of_streams(env={}, out=Stream(), err=err, inp=Stream())
    with progress_bar(console, "Copying") as show:
        show(1, 2)
        show(2, 2)
    return err.getvalue()


def test_a_bar_is_drawn_on_a_terminal_and_goes_away() -> None:
    assert drawn(is_terminal=True) == f"\r\x1b[KCopying [{'#' * 15}{'.' * 15}]  50%\r\x1b[K"


def test_elsewhere_nothing_is_drawn() -> None:
    assert drawn(is_terminal=False) == ""
