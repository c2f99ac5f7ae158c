"""Writes `src/api/schema.ts`, the types of the HTTP API, from the server's own description of it.

`--check` writes nothing, and fails where the file is not what would be written.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

from runreel.server.app import create_app
from runreel.server.settings import Settings
from runreel.storage.blobs import open_blobs
from runreel.storage.sql import open_store

SOURCE = Path(__file__).resolve().parent
TYPES = SOURCE / "src" / "api" / "schema.ts"


def main(arguments: list[str]) -> int:
    """Write the types, or check them."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/empty.db", open_blobs(f"{folder}/blobs"))
        try:
            document = create_app(store, Settings(data=Path(folder))).openapi()
        finally:
            store.close()
        described, written = Path(folder) / "openapi.json", Path(folder) / "schema.ts"
        described.write_text(json.dumps(document), encoding="utf-8")
        node = runpy.run_path(str(SOURCE / "node.py"))
        node["install_tools"]()
        program = SOURCE / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        subprocess.run([node["find_node"](), program, described, "--output", written], check=True, capture_output=True)
        types = written.read_text(encoding="utf-8")
    if arguments == ["--check"]:
        is_current = TYPES.read_text(encoding="utf-8") == types
        if not is_current:
            sys.stderr.write(f"{TYPES} is not what the server describes; run python dashboard/api_types.py\n")
        return 0 if is_current else 1
    TYPES.write_text(types, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
