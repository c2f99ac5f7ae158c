"""What the agents can do: read tables, compute, run Python, write files."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

import runreel
from runreel.demo.errors import CodeFailedError

Result: TypeAlias = dict[str, object]

DATA_DIR = Path(__file__).parent / "data"
PYTHON_TIMEOUT_S = 20.0


class Toolbox:
    """The tools of one run; `work_dir` is where its files go."""

    def __init__(self, work_dir: Path, *, data_dir: Path = DATA_DIR) -> None:
        self._work_dir = work_dir
        self._data_dir = data_dir
        self._known_files: set[str] = set()
        self._failed_code: str | None = None

    def call(self, tool: str, arguments: Mapping[str, str]) -> Result:
        """Run a tool; raises whatever goes wrong in it."""
        tools = {
            "list_tables": self.list_tables,
            "read_table": self.read_table,
            "find_rows": self.find_rows,
            "describe_column": self.describe_column,
            "run_python": self.run_python,
            "write_file": self.write_file,
        }
        if tool not in tools:
            raise LookupError(f"there is no tool {tool!r}; there are {', '.join(tools)}")
        return tools[tool](**arguments)

    @runreel.tool
    def list_tables(self) -> Result:
        """Name the tables."""
        return {"tables": sorted(path.name for path in self._data_dir.glob("*.csv"))}

    @runreel.tool
    def read_table(self, table: str) -> Result:
        """Say what a table holds."""
        rows = self._rows(table)
        return {"n_rows": len(rows), "columns": list(rows[0]), "first_row": rows[0]}

    @runreel.tool
    def find_rows(self, table: str, column: str, value: str) -> Result:
        """Find the rows with a value."""
        rows = [row for row in self._rows(table) if row[column] == value]
        return {"n_rows": len(rows), "first_row": rows[0] if rows else None, "rows": rows}

    @runreel.tool
    def describe_column(self, table: str, column: str) -> Result:
        """Compute what the numbers of a column are like."""
        numbers = [float(row[column]) for row in self._rows(table)]
        mean = round(fmean(numbers), 2)
        return {"n_values": len(numbers), "least": min(numbers), "most": max(numbers), "mean": mean}

    def run_python(self, code: str) -> Result:
        """Run Python in a process of its own, with the folder of the data as its only argument.

        Raises:
            CodeFailedError: it ended with an error.
        """
        with runreel.code_exec(code, name="run_python") as execution:
            if self._failed_code is not None:
                execution.add_diff("code.py", self._failed_code, code)
            done = self._run_python(code)
            result: Result = {"exit_code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
            execution.set_result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)
            self._tell_new_files()
        self._failed_code = code if done.returncode else None
        if done.returncode:
            raise CodeFailedError(done.stderr.strip(), result)
        return result

    @runreel.span("write_file", type="file_gen")
    def write_file(self, path: str, text: str) -> Result:
        """Write a file into the run's folder."""
        target = self._work_dir / Path(path).name
        target.write_text(text, encoding="utf-8")
        self._tell_new_files(is_final_output=True)
        return {"path": target.name, "size_bytes": target.stat().st_size}

    def _run_python(self, code: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-X", "utf8", "-c", code, str(self._data_dir)]
        return subprocess.run(
            command,
            cwd=self._work_dir,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PYTHON_TIMEOUT_S,
            check=False,
        )

    def _tell_new_files(self, *, is_final_output: bool = False) -> None:
        for path in sorted(self._work_dir.iterdir()):
            if path.is_file() and path.name not in self._known_files:
                self._known_files.add(path.name)
                runreel.file(path, path=path.name, is_final_output=is_final_output)

    def _rows(self, table: str) -> list[dict[str, str]]:
        try:
            with (self._data_dir / Path(table).name).open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        except FileNotFoundError as error:
            # Where the demo is installed is nobody's business, and differs from machine to machine.
            raise FileNotFoundError(error.errno, error.strerror, table) from None
