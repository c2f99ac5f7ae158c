"""Builds the dashboard into what is installed; a machine with Python alone gets Node.js for as long as that takes."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Refuses to make a distribution without a dashboard, unless `RUNREEL_SKIP_DASHBOARD=1` asks for that."""

    def dependencies(self) -> list[str]:
        """Ask for Node.js as a wheel where something is to be built and the machine has none."""
        node = self._node()
        return [node["WHEEL"]] if node["needs_wheel"]() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the dashboard; does nothing where what is there is what the sources would give."""
        node = self._node()
        if node["is_skipped"]():
            self.app.display_warning(f"{node['SKIP']} is set: this Runreel has no dashboard")
            return
        try:
            node["build"]()
        except node["DashboardError"] as error:
            raise RuntimeError(
                f"the dashboard could not be built: {error}. "
                f"{node['SKIP']}=1 builds Runreel without its dashboard; API and command line work all the same"
            ) from error

    def _node(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / "dashboard" / "node.py"))
