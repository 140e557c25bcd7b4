//! Confluence over real sockets: identity, reading, search, paging, writing, restrictions, pages for the browser.
#![expect(clippy::unwrap_used, reason = "test support")]

use serde_json::{Value, json};
use storywright_sandbox::{FaultRule, Options, Running, Sandbox};

struct Company {
    sandbox: Running,
    agent: ureq::Agent,
}

/// Status, headers and body of an answer.
struct Answer {
    status: u16,
    user: String,
    reason: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }
}

fn company() -> Company {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    Company { sandbox: Sandbox::start(Options::default()).unwrap(), agent: config.into() }
}

impl Company {
    fn send(&self, method: &str, who: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = self.sandbox.person(who).map_or_else(|| who.to_owned(), |p| p.confluence.credential);
        let url = format!("{}{path}", self.sandbox.confluence_url());
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if !token.is_empty() {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut answer =
            self.agent.run(request.header("Content-Type", "application/json").body(text).unwrap()).unwrap();
        let header = |name: &str| answer.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (user, reason) = (header("x-ausername"), header("x-seraph-loginreason"));
        Answer { status: answer.status().as_u16(), user, reason, text: answer.body_mut().read_to_string().unwrap() }
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        self.send("GET", who, path, None)
    }

    fn search(&self, who: &str, cql: &str) -> Vec<String> {
        let query: String = url_encoded(cql);
        let answer = self.get(who, &format!("/rest/api/content/search?cql={query}&limit=50"));
        assert_eq!(answer.status, 200, "{cql}: {}", answer.text);
        let json = answer.json();
        json["results"].as_array().unwrap().iter().map(|c| c["title"].as_str().unwrap().to_owned()).collect()
    }

    fn create(&self, who: &str, title: &str, storage: &str) -> Answer {
        let page = json!({"type": "page", "title": title, "space": {"key": "PAY"}, "ancestors": [{"id": "65537"}],
            "body": {"storage": {"value": storage, "representation": "storage"}}});
        self.send("POST", who, "/rest/api/content", Some(&page))
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[test]
fn a_wrong_token_is_anonymous_with_200_and_may_do_nothing() {
    let company = company();
    let me = company.get("alice", "/rest/api/user/current");
    assert_eq!((me.status, me.user.as_str(), me.reason.as_str()), (200, "E10234", "OK"));
    assert_eq!(me.json()["username"], "E10234");
    assert_eq!(me.json()["type"], "known");
    assert_eq!(company.get("erin", "/rest/api/user/current").json()["username"], "E20999");
    for stranger in ["wrong-token", "carol", "dave"] {
        let answer = company.get(stranger, "/rest/api/user/current");
        assert_eq!(
            (answer.status, answer.user.as_str(), answer.reason.as_str()),
            (200, "anonymous", "AUTHENTICATED_FAILED")
        );
        assert_eq!(answer.json()["type"], "anonymous");
        assert_eq!(company.get(stranger, "/rest/api/content/65550").status, 403);
    }
    assert_eq!(company.get("", "/rest/api/space").status, 403);
}

#[test]
fn a_page_shows_what_is_expanded() {
    let company = company();
    let bare = company.get("bob", "/rest/api/content/65550?expand=").json();
    assert_eq!(bare["title"], "Card refunds: requirements");
    assert!(bare.get("body").is_none());
    let default = company.get("bob", "/rest/api/content/65550").json();
    assert_eq!((&default["version"]["number"], &default["space"]["key"]), (&json!(2), &json!("PAY")));
    let expand = "body.storage,body.view,body.export_view,version,space,ancestors,children.attachment,children.page,metadata.labels,history.lastUpdated";
    let page = company.get("bob", &format!("/rest/api/content/65550?expand={expand}")).json();
    assert_eq!(page["ancestors"][0]["title"], "Payments Home");
    assert_eq!(page["children"]["attachment"]["results"][0]["title"], "refund-flow.svg");
    assert_eq!(page["children"]["page"]["results"][0]["title"], "Refund glossary");
    assert_eq!(page["metadata"]["labels"]["results"][0]["name"], "requirements");
    assert_eq!(page["history"]["createdBy"]["username"], "E10234");
    assert_eq!(page["_links"]["tinyui"], "/x/DgAB");
    let text = |kind: &str| page["body"][kind]["value"].as_str().unwrap().to_owned();
    let (storage, view, export) = (text("storage"), text("view"), text("export_view"));
    assert!(storage.contains("<ac:structured-macro ac:name=\"include\"") && !storage.contains("Captured amount"));
    for html in [&view, &export] {
        assert!(html.contains("Captured amount"), "the include is resolved");
        assert!(html.contains("confluenceTable") && !html.contains("<ac:") && !html.contains("<ri:"), "{html}");
        assert!(html.contains("data-jira-key=\"PAY-1\""));
    }
    assert!(view.contains("expand-hidden") && !export.contains("expand-hidden"));
    assert!(view.contains("src=\"/confluence/download/attachments/65550/refund-flow.svg"));
    assert!(
        export.contains(&format!(
            "src=\"{}/download/attachments/65550/refund-flow.svg",
            company.sandbox.confluence_url()
        ))
    );
    let old = company.get("bob", "/rest/api/content/65550?version=1&expand=body.storage,version").json();
    assert_eq!(old["body"]["storage"]["value"], "<p>To be written.</p>");
}

#[test]
fn pages_are_found_by_title_child_and_query() {
    let company = company();
    let list =
        company.get("bob", "/rest/api/content?spaceKey=PAY&title=Dunning%20%26%20reminders&expand=version").json();
    assert_eq!((list["size"].as_u64(), &list["results"][0]["id"]), (Some(1), &json!("65555")));
    let children = company.get("bob", "/rest/api/content/98305/child/page").json();
    assert_eq!(children["size"], 3);
    assert_eq!(
        company.search("bob", "space = PAY and type = page and text ~ \"refund card\" order by title"),
        ["Card refunds: requirements", "Refund glossary"]
    );
    let search = company.get("bob", "/rest/api/search?cql=siteSearch%20~%20%22incident%22%20and%20type%3Dpage").json();
    let hit = &search["results"][0];
    assert_eq!(hit["title"], "@@@hl@@@Incident@@@endhl@@@ dashboard");
    assert_eq!(hit["content"]["id"], "98311");
    assert_eq!(hit["resultGlobalContainer"]["title"], "Operations");
    assert_eq!(hit["url"], "/display/OPS/Incident+dashboard");
    let bad = company.get("bob", "/rest/api/content/search?cql=macro%20%3D%20info");
    assert_eq!((bad.status, bad.json()["statusCode"].as_u64()), (400, Some(400)));
    assert!(bad.json()["message"].as_str().unwrap().starts_with("Could not parse cql"));
    assert_eq!(company.get("bob", "/rest/api/content/search").status, 400);
}

#[test]
fn next_links_lead_through_all_pages() {
    let company = company();
    for start in [
        "/rest/api/search?cql=type%3Dpage&limit=4",
        "/rest/api/content/search?cql=type%3Dpage&limit=4",
        "/rest/api/content?limit=4",
    ] {
        let mut path = start.to_owned();
        let mut seen = Vec::new();
        loop {
            let list = company.get("bob", &path).json();
            for item in list["results"].as_array().unwrap() {
                let content = if item["content"].is_object() { &item["content"] } else { item };
                seen.push(content["id"].as_str().unwrap().to_owned());
            }
            match list["_links"]["next"].as_str() {
                Some(next) => path = next.to_owned(),
                None => break,
            }
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (11, 11), "{start}: bob sees all but HR and the fees, each once");
    }
}

#[test]
fn restricted_spaces_and_pages_do_not_exist_for_others() {
    let company = company();
    for (path, alice) in
        [("/rest/api/content/131080", 200), ("/rest/api/content/65554", 200), ("/rest/api/space/HR", 200)]
    {
        assert_eq!(company.get("alice", path).status, alice);
        assert_eq!(company.get("bob", path).status, 404, "{path}");
    }
    let keys = |who: &str| {
        let spaces = company.get(who, "/rest/api/space").json();
        spaces["results"].as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys("alice"), ["PAY", "OPS", "HR"]);
    assert_eq!(keys("bob"), ["PAY", "OPS"]);
    let restrictions = company.get("alice", "/rest/api/content/65554/restriction/byOperation").json();
    assert_eq!(restrictions["read"]["restrictions"]["user"]["results"][0]["username"], "E10234");
    let home = company.get("bob", "/rest/api/content/65537?expand=body.view").json();
    assert!(
        !home["body"]["view"]["value"].as_str().unwrap().contains("Merchant fees"),
        "not in lists of children either"
    );
    let sneak = "<ac:structured-macro ac:name=\"include\"><ac:parameter ac:name=\"\"><ri:page ri:space-key=\"HR\" ri:content-title=\"Salary review workflow\"/></ac:parameter></ac:structured-macro>";
    let page = company.create("alice", "Includes a secret", sneak).json();
    let path = format!("/rest/api/content/{}?expand=body.view", page["id"].as_str().unwrap());
    assert!(company.get("alice", &path).text.contains("propose a raise"));
    assert!(!company.get("bob", &path).text.contains("propose a raise"), "an include shows what the reader may see");
}

#[test]
fn pages_are_created_updated_and_deleted() {
    let company = company();
    let created = company.create("alice", "Gift cards", "<p>Shops must accept gift cards.</p>");
    assert_eq!(created.status, 200, "{}", created.text);
    let page = created.json();
    let id = page["id"].as_str().unwrap().to_owned();
    assert_eq!((&page["version"]["number"], &page["ancestors"][0]["id"]), (&json!(1), &json!("65537")));
    let again = company.create("bob", "gift cards", "<p>x</p>");
    assert_eq!(again.status, 400);
    assert!(again.json()["message"].as_str().unwrap().contains("already exists"), "{}", again.text);

    let update = |who: &str, number: u64, body: &str| {
        let wanted = json!({"id": id, "type": "page", "title": "Gift cards", "version": {"number": number, "message": "checked"},
            "body": {"storage": {"value": body, "representation": "storage"}}});
        company.send("PUT", who, &format!("/rest/api/content/{id}"), Some(&wanted))
    };
    let second = update("bob", 2, "<p>Shops must accept gift cards and vouchers.</p>");
    assert_eq!((second.status, &second.json()["version"]["number"]), (200, &json!(2)));
    assert_eq!(second.json()["version"]["by"]["username"], "E10235");
    assert_eq!(update("alice", 2, "<p>late</p>").status, 409);
    assert_eq!(update("alice", 3, "<p>broken").status, 400);
    assert_eq!(update("frank", 3, "<p>reader</p>").status, 403);
    assert_eq!(
        company.search("bob", "text ~ vouchers and space = PAY and creator = E10234 order by id desc")[0],
        "Gift cards"
    );

    let path = format!("/rest/api/content/{id}");
    assert_eq!(company.send("DELETE", "frank", &path, None).status, 403);
    assert_eq!(company.send("DELETE", "alice", &path, None).status, 204);
    assert_eq!(company.get("alice", &path).status, 404);
    assert_eq!(company.get("alice", &format!("{path}?status=trashed")).json()["status"], "trashed");
    assert_eq!(company.create("bob", "Gift cards", "<p>new</p>").status, 200, "the title is free again");
}

#[test]
fn wrong_pages_are_refused() {
    let company = company();
    let refused = |page: Value| company.send("POST", "alice", "/rest/api/content/", Some(&page)).status;
    let body = json!({"storage": {"value": "<p>x</p>", "representation": "storage"}});
    assert_eq!(company.create("alice", "Broken", "<p>open &bogus;").status, 400);
    assert_eq!(company.create("frank", "Reader's page", "<p>x</p>").status, 403);
    assert_eq!(refused(json!({"type": "page", "title": "x", "space": {"key": "NOPE"}, "body": body})), 404);
    assert_eq!(refused(json!({"type": "page", "space": {"key": "PAY"}, "body": body})), 400);
    assert_eq!(refused(json!({"type": "sheet", "title": "x", "space": {"key": "PAY"}})), 400);
    assert_eq!(
        refused(json!({"type": "page", "title": "x", "space": {"key": "OPS"}, "ancestors": [{"id": "65537"}]})),
        400
    );
    assert_eq!(refused(json!({"type": "page", "title": "y".repeat(256), "space": {"key": "PAY"}})), 400);
    assert_eq!(company.get("alice", "/rest/api/content/not-a-number").status, 404);
}

#[test]
fn pages_that_include_each_other_render_to_an_end() {
    let company = company();
    let include = |title: &str| {
        format!(
            "<p>in</p><ac:structured-macro ac:name=\"include\"><ac:parameter ac:name=\"\"><ac:link><ri:page ri:content-title=\"{title}\"/></ac:link></ac:parameter></ac:structured-macro>"
        )
    };
    company.create("alice", "Ring A", &include("Ring B"));
    let b = company.create("alice", "Ring B", &include("Ring A")).json();
    let path = format!("/rest/api/content/{}?expand=body.view", b["id"].as_str().unwrap());
    let html = company.get("alice", &path).json()["body"]["view"]["value"].as_str().unwrap().to_owned();
    assert!(html.matches("<p>in</p>").count() < 10, "{html}");
}

#[test]
fn labels_comments_and_properties_can_be_changed() {
    let company = company();
    let labels = company.send(
        "POST",
        "bob",
        "/rest/api/content/65552/label",
        Some(&json!([{"prefix": "global", "name": "Export"}])),
    );
    assert_eq!((labels.status, labels.json()["size"].as_u64()), (200, Some(3)));
    assert_eq!(company.search("bob", "label = export"), ["Invoice export"]);
    assert_eq!(company.send("DELETE", "bob", "/rest/api/content/65552/label/export", None).status, 204);
    assert_eq!(company.search("bob", "label = export"), Vec::<String>::new());
    assert_eq!(
        company.send("POST", "bob", "/rest/api/content/65552/label", Some(&json!([{"name": "two words"}]))).status,
        400
    );

    let comment = json!({"type": "comment", "container": {"id": "65552", "type": "page"}, "body": {"storage": {"value": "<p>Which columns?</p>", "representation": "storage"}}});
    assert_eq!(company.send("POST", "bob", "/rest/api/content", Some(&comment)).status, 200);
    let comments = company.get("bob", "/rest/api/content/65552/child/comment?expand=body.view").json();
    assert_eq!(comments["results"][0]["body"]["view"]["value"], "<p>Which columns?</p>");

    let property = |number: u64| json!({"key": "origin", "value": {"draft": 7}, "version": {"number": number}});
    assert_eq!(company.send("POST", "bob", "/rest/api/content/65552/property", Some(&property(1))).status, 200);
    assert_eq!(company.send("POST", "bob", "/rest/api/content/65552/property", Some(&property(1))).status, 409);
    assert_eq!(company.send("PUT", "bob", "/rest/api/content/65552/property/origin", Some(&property(2))).status, 200);
    assert_eq!(company.get("bob", "/rest/api/content/65552/property/origin").json()["value"]["draft"], 7);
}

#[test]
fn browsers_get_pages_by_every_kind_of_address() {
    let company = company();
    for path in [
        "/display/PAY/Invoice+export",
        "/pages/viewpage.action?pageId=65552",
        "/x/EAAB",
        "/spaces/PAY/pages/65552/Invoice+export",
    ] {
        for who in ["", "bob"] {
            let answer = company.get(who, path);
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.text.contains("<h1 id=\"title-text\">Invoice export</h1>"), "{path}");
        }
    }
    assert!(company.get("", "/display/PAY").text.contains("Payments Home"));
    assert_eq!(company.get("", "/display/HR/HR+Home").status, 302);
    assert_eq!(company.get("bob", "/display/HR/HR+Home").status, 404);
    assert!(company.get("bob", "/download/attachments/65550/refund-flow.svg").text.starts_with("<svg"));
}

#[test]
fn search_lags_behind_when_told_so() {
    let company = company();
    let rule = json!({"service": "confluence", "kind": "index_lag_ms", "ms": -1, "times": 1});
    company.create("alice", "Brand new page", "<p>x</p>");
    assert_eq!(company.search("alice", "title ~ brand"), ["Brand new page"]);
    company.sandbox.add_fault(FaultRule::from_json(&rule).unwrap()).unwrap();
    assert_eq!(company.search("alice", "title ~ brand"), Vec::<String>::new());
}

#[test]
fn the_state_file_keeps_pages() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state_file: Some(folder.path().join("state.json")), ..Options::default() };
    let mut company = company();
    company.sandbox = Sandbox::start(options.clone()).unwrap();
    assert_eq!(company.create("alice", "Kept page", "<p>x</p>").status, 200);
    drop(company.sandbox);
    company.sandbox = Sandbox::start(options).unwrap();
    assert_eq!(company.search("alice", "title = \"Kept page\""), ["Kept page"]);
    company.sandbox.reset().unwrap();
    assert_eq!(company.search("alice", "title = \"Kept page\""), Vec::<String>::new());
}
