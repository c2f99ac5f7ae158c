"""The files of a run."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, run_end, run_start

pytestmark = pytest.mark.browser

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def put(api: Api, name: str, media_type: str, content: bytes, **fields: str) -> None:
    answer = api.http.post(
        "/api/by-id/r/files",
        params={"name": name, "file_id": name, **fields},
        headers={"content-type": media_type},
        content=content,
    )
    assert answer.status_code == 201, answer.text


@pytest.fixture
def files(api: Api) -> None:
    api.record_all(run_start("r"), run_end("r"))
    put(api, "out/table ü.csv", "text/csv", b'name,amount\n"M, x",1.5\n', node_id="write")
    put(api, "picture.png", "image/png", PNG, node_id="draw")
    put(api, "data.json", "application/json", b'{"a":{"b":[1,2]}}')
    put(api, "page.html", "text/html", b"<script>document.title = 'owned'</script><h1>not a page</h1>")
    put(api, "logo.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    put(api, "notes.md", "text/markdown", b"# Title\n\n**bold**")
    put(api, "empty.txt", "text/plain", b"")
    put(api, "long.txt", "text/plain", b"x" * 700_000)
    api.record_all({"record": "file", "run_id": "r", "file_id": "far", "path": "s3://far/away.bin"})


@pytest.mark.usefixtures("files")
def test_files_stand_by_node_and_are_previewed(page: Page) -> None:
    page.goto("/runs/r/files")
    preview = page.get_by_role("region", name="Preview")

    page.get_by_role("button", name=re.compile("table ü")).click()
    expect(preview.get_by_role("cell", name="M, x")).to_be_visible()
    page.get_by_role("button", name=re.compile("picture")).click()
    expect(preview.get_by_role("img", name="picture.png")).to_be_visible()
    expect(preview).to_contain_text("1 × 1")
    page.get_by_role("button", name=re.compile("data.json")).click()
    expect(preview.locator("pre")).to_contain_text('"b": [')
    page.get_by_role("button", name=re.compile("notes.md")).click()
    expect(preview.get_by_role("heading", name="Title")).to_be_visible()
    page.get_by_role("button", name=re.compile("long.txt")).click()
    expect(preview).to_contain_text("The first 524 kB of 700 kB")
    page.get_by_role("button", name=re.compile("empty.txt")).click()
    expect(preview).to_contain_text("This file is empty")
    page.get_by_role("button", name=re.compile("away.bin")).click()
    expect(preview).to_contain_text("Only its reference was recorded")


@pytest.mark.usefixtures("files")
def test_html_and_svg_are_shown_as_text(page: Page) -> None:
    preview = page.get_by_role("region", name="Preview")
    for name, text in (("page.html", "<h1>not a page</h1>"), ("logo.svg", "onload='alert(1)'")):
        page.goto(f"/runs/r/files?file={name}")
        expect(preview.locator("pre")).to_contain_text(text)
        expect(preview.locator("h1, svg, iframe, object, img")).to_have_count(0)
    assert "owned" not in page.title()


@pytest.mark.usefixtures("files")
def test_a_file_is_downloaded_under_its_name(page: Page) -> None:
    page.goto("/runs/r/files?file=out/table ü.csv&files-by=folder")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()

    assert download.value.suggested_filename == "table ü.csv"
    assert download.value.path().read_bytes().startswith(b"name,amount")


@pytest.mark.usefixtures("files")
def test_a_phone_shows_the_list_or_a_file(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/runs/r/files")
    page.get_by_role("button", name=re.compile("data.json")).click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text('"a"')
    expect(page.get_by_role("button", name=re.compile("notes.md"))).to_be_hidden()

    page.get_by_role("button", name="All files").click()
    expect(page.get_by_role("button", name=re.compile("notes.md"))).to_be_visible()
