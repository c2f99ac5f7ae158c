"""Statements that are asked most, in the driver's own words.

To build a statement, look up its compiled text and wrap its rows takes several times as long as to run a short one. A
statement that is made once, with named parameters, is compiled once for each database and goes straight to the driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.engine.interfaces import Dialect as Compiling
from sqlalchemy.sql.compiler import SQLCompiler


def fetch(connection: Connection, statement: ClauseElement, **values: object) -> list[Sequence[Any]]:
    """Return the rows of a statement that lives as long as the program, given its parameters by their names.

    The driver's values are returned as they come, so all columns must be numbers, texts or bytes.
    """
    compiled = _compiled(statement, connection.dialect)
    parameters: Any = compiled.construct_params(values)
    if compiled.positiontup is not None:
        parameters = [parameters[name] for name in compiled.positiontup]
    cursor: Any = connection.connection.cursor()
    cursor.execute(compiled.string, parameters)
    rows = cursor.fetchall()
    cursor.close()
    return rows


def fetch_one(connection: Connection, statement: ClauseElement, **values: object) -> Sequence[Any] | None:
    """Return the first row, or None."""
    rows = fetch(connection, statement, **values)
    return rows[0] if rows else None


@lru_cache(maxsize=256)
def _compiled(statement: ClauseElement, dialect: Compiling) -> SQLCompiler:
    return cast("SQLCompiler", statement.compile(dialect=dialect))
