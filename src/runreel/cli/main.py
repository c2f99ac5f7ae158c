"""The entry point: reads the command line, and turns errors into exit codes.

0: it worked. 1: it failed. 2: the command line or the set-up is wrong. 130: interrupted from the keyboard.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from runreel import __version__
from runreel.cli import (
    approvals,
    backup,
    bundle_export,
    bundle_import,
    doctor,
    events,
    graph,
    journal,
    migrate,
    prices,
    push,
    requests,
    retention,
    runs,
    stats,
    tail,
    up,
    version,
)
from runreel.cli.console import Console
from runreel.errors import ConfigError, InvalidNameError, RunreelError

# In the order in which `--help` lists them.
_MODULES = (
    up,
    migrate,
    runs,
    events,
    tail,
    graph,
    stats,
    approvals,
    requests,
    journal,
    push,
    prices,
    retention,
    bundle_export,
    bundle_import,
    doctor,
    backup,
    version,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command with this process's arguments, streams and environment; return its exit code."""
    console = Console.of_streams(env=os.environ, out=sys.stdout, err=sys.stderr, inp=sys.stdin)
    return run(sys.argv[1:] if argv is None else argv, console)


def run(argv: Sequence[str], console: Console) -> int:
    """Run one command; like argparse, leave by `SystemExit` for `--help` and for unusable arguments."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if "command" not in arguments:
        parser.print_help(console.err)
        return 2
    try:
        with console.exits:
            code: int = arguments.command(arguments, console)
        # Text that waits in a buffer would meet a closed pipe only when Python ends, outside any handler.
        console.out.flush()
        return code
    except (ConfigError, InvalidNameError) as error:
        return _fail(console, error, code=2)
    except RunreelError as error:
        return _fail(console, error, code=1)
    except BrokenPipeError:
        # The reader has gone (`runreel runs | head`); what is still buffered must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), console.out.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; every leaf sets `command`, a function of the arguments and the console."""
    parser = argparse.ArgumentParser(
        prog="runreel",
        description="Runreel is the flight recorder for AI agents: it records every run, and shows it.",
        epilog="`runreel COMMAND --help` says more about a command.",
    )
    parser.add_argument("--version", action="version", version=f"runreel {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for module in _MODULES:
        module.add_to(commands)
    return parser


def _fail(console: Console, error: RunreelError, *, code: int) -> int:
    console.complain(f"runreel: {error}")
    return code
