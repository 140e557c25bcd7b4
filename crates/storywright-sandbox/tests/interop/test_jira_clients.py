"""The PyPI packages `jira` and `atlassian-python-api`, unchanged, through the whole of the sandbox's Jira."""

import pytest
import requests
from atlassian import Jira
from jira import JIRA
from jira.exceptions import JIRAError


@pytest.fixture(scope="module")
def pycontribs(sandbox, alice):
    return JIRA(server=f"{sandbox}/jira", token_auth=alice["jira_pat"], max_retries=0)


@pytest.fixture(scope="module")
def atlassian(sandbox, alice):
    return Jira(url=f"{sandbox}/jira", token=alice["jira_pat"])


def story(summary, **fields):
    return {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": summary, **fields}


class TestPycontribsJira:
    def test_who_am_i_and_where(self, pycontribs, alice):
        assert pycontribs.myself()["name"] == alice["employee_id"]
        assert pycontribs.current_user() == alice["employee_id"]
        assert pycontribs.server_info()["deploymentType"] == "Server"
        assert pycontribs._is_cloud is False

    def test_basic_authentication(self, sandbox, alice):
        client = JIRA(server=f"{sandbox}/jira", basic_auth=(alice["employee_id"], alice["password"]), max_retries=0)
        assert client.myself()["key"] == alice["jira_key"]
        with pytest.raises(JIRAError) as refused:
            JIRA(server=f"{sandbox}/jira", basic_auth=(alice["employee_id"], "wrong"), max_retries=0).myself()
        assert refused.value.status_code == 401

    def test_projects_types_and_fields(self, pycontribs):
        assert {project.key for project in pycontribs.projects()} == {"PAY", "OPS", "FR"}
        assert pycontribs.project("PAY").name == "Payments"
        assert pycontribs.project("10001").key == "OPS"
        assert [c.name for c in pycontribs.project_components("PAY")] == ["Checkout", "Refunds", "Public API"]
        types = {t.name: t for t in pycontribs.project_issue_types("FR")}
        assert set(types) == {"Épopée", "Récit", "Tâche", "Sous-tâche"}
        fields = {f.fieldId: f for f in pycontribs.project_issue_fields("FR", types["Récit"].id)}
        assert {i for i, f in fields.items() if f.required and i.startswith("customfield")} == {
            "customfield_10300",
            "customfield_10301",
            "customfield_10302",
            "customfield_10303",
        }
        names = {field["name"]: field["id"] for field in pycontribs.fields()}
        assert names["Story Points"] == "customfield_10106"
        assert {p.name for p in pycontribs.priorities()} >= {"Highest", "Lowest"}
        assert {s.name for s in pycontribs.statuses()} >= {"To Do", "Done"}
        assert {t.name for t in pycontribs.issue_link_types()} >= {"Blocks", "Relates"}

    def test_the_life_of_an_issue(self, pycontribs, alice):
        issue = pycontribs.create_issue(
            fields=story(
                "Refund to the same card",
                description="h3. Why\nThe shopper expects it.",
                labels=["refunds", "interop"],
                priority={"name": "High"},
                components=[{"name": "Refunds"}],
                customfield_10106=2,
                customfield_10100="PAY-2",
            )
        )
        assert issue.key.startswith("PAY-")
        assert issue.fields.creator.name == alice["employee_id"]
        assert issue.fields.customfield_10106 == 2.0
        assert issue.fields.customfield_10100 == "PAY-2"
        assert issue.fields.status.name == "To Do"

        issue.update(fields={"summary": "Refund to the card that paid", "labels": ["refunds"]})
        issue.update(update={"labels": [{"add": "edited"}]})
        again = pycontribs.issue(issue.key)
        assert again.fields.summary == "Refund to the card that paid"
        assert sorted(again.fields.labels) == ["edited", "refunds"]

        subtask = pycontribs.create_issue(
            fields={
                "project": {"key": "PAY"},
                "issuetype": {"name": "Sub-task"},
                "parent": {"key": issue.key},
                "summary": "Call the acquirer",
            }
        )
        assert subtask.fields.parent.key == issue.key
        assert [s.key for s in pycontribs.issue(issue.key).fields.subtasks] == [subtask.key]

        pycontribs.assign_issue(issue, alice["employee_id"])
        assert pycontribs.issue(issue.key).fields.assignee.displayName == alice["display_name"]

        names = {t["name"]: t["id"] for t in pycontribs.transitions(issue)}
        pycontribs.transition_issue(issue, names["In Progress"])
        pycontribs.transition_issue(issue, "Done", fields={"resolution": {"name": "Won't Do"}})
        done = pycontribs.issue(issue.key)
        assert (done.fields.status.name, done.fields.resolution.name) == ("Done", "Won't Do")

        comment = pycontribs.add_comment(issue, "Looks *good*")
        assert [c.body for c in pycontribs.comments(issue)] == ["Looks *good*"]
        comment.update(body="Looks better")
        assert pycontribs.comment(issue, comment.id).body == "Looks better"
        comment.delete()
        assert pycontribs.comments(issue) == []

        with pytest.raises(JIRAError) as refused:
            issue.delete()
        assert "subtasks" in refused.value.text
        issue.delete(deleteSubtasks=True)
        with pytest.raises(JIRAError) as gone:
            pycontribs.issue(issue.key)
        assert gone.value.status_code == 404

    def test_links_remote_links_and_properties(self, pycontribs):
        first = pycontribs.create_issue(fields=story("Blocks the other"))
        second = pycontribs.create_issue(fields=story("Is blocked"))
        pycontribs.create_issue_link("Blocks", first.key, second.key)
        link = pycontribs.issue(first.key).fields.issuelinks[0]
        assert (link.type.outward, link.outwardIssue.key) == ("blocks", second.key)
        assert pycontribs.issue(second.key).fields.issuelinks[0].inwardIssue.key == first.key
        pycontribs.delete_issue_link(link.id)
        assert pycontribs.issue(first.key).fields.issuelinks == []

        page = {"url": "https://wiki.example.com/x/1", "title": "Requirements"}
        made = pycontribs.add_remote_link(first.key, destination=page, globalId="interop:1")
        changed = pycontribs.add_remote_link(
            first.key, destination={**page, "title": "Requirements, 2nd edition"}, globalId="interop:1"
        )
        assert made.id == changed.id
        links = pycontribs.remote_links(first)
        assert [(l.globalId, l.object.title) for l in links] == [("interop:1", "Requirements, 2nd edition")]

        pycontribs.add_issue_property(first.key, "origin.interop", {"run": "r1", "item": 1})
        assert pycontribs.issue_property(first.key, "origin.interop").value.run == "r1"
        assert [p.key for p in pycontribs.issue_properties(first.key)] == ["origin.interop"]

    def test_bulk_create_keeps_what_succeeds(self, pycontribs):
        results = pycontribs.create_issues([story("Bulk one"), story(""), story("Bulk three")])
        assert [r["status"] for r in results] == ["Success", "Error", "Success"]
        assert "summary" in str(results[1]["error"])

    def test_search(self, pycontribs):
        for number in range(3):
            pycontribs.create_issue(fields=story(f"Searched {number}", labels=["interop-search"]))
        found = pycontribs.search_issues('project = PAY AND labels = "interop-search" ORDER BY key', maxResults=2)
        assert (len(found), found.total) == (2, 3)
        everything = pycontribs.search_issues("labels = interop-search", maxResults=False, fields="summary")
        assert len(everything) == 3
        with pytest.raises(JIRAError) as refused:
            pycontribs.search_issues("colour = red")
        assert refused.value.status_code == 400
        assert "colour" in refused.value.text

    def test_field_errors_reach_the_caller(self, pycontribs):
        with pytest.raises(JIRAError) as refused:
            pycontribs.create_issue(
                fields={"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "x", "labels": ["a"]}
            )
        errors = refused.value.response.json()["errors"]
        assert "Location is required." in errors.values()
        assert errors["labels"].startswith("Field 'labels' cannot be set.")

    def test_people_and_permissions(self, pycontribs, people):
        assert [u.name for u in pycontribs.search_users("Bob")] == [people["bob"]["employee_id"]]
        assignable = {u.name for u in pycontribs.search_assignable_users_for_issues(".", project="PAY")}
        assert people["bob"]["employee_id"] in assignable
        assert people["frank"]["employee_id"] not in assignable
        permissions = pycontribs.my_permissions(projectKey="PAY")["permissions"]
        assert permissions["CREATE_ISSUES"]["havePermission"] is True

    def test_epics(self, pycontribs):
        issue = pycontribs.create_issue(fields=story("Goes into the epic later"))
        pycontribs.add_issues_to_epic("PAY-1", [issue.key])
        assert pycontribs.issue(issue.key).fields.customfield_10100 == "PAY-1"

    def test_watchers(self, pycontribs, people):
        issue = pycontribs.create_issue(fields=story("Watched"))
        pycontribs.add_watcher(issue, people["bob"]["employee_id"])
        assert {w.name for w in pycontribs.watchers(issue).watchers} == {
            people["alice"]["employee_id"],
            people["bob"]["employee_id"],
        }
        pycontribs.remove_watcher(issue, people["bob"]["employee_id"])
        assert pycontribs.watchers(issue).watchCount == 1


class TestAtlassianPythonApi:
    def test_who_am_i_and_where(self, atlassian, alice):
        assert atlassian.myself()["emailAddress"] == alice["email"]
        assert atlassian.get_server_info()["deploymentType"] == "Server"
        assert atlassian.user(username=alice["employee_id"])["key"] == alice["jira_key"]

    def test_projects_and_create_metadata(self, atlassian):
        assert {p["key"] for p in atlassian.projects()} == {"PAY", "OPS", "FR"}
        assert atlassian.project("FR")["name"] == "Facturation"
        types = atlassian.issue_createmeta_issuetypes("OPS")
        names = {t["name"]: t["id"] for t in types["values"]}
        fields = atlassian.issue_createmeta_fieldtypes("OPS", names["Story"])["values"]
        required = {f["name"] for f in fields if f["required"]}
        assert {"Target Environment", "Location", "Requestor", "Epic Link"} <= required

    def test_the_life_of_an_issue(self, atlassian, alice):
        made = atlassian.issue_create(
            {
                "project": {"key": "OPS"},
                "issuetype": {"name": "Story"},
                "summary": "Move the ledger",
                "customfield_10200": {"value": "Production"},
                "customfield_10201": {"value": "Europe", "child": {"value": "Paris"}},
                "customfield_10202": {"name": alice["employee_id"]},
                "customfield_10100": "OPS-1",
            }
        )
        key = made["key"]
        fields = atlassian.issue(key)["fields"]
        assert fields["customfield_10201"]["child"]["value"] == "Paris"
        assert fields["customfield_10202"]["name"] == alice["employee_id"]
        atlassian.update_issue_field(key, {"summary": "Move the ledger at night"})
        assert atlassian.issue_field_value(key, "summary") == "Move the ledger at night"
        atlassian.set_issue_status(key, "In Progress")
        assert atlassian.get_issue_status(key) == "In Progress"
        atlassian.issue_add_comment(key, "Started.")
        assert atlassian.issue_get_comments(key)["total"] == 1
        assert atlassian.issue_exists(key)
        atlassian.delete_issue(key)
        assert not atlassian.issue_exists(key)

    def test_search_links_and_properties(self, atlassian):
        keys = [
            atlassian.create_issue(
                {"project": {"key": "PAY"}, "issuetype": {"id": "10002"}, "summary": f"API {n}", "labels": ["apa"]}
            )["key"]
            for n in range(2)
        ]
        found = atlassian.jql("labels = apa ORDER BY key ASC", fields=["summary"], limit=10)
        assert [issue["key"] for issue in found["issues"]] == keys
        atlassian.create_issue_link(
            {"type": {"name": "Relates"}, "inwardIssue": {"key": keys[0]}, "outwardIssue": {"key": keys[1]}}
        )
        assert atlassian.issue(keys[0])["fields"]["issuelinks"][0]["outwardIssue"]["key"] == keys[1]
        for title in ["One", "Two"]:
            atlassian.create_or_update_issue_remote_links(
                keys[0], "https://wiki.example.com/x/2", title, global_id="apa:1"
            )
        links = atlassian.get_issue_remote_links(keys[0])
        assert [link["object"]["title"] for link in links] == ["Two"]
        atlassian.set_issue_property(keys[0], "origin.apa", {"n": 1})
        assert atlassian.get_issue_property(keys[0], "origin.apa")["value"] == {"n": 1}

    def test_rights(self, sandbox, people):
        bob = Jira(url=f"{sandbox}/jira", token=people["bob"]["jira_pat"])
        assert [p["key"] for p in bob.projects()] == ["PAY"]
        frank = Jira(url=f"{sandbox}/jira", token=people["frank"]["jira_pat"])
        assert frank.issue_createmeta_issuetypes("PAY")["values"] == []
        with pytest.raises(Exception, match="permission"):
            frank.issue_create({"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "no"})


def test_a_wrong_token_is_anonymous_where_anonymous_may_enter(sandbox):
    headers = {"Authorization": "Bearer wrong"}
    listed = requests.get(f"{sandbox}/jira/rest/api/2/project", headers=headers, timeout=10)
    assert (listed.status_code, listed.json()) == (200, [])
    assert listed.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert listed.headers["X-AUSERNAME"] == "anonymous"
    me = requests.get(f"{sandbox}/jira/rest/api/2/myself", headers=headers, timeout=10)
    assert me.status_code == 401
    assert me.json()["errorMessages"]
