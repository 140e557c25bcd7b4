//! Reading from Confluence.

use crate::stub::{Step, Stub};
use crate::support::{TOKEN, confluence};
use storywright_domain::ports::Confluence;

#[test]
fn a_person_is_read_and_nobody_is_refused() {
    let known = r#"{"type":"known","username":"E10234","userKey":"ff80","displayName":"Alice","profilePicture":{}}"#;
    let nobody = r#"{"type":"anonymous","profilePicture":{},"displayName":"Anonymous"}"#;
    let stub = Stub::start([Step::json(200, known), Step::json(200, nobody), Step::json(403, "{}")]);
    let (confluence, access) = confluence(&format!("{}/confluence", stub.url()), TOKEN);
    let user = confluence.current_user(&access).unwrap();
    assert_eq!((user.username.as_str(), user.key.as_str(), user.display_name.as_str()), ("E10234", "ff80", "Alice"));
    assert_eq!(confluence.current_user(&access).unwrap_err().code(), "credential_refused");
    assert_eq!(confluence.current_user(&access).unwrap_err().code(), "forbidden_there");
    assert_eq!(stub.seen()[0].line, "GET /confluence/rest/api/user/current");
}

#[test]
fn pages_are_found_and_read_as_shown() {
    let hit = r#"{"id":"98310","type":"page","title":"Refunds","space":{"key":"PAY"},"version":{"number":4},
        "_links":{"webui":"/display/PAY/Refunds"}}"#;
    let page = hit.replacen(r#""type""#, r#""body":{"export_view":{"value":"<p>Hi</p>"}},"type""#, 1);
    let stub = Stub::start([
        Step::json(200, format!(r#"{{"results":[{hit}],"start":0,"limit":5,"size":1}}"#)),
        Step::json(200, page),
        Step::json(404, r#"{"statusCode":404,"message":"No content found"}"#),
        Step::json(403, r#"{"statusCode":403,"message":"no"}"#),
        Step::json(200, hit),
    ]);
    let base = format!("{}/confluence", stub.url());
    let (confluence, access) = confluence(&base, TOKEN);
    let found = confluence.search(&access, "refund \"policy", 5).unwrap();
    assert_eq!((found[0].id.as_str(), found[0].space.as_str(), found[0].version), ("98310", "PAY", 4));
    let page = confluence.page(&access, "98310").unwrap().expect("a page");
    assert_eq!((page.html.as_str(), page.url), ("<p>Hi</p>", format!("{base}/display/PAY/Refunds")));
    assert_eq!(confluence.page(&access, "1").unwrap(), None, "there is none");
    assert_eq!(confluence.page(&access, "1").unwrap(), None, "it may not be seen");
    assert_eq!(confluence.page(&access, "1").unwrap_err().code(), "malformed_answer", "no body");
    assert_eq!(stub.seen().len(), 5);
    for id in ["", "1/../../x", "abc", "123456789012345678901"] {
        assert_eq!(confluence.page(&access, id).unwrap(), None, "{id}");
    }
    assert!(confluence.search(&access, " \"*\" ", 5).unwrap().is_empty());
    assert_eq!(stub.seen().len(), 5, "nothing was asked for that cannot be");
}
