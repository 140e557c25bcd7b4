"""The sandbox's own MCP servers, driven by the official Python client in both protocols."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def client():
    """Runs mcp_client.py with the packages that it needs."""
    packages = Path(sys.prefix) / "mcp-client"
    if not packages.is_dir():
        pytest.skip(f"{packages} is missing; requirements-mcp-client.txt says how it is installed")

    def run(url, credential, mode, *calls):
        arguments = [part for tool, given in calls for part in (tool, json.dumps(given))]
        command = [sys.executable, str(HERE / "mcp_client.py"), url, credential, mode, *arguments]
        environment = os.environ | {"PYTHONPATH": str(packages)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


BOTH = pytest.mark.parametrize("mode,protocol", [("auto", "2026-07-28"), ("legacy", "2025-11-25")])


def read(result):
    assert not result["failed"], result
    return json.loads(result["text"])


@BOTH
def test_jira_is_listed_searched_and_an_issue_is_its_callers(sandbox, people, client, mode, protocol):
    bob = people["bob"]
    told = client(
        f"{sandbox}/mcp/jira",
        f"Token {bob['jira_pat']}",
        mode,
        ("jira_search", {"jql": "project = PAY ORDER BY key", "limit": 2}),
        ("jira_create_issue", {"project_key": "PAY", "summary": f"Made by the client, {mode}", "issue_type": "Story"}),
        ("jira_get_issue", {"issue_key": "PAY-99999"}),
    )
    assert told["protocol"] == protocol
    assert {"jira_search", "jira_get_issue", "jira_create_issue", "jira_get_all_projects"} <= set(told["tools"])
    found, made, missing = told["results"]
    assert [issue["key"] for issue in read(found)["issues"]] == ["PAY-1", "PAY-2"]
    key = read(made)["issue"]["key"]
    assert missing["failed"]
    counted = requests.get(f"{sandbox}/__sandbox/issues", timeout=10).json()["projects"]["PAY"]["issues"]
    assert [issue["creator"] for issue in counted if issue["key"] == key] == [bob["jira_key"]]


@BOTH
def test_a_page_is_found_and_read(sandbox, people, client, mode, protocol):
    credential = f"Bearer {people['alice']['confluence']['credential']}"
    url = f"{sandbox}/mcp/confluence"
    found = client(url, credential, mode, ("confluence_search", {"query": "card refunds", "limit": 3}))
    assert found["protocol"] == protocol
    first = read(found["results"][0])[0]
    page = client(url, credential, mode, ("confluence_get_page", {"page_id": first["id"]}))
    told = read(page["results"][0])["metadata"]
    assert told["title"] == first["title"] and told["content"]["value"]


@BOTH
def test_a_credential_of_nobody_opens_nothing(sandbox, client, mode, protocol):
    told = client(f"{sandbox}/mcp/jira", "Token nobodys", mode, ("jira_search", {"jql": "project = PAY"}))
    assert told["protocol"] == protocol and told["results"][0]["failed"], told
