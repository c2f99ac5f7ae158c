"""The pages of imports: what the command line reported of an old database, row by row."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.legacy_schema import Age
from tests.support.api import Api, run_start
from tests.support.app import ServedApp
from tests.support.legacy_database import hashed_tables, reference_tables, write
from tests.support.server import RUNREEL

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def import_(server: ServedApp, path: Path, *, code: int = 0) -> None:
    command = [RUNREEL, "import", str(path), "--url", server.url]
    ended = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    assert ended.returncode == code, ended


def hashed(path: Path) -> Path:
    """Write a small sound database."""
    return write(path, hashed_tables(2), Age.NEW)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def figures(page: Page, table: str, row: str) -> list[str]:
    """Return the cells of the row of a table that begins so."""
    cells = page.get_by_role("table", name=table).locator("tr", has=page.get_by_text(row, exact=True)).locator("td")
    return cells.all_inner_texts()


def look_again(page: Page) -> None:
    """Do what a browser does when a person comes back to the page."""
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")


def has_room(page: Page) -> bool:
    """Tell whether nothing stands beyond the right edge, of the page or of the report."""
    return page.evaluate(
        "[document.documentElement, document.querySelector('[aria-label=Report]')]"
        ".every(each => each.scrollWidth <= each.clientWidth)"
    )


def test_without_imports_the_page_says_how_to_and_shows_a_report_when_one_looks_again(
    page: Page, server: ServedApp, tmp_path: Path
) -> None:
    page.goto("/imports")
    expect(page.get_by_role("heading", name="No imports yet")).to_be_visible()
    expect(page.get_by_label("How to import a database into this server")).to_have_text(
        f"runreel import old.db --url {server.url}"
    )

    import_(server, hashed(tmp_path / "old.db"))
    look_again(page)

    expect(page.get_by_role("link", name="old.db")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text(re.compile("Accounted for"))


def test_a_report_accounts_for_every_row_and_survives_a_reload(page: Page, server: ServedApp, tmp_path: Path) -> None:
    path = write(tmp_path / "a b%2F 日本.db", reference_tables())
    change(path, "UPDATE dag_edges SET to_node_id = 'nowhere' WHERE id < 9")
    import_(server, path)
    page.goto("/imports")

    expect(page.locator("tbody .row-link")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text(path.name)
    expect(page.get_by_role("heading", name="Everything is accounted for")).to_be_visible()
    expect(page.get_by_label("Verdict")).to_contain_text("1,278 rows found, all accounted for, 8 rows left out")
    assert figures(page, "Rows by table", "dag_edges") == ["dag_edges", "68", "60", "0", "8", "yes"]
    assert figures(page, "Rows by table", "All")[:5] == ["All", "1,278", "1,270", "0", "8"]
    assert figures(page, "Rows by kind", "nodes") == ["nodes", "262", "109", "262", "yes"]
    left_out = page.get_by_role("list", name="Left out").get_by_role("listitem").first
    expect(left_out).to_contain_text("8dag_edges · one of its nodes is missing")
    expect(left_out).to_contain_text("init → nowhere")
    repaired = page.get_by_role("list", name="Repaired").get_by_role("listitem").first
    expect(repaired).to_contain_text("109runs got nodes of their own for names that they use")

    page.set_viewport_size({"width": 390, "height": 844})
    assert has_room(page)
    address = page.url
    page.reload()
    expect(page.locator("h1")).to_have_text(path.name)
    assert page.url == address


def test_refused_runs_are_told_and_renamed_ones_are_linked(
    page: Page, api: Api, server: ServedApp, tmp_path: Path
) -> None:
    path = hashed(tmp_path / "old.db")
    api.record_all(run_start("other", agent_name="engineer", run_name="run 1"))
    import_(server, path)
    page.goto("/imports")
    page.get_by_role("link", name="old.db").click()
    page.get_by_role("table", name="Renamed runs").get_by_role("link", name="run 1 (2)").click()
    expect(page.locator("h1")).to_have_text("run 1 (2)")

    run_id = page.url.rsplit("/", 1)[1]
    assert api.http.delete(f"/api/by-id/{run_id}").is_success
    import_(server, path, code=1)
    page.goto("/imports")
    page.get_by_role("link", name="old.db").first.click()

    expect(page.get_by_role("heading", name="Everything is accounted for, but runs were refused")).to_be_visible()
    refused = page.get_by_role("table", name="Refused runs")
    expect(refused).to_contain_text(run_id)
    expect(refused).to_contain_text("it was deleted here")


def test_what_does_not_add_up_is_said_first(page: Page, api: Api, server: ServedApp, tmp_path: Path) -> None:
    import_(server, hashed(tmp_path / "old.db"))
    (summary,) = api.http.get("/api/imports").json()["imports"]
    report: dict[str, Any] = api.http.get(f"/api/imports/{summary['import_id']}").json()
    next(each for each in report["tables"] if each["table"] == "messages")["stored"] -= 1
    next(each for each in report["kinds"] if each["kind"] == "events")["kept"] -= 1
    told = {key: value for key, value in report.items() if key not in {"import_id", "who"}}
    kept = api.http.post("/api/imports", json={**told, "problem": "the bundle ends in the middle"}).json()

    page.goto(f"/imports/{kept['import_id']}")

    verdict = page.get_by_label("Verdict")
    expect(verdict.get_by_role("heading")).to_have_text("Not everything is accounted for")
    expect(verdict).to_contain_text("messages: 2 rows found, 1 stored and 0 left out; nothing is said of 1.")
    expect(verdict).to_contain_text("1 of the events that were sent are missing in the database.")
    expect(verdict).to_contain_text("The bundle ends in the middle.")
    assert figures(page, "Rows by table", "messages")[-1] == "no"
    assert figures(page, "Rows by kind", "events")[-1] == "1 missing"


def test_imports_are_found_from_the_agents_by_a_key_and_in_the_palette(page: Page, api: Api) -> None:
    page.goto("/agents")
    page.get_by_role("link", name="Take it in").click()
    expect(page).to_have_url(re.compile("/imports$"))

    api.record_all(run_start("run-1"))
    page.goto("/agents")
    page.get_by_role("link", name="Imports of old databases").click()
    expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()

    page.goto("/agents")
    expect(page.get_by_role("heading", name="Agents")).to_be_visible()
    page.keyboard.press("Shift+I")
    expect(page).to_have_url(re.compile("/imports$"))

    page.goto("/agents")
    expect(page.get_by_role("heading", name="Agents")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("import")
    page.get_by_role("option", name="Imports of old databases").click()
    expect(page).to_have_url(re.compile("/imports$"))


def test_an_import_that_is_not_there_is_said_to_be_gone(page: Page) -> None:
    page.goto("/imports/nobody")
    expect(page.get_by_role("heading", name="There is no such import")).to_be_visible()
