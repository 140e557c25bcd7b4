"""Fixtures: a fresh company at SANDBOX_URL, its people, and mcp-atlassian in front of it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests


@pytest.fixture(scope="session")
def sandbox():
    url = os.environ.get("SANDBOX_URL")
    if not url:
        pytest.skip("SANDBOX_URL is not set; start the sandbox and give its address, as in http://127.0.0.1:9900")
    url = url.rstrip("/")
    requests.post(f"{url}/__sandbox/reset", timeout=10).raise_for_status()
    return url


@pytest.fixture(scope="session")
def people(sandbox):
    answer = requests.get(f"{sandbox}/__sandbox/people", timeout=10)
    answer.raise_for_status()
    return {person["handle"]: person for person in answer.json()}


@pytest.fixture(scope="session")
def alice(people):
    return people["alice"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def mcp_atlassian(log, **settings):
    """mcp-atlassian for many users: each request carries a PAT of its own. Gives its endpoint."""
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", "/tmp"),
        "ATLASSIAN_OAUTH_ENABLE": "true",
        "TOOLSETS": "all",
    } | settings
    program = Path(sys.executable).parent / "mcp-atlassian"
    command = [str(program), "--transport", "streamable-http", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            wait_until_up(server, f"http://127.0.0.1:{port}/healthz", log)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.terminate()
            server.wait(timeout=10)


def wait_until_up(process, url, log):
    """Asks until the process answers; fails with its log when it ends or takes more than two minutes."""
    deadline = time.monotonic() + 120
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"{url} did not come up:\n{log.read_text(errors='replace')}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)


@pytest.fixture(scope="session")
def mcp_url(sandbox, tmp_path_factory):
    """One server for Jira and Confluence."""
    log = tmp_path_factory.mktemp("mcp") / "mcp-atlassian.log"
    with mcp_atlassian(log, JIRA_URL=f"{sandbox}/jira", CONFLUENCE_URL=f"{sandbox}/confluence") as url:
        yield url
