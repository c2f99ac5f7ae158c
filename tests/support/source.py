"""The repository's own files, read as data by the tests that guard its shape."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "runreel"


def iter_modules() -> Iterator[tuple[Path, ast.Module]]:
    """Walk every module of Runreel, parsed once; paths are relative to `src/runreel`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), _parse(path)


def docstrings_of(tree: ast.Module) -> set[ast.Constant]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = (node.body[0] for node in ast.walk(tree) if isinstance(node, owners) and node.body)
    return {item.value for item in first if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)}


@functools.cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def list_text_files() -> list[Path]:
    """List what is committed or would be, as far as it is text."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    paths = [ROOT / name for name in names if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]
