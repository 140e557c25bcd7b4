"""The PyPI package `atlassian-python-api`, unchanged, against the sandbox's Confluence."""

import uuid

import pytest
from atlassian import Confluence


@pytest.fixture(scope="module")
def confluence(sandbox, alice):
    return Confluence(url=f"{sandbox}/confluence", token=alice["confluence"]["credential"])


@pytest.fixture(scope="module")
def space(confluence):
    return confluence.get_all_spaces(limit=5)["results"][0]["key"]


def test_pages_are_found_and_read(confluence):
    found = confluence.cql("type = page", limit=3)["results"]
    assert found
    page_id = found[0]["content"]["id"]
    page = confluence.get_page_by_id(page_id, expand="body.storage,body.view,body.export_view,version,space")
    assert page["title"]
    assert page["body"]["storage"]["value"]
    assert page["body"]["export_view"]["value"]
    assert page["version"]["number"] >= 1
    by_title = confluence.get_page_by_title(page["space"]["key"], page["title"])
    assert by_title["id"] == page_id


def test_pages_are_written(confluence, space):
    title = f"Interop {uuid.uuid4().hex[:8]}"
    made = confluence.create_page(space, title, "<p>First</p>", representation="storage")
    assert confluence.page_exists(space, title)
    changed = confluence.update_page(made["id"], title, "<p>Second</p>")
    assert changed["version"]["number"] == 2
    again = confluence.get_page_by_id(made["id"], expand="body.storage,version")
    assert again["body"]["storage"]["value"] == "<p>Second</p>"
