"""mcp-atlassian over streamable HTTP in front of the sandbox, one PAT per request."""

import asyncio
import json
import os
import re
import subprocess

import httpx
import pytest
import requests
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


def run(url, headers, work):
    """Opens a session, does the work, gives its result."""

    async def session():
        async with httpx.AsyncClient(headers=headers, timeout=30) as http:
            async with streamable_http_client(url, http_client=http) as (read, write, _):
                async with ClientSession(read, write) as client:
                    await client.initialize()
                    return await work(client)

    return asyncio.run(asyncio.wait_for(session(), 60))


def call(server, headers, tool, **arguments):
    result = run(server, headers, lambda client: client.call_tool(tool, arguments))
    text = "\n".join(block.text for block in result.content)
    assert not result.isError, text
    return json.loads(text)


@pytest.fixture(scope="module")
def jira_headers(alice):
    return {"Authorization": f"Token {alice['jira_pat']}"}


@pytest.fixture(scope="module")
def confluence_headers(alice):
    return {"Authorization": f"Token {alice['confluence']['credential']}"}


def test_tools_are_listed(mcp_url, jira_headers):
    tools = {tool.name for tool in run(mcp_url, jira_headers, lambda client: client.list_tools()).tools}
    assert {"jira_create_issue", "jira_search", "jira_get_issue", "confluence_get_page", "confluence_search"} <= tools


def test_an_issue_is_created_and_found(sandbox, mcp_url, jira_headers, alice):
    made = call(
        mcp_url,
        jira_headers,
        "jira_create_issue",
        project_key="PAY",
        summary="Made by mcp-atlassian",
        issue_type="Story",
        description="## Why\n\n* because\n",
        additional_fields=json.dumps({"labels": ["mcp-interop"], "priority": {"name": "Low"}}),
    )
    key = made["issue"]["key"]
    found = call(mcp_url, jira_headers, "jira_search", jql=f"labels = mcp-interop AND key = {key}", fields="summary,labels")
    assert [issue["key"] for issue in found["issues"]] == [key]
    counted = requests.get(f"{sandbox}/__sandbox/issues", timeout=10).json()
    mine = [i for i in counted["projects"]["PAY"]["issues"] if i["key"] == key]
    assert mine[0]["creator"] == alice["jira_key"]
    assert mine[0]["labels"] == ["mcp-interop"]


def test_issues_are_read_linked_and_moved(mcp_url, jira_headers):
    issue = call(mcp_url, jira_headers, "jira_get_issue", issue_key="PAY-3")
    assert issue["summary"] == "Pay with a saved card"
    fields = call(mcp_url, jira_headers, "jira_get_create_fields", project_key="OPS", issue_type_id="10001")
    assert "customfield_10201" in json.dumps(fields)
    made = call(mcp_url, jira_headers, "jira_create_issue", project_key="PAY", summary="To be linked", issue_type="Task")
    key = made["issue"]["key"]
    call(mcp_url, jira_headers, "jira_link_to_epic", issue_key=key, epic_key="PAY-1")
    call(
        mcp_url,
        jira_headers,
        "jira_create_issue_link",
        link_type="Blocks",
        inward_issue_key=key,
        outward_issue_key="PAY-3",
    )
    call(
        mcp_url,
        jira_headers,
        "jira_create_remote_issue_link",
        issue_key=key,
        url="https://wiki.example.com/x/3",
        title="Source",
    )
    moves = call(mcp_url, jira_headers, "jira_get_transitions", issue_key=key)
    target = next(move["id"] for move in moves if move["name"] == "In Progress")
    call(mcp_url, jira_headers, "jira_transition_issue", issue_key=key, transition_id=str(target))
    call(mcp_url, jira_headers, "jira_add_comment", issue_key=key, body="On it.")
    again = call(mcp_url, jira_headers, "jira_get_issue", issue_key=key, fields="*all")
    assert again["status"]["name"] == "In Progress"


def test_a_page_is_found_and_read(mcp_url, confluence_headers):
    found = call(mcp_url, confluence_headers, "confluence_search", query="type = page", limit=3)
    assert found
    page = call(mcp_url, confluence_headers, "confluence_get_page", page_id=str(found[0]["id"]))
    assert page["metadata"]["title"] == found[0]["title"]
    assert page["metadata"]["content"]["value"]


def test_our_own_client_speaks_to_it(sandbox, mcp_url, people):
    """The port of the product, as a test of its own crate, against the same server."""
    environment = os.environ | {
        "STORYWRIGHT_MCP_URL": mcp_url,
        "STORYWRIGHT_MCP_PATS": f"{people['alice']['jira_pat']},{people['bob']['jira_pat']}",
    }
    command = ["cargo", "test", "--quiet", "-p", "storywright-mcp", "--test", "real", "--", "--nocapture"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stderr
    # The dots of the test runner may stand before it.
    keys = re.search(r"created (PAY-\d+) (PAY-\d+)", done.stdout).groups()
    counted = requests.get(f"{sandbox}/__sandbox/issues", timeout=10).json()
    made = [issue for issue in counted["projects"]["PAY"]["issues"] if "two-people" in issue["labels"]]
    assert sorted(issue["key"] for issue in made) == sorted(keys)
    assert {issue["creator"] for issue in made} == {people["alice"]["jira_key"], people["bob"]["jira_key"]}
    one = requests.get(
        f"{sandbox}/jira/rest/api/2/issue/{keys[0]}",
        headers={"Authorization": f"Bearer {people['alice']['jira_pat']}"},
        timeout=10,
    ).json()
    assert one["fields"]["description"] == "h2. As it is\n\n* {{a b}} *bold*", "our own markup arrives unchanged"
