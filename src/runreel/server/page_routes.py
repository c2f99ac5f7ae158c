"""The start page until there is a dashboard: agents and runs, as plain HTML."""

from __future__ import annotations

from html import escape
from string import Template
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from runreel.model.agent import Agent
from runreel.model.instant import format_instant
from runreel.model.run import Run, RunFilter
from runreel.server.dependency import Runs, ScopeOf
from runreel.server.view import view_run

router = APIRouter(include_in_schema=False)

_N_AGENTS = 50
_N_RUNS = 50
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@router.get("/")
def show_start(scope: ScopeOf, runs: Runs) -> HTMLResponse:
    """Show the agents and the newest runs."""
    agents = runs.list_agents(scope, limit=_N_AGENTS)
    newest = runs.list_runs(scope, RunFilter(), limit=_N_RUNS)
    body = _PAGE.substitute(
        agents="".join(_agent_row(agent) for agent in agents.items) or _NO_AGENTS,
        runs="".join(_run_row(run) for run in newest.items) or _NO_RUNS,
        more_agents=f"<p class=more>The first {_N_AGENTS} agents by name.</p>" if agents.next_cursor else "",
        more_runs=f"<p class=more>The newest {_N_RUNS} runs.</p>" if newest.next_cursor else "",
    )
    return HTMLResponse(body, headers=_HEADERS)


def _agent_row(agent: Agent) -> str:
    path = f"/api/agents/{quote(agent.agent_name, safe='')}/runs"
    last = "" if agent.last_status is None else _status(agent.last_status)
    cells = f"<td>{last}</td><td class=n>{agent.n_runs:,}</td><td class=n>{agent.n_events:,}</td>"
    return f'<tr><th scope=row><a href="{escape(path)}"><bdi>{escape(agent.agent_name)}</bdi></a></th>{cells}</tr>'


def _run_row(run: Run) -> str:
    name = "new run" if run.run_name is None else run.run_name
    links = ""
    if run.run_name is not None:
        base = escape(f"/api/runs/{quote(run.agent_name, safe='')}/{quote(run.run_name, safe='')}")
        links = f'<a href="{base}/timeline">timeline</a> <a href="{base}/trace">tree</a>'
    duration_s = view_run(run)["total_duration_ms"] / 1000
    started = format_instant(run.created_at)
    return (
        f"<tr><th scope=row><bdi>{escape(name)}</bdi></th><td><bdi>{escape(run.agent_name)}</bdi></td>"
        f"<td>{_status(run.status)}</td>"
        f'<td><time datetime="{started}">{started[:10]} {started[11:19]}</time></td>'
        f"<td class=n>{_duration(duration_s)}</td><td class=n>{run.n_events:,}</td>"
        f"<td class=n>{run.usage.tokens_in + run.usage.tokens_out:,}</td><td class=links>{links}</td></tr>"
    )


def _status(status: str) -> str:
    return f'<span class="status {escape(status.replace(" ", "-"))}">{escape(status)}</span>'


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


_NO_AGENTS = "<tr><td colspan=4 class=none>No agent has recorded anything yet.</td></tr>"
_NO_RUNS = "<tr><td colspan=8 class=none>Runs appear here as they are recorded.</td></tr>"

_PAGE = Template(
    """<!doctype html>
<html lang=en>
<head>
<meta charset=utf-8>
<meta name=viewport content="width=device-width, initial-scale=1">
<meta http-equiv=refresh content=5>
<title>Runreel</title>
<style>
:root { color-scheme: light dark; --text: #1c2024; --soft: #5a6169; --line: #e3e6ea; --page: #fbfcfd; --card: #fff;
  --link: #0b5cad; --good: #15703a; --bad: #b42318; --busy: #0b5cad; --calm: #5a6169 }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ed; --soft: #9aa4af; --line: #2b3138; --page: #111418;
  --card: #181c21; --link: #7cb8f5; --good: #62c98a; --bad: #ff8f85; --busy: #7cb8f5; --calm: #9aa4af } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 76rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; margin-bottom: 1.5rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1rem; margin: 2rem 0 .5rem }
header p { margin: 0; color: var(--soft); flex: 1 1 14rem }
@media (max-width: 40rem) { header h1 { flex: 1 } header p { order: 1; flex: 0 0 100% } }
a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .45rem .9rem; border-top: 1px solid var(--line); white-space: nowrap }
th[scope=row] { font-weight: 600; max-width: 22rem; overflow: hidden; text-overflow: ellipsis }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .85rem }
.n { text-align: right; font-variant-numeric: tabular-nums } time { font-variant-numeric: tabular-nums }
.links a + a { margin-left: .6rem }
.none, .more { color: var(--soft) }
.status::before { content: ""; display: inline-block; width: .55em; height: .55em; margin-right: .5em;
  border-radius: 50%; background: currentColor }
.status { color: var(--calm) } .completed { color: var(--good) } .failed, .lost { color: var(--bad) }
.executing, .planning { color: var(--busy) }
</style>
</head>
<body>
<header><h1>Runreel</h1><p>The flight recorder for AI agents</p><nav><a href=/docs>API</a></nav></header>
<main>
<h2>Agents</h2>
<div class=table><table>
<thead><tr><th scope=col>Agent<th scope=col>Last run<th scope=col class=n>Runs<th scope=col class=n>Events</tr></thead>
<tbody>$agents</tbody></table></div>$more_agents
<h2>Runs</h2>
<div class=table><table>
<thead><tr><th scope=col>Run<th scope=col>Agent<th scope=col>Status<th scope=col>Started (UTC)
<th scope=col class=n>Duration<th scope=col class=n>Events<th scope=col class=n>Tokens<th scope=col>Views</tr></thead>
<tbody>$runs</tbody></table></div>$more_runs
</main>
</body>
</html>
"""
)
