"""Rules about the code itself that neither the linter nor the import contracts can state."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator

import pytest

from runreel import errors
from tests.support.source import PACKAGE, docstrings_of, iter_modules

_DATABASES = re.compile(r"sqlite|postgres|psycopg", re.IGNORECASE)


def test_error_tree_in_the_docstring_equals_the_classes() -> None:
    assert _drawn_tree(inspect.getdoc(errors) or "") == dict(_real_tree(errors.RunreelError, depth=0))


def test_every_exception_is_in_errors() -> None:
    """A private one, which never leaves its module, may stay there."""
    elsewhere = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in iter_modules()
        if path.name != "errors.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
    ]
    assert elsewhere == []


def test_the_environment_is_handed_over_once() -> None:
    """Only the entry points have it, the command line and `runreel.init`; other settings read what they are handed."""
    readers = {
        str(path)
        for path, tree in iter_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.alias)
        and (node.attr if isinstance(node, ast.Attribute) else node.name) in {"environ", "environb", "getenv"}
    }
    assert readers == {"cli/main.py", "sdk/settings.py"}


def test_only_dialect_knows_the_database() -> None:
    """A migration stays as it was written, whatever becomes of `dialect.py`: it may name one."""
    mentions = [
        f"{path}:{getattr(node, 'lineno', 0)} {word}"
        for path, tree in iter_modules()
        if path.parts[0] in {"model", "wire", "storage", "server"} and path.name not in {"dialect.py", "settings.py"}
        if path.parent.name != "versions"
        for node, word in _words(tree)
        if _DATABASES.search(word)
    ]
    assert mentions == []


def test_public_names_are_sorted_and_real() -> None:
    for path, tree in iter_modules():
        for name in _module_names_with_all(path.as_posix(), tree):
            module = importlib.import_module(name)
            assert list(module.__all__) == sorted(module.__all__), f"{name}.__all__ is not sorted"
            assert [item for item in module.__all__ if not hasattr(module, item)] == [], f"{name}.__all__ names nothing"


@pytest.mark.parametrize(
    "package", [path.name for path in sorted(PACKAGE.iterdir()) if (path / "__init__.py").exists()]
)
def test_every_package_says_what_lives_there(package: str) -> None:
    silent = [
        str(path)
        for path, tree in iter_modules()
        if path.parts[0] == package and tree.body and not ast.get_docstring(tree)
    ]
    assert silent == []


def _drawn_tree(text: str) -> dict[str, int]:
    lines = (re.match(r"^(?P<lead>[\s│├└─]*)(?P<name>\w+Error)$", line) for line in text.splitlines())
    found = [(match["name"], len(match["lead"])) for match in lines if match]
    root = found[0][1]
    return {name: (lead - root) // 4 for name, lead in found}


def _real_tree(error: type[Exception], *, depth: int) -> Iterator[tuple[str, int]]:
    yield error.__name__, depth
    for child in error.__subclasses__():
        yield from _real_tree(child, depth=depth + 1)


def _words(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Give every name, import and string of a module; comments and docstrings may explain."""
    explanations = docstrings_of(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(value)) if node not in explanations:
                yield node, value
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield node, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node, name
            case ast.ImportFrom(module=str(name)):
                yield node, name
            case _:
                pass


def _module_names_with_all(path: str, tree: ast.Module) -> Iterator[str]:
    if any(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__" for node in tree.body):
        yield ".".join(["runreel", *path.removesuffix(".py").removesuffix("__init__").strip("/").split("/")]).strip(".")
