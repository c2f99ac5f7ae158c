"""Which conversion a foreign database needs."""

from __future__ import annotations

from runreel.importers.file_folder import FileFolder
from runreel.importers.gati import GatiConversion
from runreel.importers.kind import Kind, kind_of
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.conversion import LegacyConversion
from runreel.importers.source import Source
from runreel.importers.stream import Conversion


def open_conversion(source: Source, ledger: Ledger, *, folder: FileFolder | None = None) -> Conversion:
    """Return the conversion of a database, by its kind; files of it are looked for below `folder`.

    Raises:
        SourceError: it is of no kind that is known.
    """
    if kind_of(source) is Kind.LEGACY:
        return LegacyConversion(source, ledger, folder=folder)
    return GatiConversion(source, ledger)
