//! The form for what Jira asks for: controls, values that stay, words about what is wrong, what is remembered.

use crate::support::{Browser, Got, TestApp, alice_and_bob};
use std::rc::Rc;
use storywright_application::drafts::{DraftChange, draft, edit_draft};
use storywright_application::preflight::learn;
use storywright_domain::draft::Draft;
use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};
use storywright_domain::person::Person;
use storywright_domain::ports::StorageExt;
use storywright_domain::preflight::ScreenPlace;
use storywright_domain::remote::FieldRefusal;
use storywright_domain::story::FieldValue;
use storywright_testkit::build;

fn option(id: &str, name: &str, children: &[(&str, &str)]) -> AllowedValue {
    let children = children.iter().map(|(id, name)| option(id, name, &[])).collect();
    AllowedValue { id: id.to_owned(), name: name.to_owned(), children }
}

fn field(id: &str, name: &str, kind: FieldKind, allowed: Vec<AllowedValue>) -> CreateField {
    let (id, name) = (id.to_owned(), name.to_owned());
    CreateField { id, name, required: true, has_default: false, kind, allowed }
}

/// A field of every kind, all required.
fn every_kind() -> Vec<CreateField> {
    use FieldKind as K;
    let places = || vec![option("1", "Lyon <sud>", &[("11", "Gare"), ("12", "Port")]), option("2", "Nantes", &[])];
    let common = |id: &str, kind| CreateField { required: false, ..field(id, id, kind, Vec::new()) };
    vec![
        common("summary", K::Text),
        common("description", K::TextArea),
        common("labels", K::Labels),
        common("parent", K::Parent),
        field("cf_line", "Référence <contrat>", K::Text, Vec::new()),
        field("cf_text", "Plan", K::TextArea, Vec::new()),
        field("cf_number", "Weight", K::Number, Vec::new()),
        field("cf_day", "Wanted on", K::Date, Vec::new()),
        field("cf_time", "Starts", K::DateTime, Vec::new()),
        field("cf_one", "Place", K::Option, places()),
        field("cf_two", "Place and spot", K::Cascading, places()),
        field("cf_many", "Places", K::Options, places()),
        field("cf_user", "Requestor", K::User, Vec::new()),
        field("cf_epic", "Epic Link", K::EpicLink, Vec::new()),
        field("cf_versions", "Fix versions", K::Versions, places()),
        field("components", "Components", K::Components, places()),
        field("cf_labels", "Tags", K::Labels, Vec::new()),
        field("cf_odd", "Sprint", K::Other("sprint".to_owned()), Vec::new()),
    ]
}

/// What fills every field in, each with a value of its own.
const VALUES: [(&str, &str); 16] = [
    ("field.cf_line", "C-7 <b>"),
    ("field.cf_text", "one\ntwo"),
    ("field.cf_number", "3,5"),
    ("field.cf_day", "2026-12-01"),
    ("field.cf_time", "2026-12-01T09:30"),
    ("field.cf_time.detail", "+0100"),
    ("field.cf_one", "2"),
    ("field.cf_two", "1"),
    ("field.cf_two.detail", "12"),
    ("field.cf_many", "1"),
    ("field.cf_user", "Bob Archer"),
    ("field.cf_epic", "pay-3"),
    ("field.cf_versions", "2"),
    ("field.components", "Nantes"),
    ("field.cf_labels", "one two"),
    ("field.cf_odd", "7"),
];

async fn asking() -> (Rc<TestApp>, Person, Draft, Browser) {
    let (app, alice, _) = alice_and_bob().await;
    let screen = every_kind();
    let (common, _) = screen.split_at(4);
    app.jira.set_fields(common.to_vec());
    app.jira.set_fields_of("10001", screen);
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    (app, alice, made, browser)
}

async fn put(browser: &Browser, made: &Draft, values: &[(&str, &str)]) -> Got {
    let token = browser.token("/jobs").await;
    let req = browser.request("PUT", &format!("/drafts/{}", made.id)).set_form(values);
    let req = req.insert_header(("hx-request", "true")).insert_header(("hx-target", "required-fields"));
    browser.send(req.insert_header(("x-csrf-token", token))).await
}

#[actix_web::test]
async fn every_field_has_the_control_that_fits() {
    let (_, _, made, browser) = asking().await;
    let page = browser.get(&format!("/drafts/{}/plan", made.id)).await.expect(200);
    page.shows("Référence &lt;contrat&gt; <span")
        .hides("<contrat>")
        .hides("<sud>")
        .shows(r#"<input class="input" id="field.cf_line" name="field.cf_line""#)
        .shows(r#"<textarea class="input" id="field.cf_text""#)
        .shows(r#"inputmode="decimal""#)
        .shows(r#"type="date""#)
        .shows(r#"type="datetime-local""#)
        .shows(r#"<option value="2">Nantes</option>"#)
        .shows(r#"data-cascade="field.cf_two.detail""#)
        .shows(r#"<optgroup label="Lyon &lt;sud&gt;" data-parent="1"><option value="11">Gare</option>"#)
        .shows(r#"<input type="checkbox" name="field.cf_many" value="1">"#)
        .shows(r#"<input type="checkbox" name="field.cf_versions" value="2">"#)
        .shows(r#"<input type="checkbox" name="field.components" value="Nantes">"#)
        .shows(r#"data-pick="/pick/users?project=PAY""#)
        .shows(r#"data-pick="/pick/epics?project=PAY""#)
        .shows("Jira calls this kind of field “sprint”.")
        .shows("(Story)");
}

#[actix_web::test]
async fn what_is_typed_becomes_values_of_the_stories_and_is_offered_again() {
    let (app, alice, made, browser) = asking().await;
    let mut values = VALUES.to_vec();
    values.push(("field.cf_many", "2"));
    let got = put(&browser, &made, &values).await.expect(204);
    assert_eq!(got.header("hx-redirect"), format!("/drafts/{}/plan", made.id));
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    let story = &stored.document.stories[0];
    let strings = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let text = |value: &str| FieldValue::Text(value.to_owned());
    for (id, value) in [
        ("cf_line", text("C-7 <b>")),
        ("cf_text", text("one\ntwo")),
        ("cf_number", FieldValue::Number(3.5)),
        ("cf_day", FieldValue::Date("2026-12-01".to_owned())),
        ("cf_time", text("2026-12-01T09:30:00.000+0100")),
        ("cf_one", FieldValue::Option("2".to_owned())),
        ("cf_two", FieldValue::Cascading("1".to_owned(), Some("12".to_owned()))),
        ("cf_many", FieldValue::Options(strings(&["1", "2"]))),
        ("cf_user", FieldValue::User("bob".to_owned())),
        ("cf_versions", FieldValue::Options(strings(&["2"]))),
        ("cf_labels", FieldValue::Texts(strings(&["one", "two"]))),
        ("cf_odd", text("7")),
    ] {
        assert_eq!(story.custom_fields.get(id), Some(&value), "{id}");
    }
    assert_eq!((story.epic.as_deref(), &story.components), (Some("PAY-3"), &strings(&["Nantes"])));
    browser.get(&format!("/drafts/{}/plan", made.id)).await.expect(200).shows("Create 3 issues in PAY");

    // They can be changed, and the next draft begins with them.
    let path = format!("/drafts/{}/fields", made.id);
    let filled = browser.fragment(&path, "required-fields").await.expect(200);
    let filled = filled
        .shows(r#"value="C-7 &lt;b&gt;""#)
        .shows(r#"type="datetime-local" value="2026-12-01T09:30""#)
        .shows(r#"value="+0100""#)
        .shows(r#"<option value="12" selected>Port</option>"#);
    assert!(!filled.body.contains("<b>"), "{}", filled.body);
    assert_eq!(browser.get(&path).await.expect(303).header("location"), format!("/drafts/{}/plan", made.id));
    let next = app.ready_draft(&alice, "Refund a voucher");
    browser
        .get(&format!("/drafts/{}/plan", next.id))
        .await
        .expect(200)
        .shows(r#"value="C-7 &lt;b&gt;""#)
        .shows(r#"name="field.cf_many" value="1" checked"#)
        .shows(r#"value="bob""#);
}

#[actix_web::test]
async fn what_is_wrong_is_said_with_field_problem_and_cure_and_nothing_typed_is_lost() {
    let (app, alice, made, browser) = asking().await;
    let wrong = [
        ("field.cf_line", "kept <as> typed"),
        ("field.cf_text", "kept\ntoo"),
        ("field.cf_number", "many"),
        ("field.cf_day", "soon"),
        ("field.cf_two", "2"),
        ("field.cf_two.detail", "12"),
        ("field.cf_many", "1"),
        ("field.cf_user", "Nobody Known"),
        ("field.cf_epic", "the big one"),
    ];
    let got = put(&browser, &made, &wrong).await.expect(422);
    let got = got
        .shows(r#"value="kept &lt;as&gt; typed""#)
        .shows("kept\ntoo</textarea>")
        .shows(r#"value="many""#)
        .shows(r#"name="field.cf_many" value="1" checked"#)
        .shows("Weight: “many” is not a number. Enter a number, for example 3.5.")
        .shows("Wanted on: “soon” is not a date. Enter it as 2026-05-04.")
        .shows("Place and spot: “12” is not among Jira")
        .shows("Requestor: Jira finds nobody under “Nobody Known”. Type a name and choose from the list.")
        .shows("Epic Link: “the big one” is not an issue key.")
        .shows("Place: Jira does not take the issue without it. Fill this in.");
    assert!(got.body.contains(r#"id="required-fields""#) && !got.body.contains("<html"));
    let stored = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap();
    assert_eq!(stored.version, made.version);
}

#[actix_web::test]
async fn a_draft_that_went_on_elsewhere_takes_the_values_all_the_same() {
    let (app, alice, made, browser) = asking().await;
    let mut document = made.document.clone();
    document.stories[0].stlc_notes = "changed in another tab".to_owned();
    let change = DraftChange { document: Some(document), ..DraftChange::default() };
    edit_draft(&app.ports, &app.actor(&alice), made.id, made.version, &change).unwrap();
    let mut values = VALUES.to_vec();
    values.push(("version", "1"));
    put(&browser, &made, &values).await.expect(204);
    let story = draft(&app.ports, &app.actor(&alice), made.id).unwrap().unwrap().document.stories.remove(0);
    assert_eq!(story.stlc_notes, "changed in another tab");
    assert!(story.custom_fields.contains_key("cf_line"));
}

#[actix_web::test]
async fn a_form_that_cannot_be_saved_now_stays_as_it_is() {
    let (app, alice, made, browser) = asking().await;
    let writing = app.empty_draft(&alice, "Something else");
    storywright_application::drafting::generate(&app.ports, &app.actor(&alice), writing.id).unwrap();
    let got = put(&browser, &writing, &VALUES).await.expect(409);
    assert_eq!((got.header("hx-retarget"), got.header("hx-reswap")), ("#required-problem", "innerHTML"));
    got.shows("The draft is being written at the moment").hides("<form");
    app.jira.fail(Some(storywright_domain::remote::RemoteError::Unavailable { detail: "no route".to_owned() }));
    assert_eq!(put(&browser, &made, &VALUES).await.status.as_u16(), 502);
}

#[actix_web::test]
async fn what_a_refusal_revealed_is_asked_for_with_jiras_words() {
    let (app, alice, _) = alice_and_bob().await;
    let hidden = CreateField { required: false, ..field("cf_plan", "Plan", FieldKind::TextArea, Vec::new()) };
    app.jira.set_fields_of(
        "10001",
        vec![
            field("summary", "Summary", FieldKind::Text, Vec::new()),
            field("labels", "Labels", FieldKind::Labels, Vec::new()),
            CreateField { required: false, ..field("description", "Description", FieldKind::TextArea, Vec::new()) },
            hidden,
        ],
    );
    let refusal = |field: &str, message: &str| FieldRefusal { field: field.to_owned(), message: message.to_owned() };
    let refusals =
        [refusal("cf_plan", "Le plan <est> obligatoire."), refusal("cf_secret", "Le secret est obligatoire.")];
    let place = ScreenPlace { site: "jira".to_owned(), project: "PAY".to_owned(), issue_type: "10001".to_owned() };
    app.store.write(|tx| learn(tx, &place, r#"{"fields":{}}"#, &refusals, build::NOW)).unwrap();
    let made = app.ready_draft(&alice, "Refund a card payment");
    let browser = Browser::signed_in(&app, "alice").await;
    let got = browser.fragment(&format!("/drafts/{}/fields", made.id), "").await.expect(200);
    got.shows("Jira also said: Le secret est obligatoire.").hides("<est>");
}
