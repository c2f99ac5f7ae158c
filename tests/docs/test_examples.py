"""The code blocks of the documents work.

Every `json` block parses and every `python` block compiles. A block whose fence says `run` after the language is run,
in the order of its document, against a real server on an empty database, for which the default address stands.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.server import running_server
from tests.support.source import ROOT

DEFAULT_URL = "http://127.0.0.1:4700"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROGRAMS = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    path: Path
    line: int
    language: str
    is_run: bool
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def iter_blocks(path: Path) -> Iterator[Block]:
    content = path.read_text(encoding="utf-8")
    for match in _FENCE.finditer(content):
        language, *marks = match["info"].split() or [""]
        line = content.count("\n", 0, match.start()) + 1
        yield Block(path=path, line=line, language=language, is_run="run" in marks, text=match["text"])


BLOCKS = [block for path in DOCUMENTS for block in iter_blocks(path)]
RUN_DOCUMENTS = sorted({block.path for block in BLOCKS if block.is_run})


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block_is_what_its_fence_says(block: Block) -> None:
    match block.language:
        case "json":
            json.loads(block.text)
        case "python":
            ast.parse(block.text, filename=str(block))
        case _:
            pass
    assert block.language in PROGRAMS or not block.is_run


@pytest.mark.parametrize("path", RUN_DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_work(path: Path, tmp_path: Path) -> None:
    # Without this, curl is content with an answer that says "no".
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n", encoding="utf-8")
    with running_server() as server:
        env = os.environ | {
            "CURL_HOME": str(tmp_path),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "RUNREEL_URL": server.url,
            "RUNREEL_JOURNAL": str(tmp_path / "journal"),
        }
        for block in filter(lambda block: block.is_run, iter_blocks(path)):
            text = block.text.replace(DEFAULT_URL, server.url)
            command = [*PROGRAMS[block.language], text]
            done = subprocess.run(
                command,
                check=False,
                cwd=tmp_path,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE_S,
            )
            assert done.returncode == 0, (
                f"{block} failed:\n{done.stdout.decode()}{done.stderr.decode()}\n{server.output}"
            )
