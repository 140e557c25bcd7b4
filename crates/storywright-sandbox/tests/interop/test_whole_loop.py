"""The whole loop: the product's own binary, mcp-atlassian as its MCP servers, the sandbox behind both, two people at once.

Each person signs up with a PAT of their own, the tools are listed and approved, a draft is written from what the agent looked up, its plan
is approved, and its issues are created: by REST, and by mcp-atlassian's `jira_create_issue`.
"""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from conftest import free_port, mcp_atlassian, wait_until_up

ROOT = Path(__file__).parents[4]
PASSWORD = "copper lantern meadow train"
REQUIREMENTS = (
    "Support agents must be able to refund a captured card payment in full, so that customers are paid back within one"
    " business day.\n\n- The refund must show in the ledger with the agent's name.\n- A refund must not exceed the captured amount."
)
THROUGH = {
    "server": "mcp-jira",
    "tool": "jira_create_issue",
    "arguments": {"project_key": "{{project}}", "summary": "{{summary}}", "issue_type": "{{issue_type}}"},
    "fields_argument": "additional_fields",
    "rename": {"description": "Description", "issuetype": "IssueType"},
}
# What the rules refuse of mcp-atlassian's tools. None of them: whatever comes here is a tool that nobody could use.
REFUSED = set()


class Product:
    """The server in a folder of its own; started again, it keeps its data."""

    def __init__(self, folder, sandbox, servers, administrator):
        self.folder, self.process = folder, None
        config = json.loads((ROOT / "config/demo/config.json").read_text())
        text = json.dumps(config).replace("http://127.0.0.1:9900", sandbox).replace('"../', f'"{ROOT}/config/')
        self.config = json.loads(text)
        self.config["server"]["administrators"] = [administrator]
        self.config["mcp_servers"] = servers
        (folder / "config").mkdir()
        subprocess.run([self.binary(), "keys", "init"], env=self.environment(0), check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def binary():
        return os.environ.get("STORYWRIGHT_BINARY") or str(ROOT / "target/debug/storywright")

    def environment(self, port):
        (self.folder / "config/config.json").write_text(json.dumps(self.config))
        return {
            "STORYWRIGHT_LISTEN": f"127.0.0.1:{port}",
            "STORYWRIGHT_CONFIG": str(self.folder / "config"),
            "STORYWRIGHT_KEYRING_FILE": str(self.folder / "keyring.json"),
            "DATABASE_URL": str(self.folder / "storywright.db"),
            "STORYWRIGHT_BCRYPT_COST": "10",
            "STORYWRIGHT_THROTTLE": "off",
            "RUST_LOG": "warn",
        }

    def start(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        log = self.folder / "server.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen([self.binary(), "serve"], env=self.environment(port), stdout=out, stderr=out)
        wait_until_up(self.process, f"{self.url}/readyz", log)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class Member:
    """A person with a bearer token."""

    def __init__(self, product, person):
        self.product, self.person, self.session = product, person, requests.Session()

    def call(self, method, path, body=None, status=200, **headers):
        answer = self.session.request(method, f"{self.product.url}/api/v1/{path}", json=body, headers=headers, timeout=60)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sign_up(self):
        site = {"jira_site": "company-jira", "jira_pat": self.person["jira_pat"]}
        registration = self.call("POST", "registrations", site, 201)
        self.call("POST", f"registrations/{registration['registration_id']}/confirm", {"password": PASSWORD}, 201)
        self.sign_in()
        llm = {"service": "sandbox", "credential": self.person["llm"]["credential"]}
        wiki = {"site": "company-wiki", "pat": self.person["confluence"]["credential"]}
        self.call("PUT", "integrations/llm", llm)
        self.call("PUT", "integrations/confluence", wiki)
        for kind in ("llm", "confluence", "jira"):
            report = self.call("POST", f"integrations/{kind}/test", {})
            assert report["ok"] and report["employee_id"] == self.person["employee_id"], report

    def sign_in(self):
        login = {"username": self.person["employee_id"], "password": PASSWORD}
        token = self.call("POST", "tokens", login, 201)["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def servers(self):
        return {server["id"]: server for server in self.call("GET", "tools")["items"]}

    def with_tools(self):
        """The servers, once both lists are there."""
        return until(self.servers, lambda servers: all(server["fetched_at"] for server in servers.values()))

    def written(self):
        """A draft that is written after looking things up, and the steps of its job."""
        new = {"requirements": REQUIREMENTS, "format": "classic", "project_key": "PAY", "issue_type": "Story"}
        draft = self.call("POST", "drafts", new, 201)["id"]
        job = self.call("POST", f"drafts/{draft}/generate?look_up=true", {}, 202)["job_id"]

        def ended():
            view = self.call("GET", f"jobs/{job}")
            if view["question"]:
                self.call("POST", f"jobs/{job}/answer", {"text": "Only full refunds, and only for cards."}, 202)
            return view

        view = until(ended, lambda view: view["status"] in ("completed", "failed", "cancelled"))
        assert view["status"] == "completed", view
        return draft, self.call("GET", f"jobs/{job}/steps")["items"]

    def published(self, draft):
        """Approves the plan; gives it and the issues that the run created."""
        plan = self.call("GET", f"drafts/{draft}/plan")
        approved = {"plan_hash": plan["plan_hash"]}
        run = self.call("POST", f"drafts/{draft}/publish", approved, 202, **{"Idempotency-Key": draft})["run_id"]
        view = until(lambda: self.call("GET", f"runs/{run}"), lambda view: view["state"] != "active")
        assert view["state"] == "completed", json.dumps(view, indent=1)
        return plan, view["items"]


def until(ask, good, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if good(answer):
            return answer
        assert time.monotonic() < deadline, f"still {answer}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def product(sandbox, people, tmp_path_factory):
    """The product with one mcp-atlassian for Jira and one for Confluence."""
    folder = tmp_path_factory.mktemp("product")
    jira = mcp_atlassian(folder / "mcp-jira.log", JIRA_URL=f"{sandbox}/jira")
    confluence = mcp_atlassian(folder / "mcp-confluence.log", CONFLUENCE_URL=f"{sandbox}/confluence")
    with jira as jira_url, confluence as confluence_url:
        servers = [
            {
                "id": f"mcp-{purpose}",
                "name": f"mcp-atlassian for {purpose}",
                "purpose": purpose,
                "url": url,
                "headers": {"Authorization": f"Token {{{{{purpose}_pat}}}}"},
                "allow_http": True,
                "allow_loopback": True,
            }
            for purpose, url in (("jira", jira_url), ("confluence", confluence_url))
        ]
        product = Product(folder, sandbox, servers, people["alice"]["employee_id"])
        product.start()
        try:
            yield product
        finally:
            product.stop()


@pytest.fixture(scope="module")
def members(product, people):
    """Two people, signed up and connected at once."""
    members = [Member(product, people[handle]) for handle in ("alice", "bob")]
    at_once(lambda member: member.sign_up(), members)
    return members


@pytest.fixture(scope="module")
def approved(members):
    """The administrator has approved what is known to read only."""
    boss = members[0]
    servers = boss.with_tools()
    for server in servers:
        assert boss.call("POST", f"tools/{server}/approve-suggested", {})["tools"]
    return members


def at_once(work, members):
    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(work, members))


def sandbox_requests(sandbox):
    return requests.get(f"{sandbox}/__sandbox/requests", timeout=10).json()


def check_reporters(sandbox, members, created):
    """Each person's issues, counted in the sandbox, are their own."""
    counted = requests.get(f"{sandbox}/__sandbox/issues", timeout=10).json()["projects"]["PAY"]["issues"]
    creators = {issue["key"]: issue["creator"] for issue in counted}
    for member, items in zip(members, created, strict=True):
        keys = [item["key"] for item in items]
        assert keys and all(keys), items
        assert {creators[key] for key in keys} == {member.person["jira_key"]}
        headers = {"Authorization": f"Bearer {member.person['jira_pat']}"}
        for key in keys:
            issue = requests.get(f"{sandbox}/jira/rest/api/2/issue/{key}", headers=headers, timeout=10).json()
            assert issue["fields"]["reporter"]["name"] == member.person["employee_id"], key


def test_the_tools_of_both_servers_are_listed_and_none_is_refused(members):
    for member in members:
        servers = member.with_tools()
        tools = [tool for server in servers.values() for tool in server["tools"]]
        refused = {tool["name"]: tool["refused"] for tool in tools if tool["state"] == "refused"}
        assert set(refused) == REFUSED, refused
        names = {tool["name"] for tool in tools}
        assert {"jira_search", "jira_create_issue", "confluence_search", "confluence_get_page"} <= names
        assert len(tools) >= 90, len(tools)
        assert all(not server["problem"] and not server["stale"] for server in servers.values())
    # Whoever is no administrator decides nothing.
    denied = members[1].call("POST", "tools/mcp-jira/approve-suggested", {}, 403)
    assert denied["code"] == "forbidden"


def test_two_people_at_once_look_up_write_and_create_each_as_themselves(sandbox, approved):
    drafts = at_once(lambda member: member.written(), approved)
    for (draft, steps), member in zip(drafts, approved, strict=True):
        calls = [(step["tool"], step["state"], step["problem"]) for step in steps if step["kind"] == "tool"]
        # There are more tools than are told whole: the model was given a line of each, and opened those that it called.
        assert calls[0][:2] == ("open_tools", "done"), calls
        done = {tool for tool, state, _ in calls if state == "done"}
        assert {"mcp-confluence__confluence_search", "mcp-confluence__confluence_get_page"} <= done, calls
        assert "mcp-jira__jira_search" in done, calls
        sources = member.call("GET", f"drafts/{draft}/sources")["items"]
        assert any(source["kind"] == "page" for source in sources), sources
        stories = member.call("GET", f"drafts/{draft}")["document"]["stories"]
        assert any(story["citations"] for story in stories), "no story cites what was read"
    published = at_once(lambda pair: pair[0].published(pair[1][0]), list(zip(approved, drafts, strict=True)))
    check_reporters(sandbox, approved, [items for _, items in published])
    # The chain of one of them names the tools' pages among its sources.
    chain = approved[1].call("GET", f"audit/issues/{published[1][1][0]['key']}")
    text = json.dumps(chain)
    assert approved[1].person["employee_id"] in text and "mcp-confluence" in text
    assert approved[1].person["jira_pat"] not in text


def test_the_same_by_the_tool_that_creates_issues(sandbox, product, approved):
    boss = approved[0]
    tool = boss.call("GET", "tools/mcp-jira/tools/jira_create_issue")
    decision = {"hash": tool["hash"], "class": "write", "words": "Creates one issue"}
    decided = boss.call("PUT", "tools/mcp-jira/tools/jira_create_issue/approval", decision)
    assert decided["state"] == "kept", "the agent itself never calls it"
    product.stop()
    jira = next(site for site in product.config["sites"] if site["kind"] == "jira")
    jira["publish_through"] = THROUGH
    product.start()
    before = sandbox_requests(sandbox)[-1]["sequence"]
    drafts = at_once(lambda member: member.written()[0], approved)
    published = at_once(lambda pair: pair[0].published(pair[1]), list(zip(approved, drafts, strict=True)))
    check_reporters(sandbox, approved, [items for _, items in published])
    creates = [
        request
        for request in sandbox_requests(sandbox)
        if request["sequence"] > before and request["method"] == "POST" and request["path"].endswith("/rest/api/2/issue")
    ]
    assert len(creates) == sum(len(items) for _, items in published), "one call each"
    assert all("storywright" not in request["user_agent"].lower() for request in creates), "the server made them, not we"
    assert {request["person"] for request in creates} == {"alice", "bob"}
