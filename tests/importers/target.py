"""A database of Runreel that imports go into, of either kind, and what it then answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
from sqlalchemy import text

from runreel.server.run import serving_privately
from runreel.server.settings import Settings
from runreel.storage.sql.dialect import make_dialect
from tests.cli.command_line import CommandLine, Result
from tests.support.patience import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Target:
    """Where imports go."""

    options: tuple[str, ...]
    database_url: str
    settings: Settings

    @classmethod
    def at(cls, data: Path) -> Self:
        """Return one on SQLite in a folder."""
        return cls(("--data", str(data)), f"sqlite:///{data / 'runreel.db'}", Settings(data=data))

    def run(self, *argv: str) -> Result:
        return CommandLine("")(argv[0], *self.options, *argv[1:])

    def import_(self, source: Path | str, *argv: str, code: int = 0) -> dict[str, Any]:
        """Import, and return the report."""
        result = self.run("import", "--json", str(source), *argv)
        assert (result.code, result.err) == (code, ""), result
        return json.loads(result.out)

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        with (
            serving_privately(self.settings) as url,
            httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False, verify=False) as client,
        ):
            yield client

    def rows(self, table: str, columns: str, order_by: str = "1, 2") -> list[tuple[Any, ...]]:
        """Return these columns of a table, as they are stored."""
        engine = make_dialect(self.database_url).read_engine()
        try:
            with engine.connect() as connection:
                found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {order_by}"))
                return [tuple(row) for row in found]
        finally:
            engine.dispose()

    def numbers(self) -> list[tuple[Any, ...]]:
        """Return what any change of a run raises."""
        return self.rows("runs", "run_id, change_seq, change_no")


def get(client: httpx.Client, path: str, **query: str | int) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
