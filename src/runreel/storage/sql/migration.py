"""Bringing a database to the present schema, by Alembic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from runreel.errors import SchemaVersionError
from runreel.storage.sql.dialect import Dialect, make_dialect

# Kept here so that a database that is up to date opens without loading Alembic; a test compares it with the scripts.
HEAD = "0006"

_SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """The schema's revision before and after; None before the first migration."""

    from_revision: str | None
    to_revision: str


def has_database(database_url: str) -> bool:
    """Tell whether there is a database to open: a file that exists, or a server, which is not asked."""
    return make_dialect(database_url).has_database()


def migrate(database_url: str) -> MigrationReport:
    """Bring a database to the present schema; doing it again changes nothing.

    Raises:
        SchemaVersionError: the database was written by a newer Runreel.
        StorageError: the database can't be reached or changed; the schema is as before.
    """
    dialect = make_dialect(database_url)
    engine = dialect.write_engine()
    try:
        return _migrate(dialect, engine)
    except SchemaVersionError:
        raise
    except Exception as error:
        raise dialect.translate(error) from error
    finally:
        engine.dispose()


def require_head(dialect: Dialect, database_url: str) -> None:
    """Make sure that a database has the present schema: migrate it where that is safe to do unasked.

    Raises:
        SchemaVersionError: the database must be migrated first, or was written by a newer Runreel.
    """
    engine = dialect.write_engine()
    try:
        with engine.begin() as connection:
            revision = current_revision(connection)
    except Exception as error:
        raise dialect.translate(error) from error
    finally:
        engine.dispose()
    if revision == HEAD:
        return
    if dialect.migrates_itself:
        migrate(database_url)
    elif revision is None:
        raise SchemaVersionError("the database has no tables of Runreel yet; run: runreel migrate --database URL")
    else:
        raise SchemaVersionError(
            f"the database has schema {revision}, this Runreel needs {HEAD}; run: runreel migrate --database URL"
        )


def current_revision(connection: Connection) -> str | None:
    """Return the revision of a database's schema, or None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(dialect: Dialect, engine: Engine) -> MigrationReport:
    # Alembic and Mako are loaded only when there may be something to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with engine.begin() as connection:
        dialect.lock_schema(connection)
        before = current_revision(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if before is not None and before not in known:
            raise SchemaVersionError(f"the database has schema {before}, which is newer than this Runreel; update it")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return MigrationReport(from_revision=before, to_revision=HEAD)
