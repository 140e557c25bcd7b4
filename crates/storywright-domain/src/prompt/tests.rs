//! What a prompt takes and gives.

use super::*;

fn variable(name: &str, default: &str) -> PromptVariable {
    PromptVariable { name: name.to_owned(), description: String::new(), default: default.to_owned() }
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[track_caller]
fn check(text: &str, variables: &[PromptVariable], codes: &[&str]) {
    let found = PromptBody::parse(text, variables).err().unwrap_or_default();
    let found: Vec<&str> = found.iter().map(PromptProblem::code).collect();
    assert_eq!(found, codes, "{text}");
}

#[test]
fn every_problem_of_a_text_is_told_at_once() {
    check("Write for {{who}}.", &[variable("who", "")], &[]);
    check("Write for {{ who }}.", &[variable("who", ""), variable("unused", "")], &[]);
    check(" \n ", &[], &["prompt_empty"]);
    check(&"é".repeat(4_001), &[], &["prompt_too_long"]);
    check("{{who}} and {{what}} and {{who}}", &[], &["variable_undeclared", "variable_undeclared"]);
    check("{{", &[], &["prompt_malformed"]);
    check("{{Who}} {{}} {{a b}}", &[], &["prompt_malformed"; 3]);
    check("{{ {{who}} }}", &[variable("who", "")], &["prompt_malformed"]);
    check(
        "x",
        &[variable("Who", ""), variable("a", ""), variable("a", "")],
        &["variable_name_invalid", "variable_declared_twice"],
    );
    check("x", &(0..21).map(|number| variable(&format!("v{number}"), "")).collect::<Vec<_>>(), &["too_many_variables"]);
    check("{ who } is no variable, } is none", &[], &[]);
}

#[test]
fn problems_name_the_variable_and_the_cure() {
    let problems = PromptBody::parse("For {{who}}", &[]).unwrap_err();
    assert_eq!(problems[0].to_string(), "`{{who}}` is not declared: add a variable `who`, or take it out of the text");
    let malformed = PromptBody::parse("For {{who", &[]).unwrap_err();
    assert_eq!(malformed[0].to_string(), "`{{who` is no variable: write `{{name}}` with small letters, digits and _");
    assert_eq!(malformed[0].field(), "text");
}

#[test]
fn values_are_put_in_and_defaults_step_in() {
    let body = PromptBody::parse("{{who}} in {{team}}", &[variable("who", ""), variable("team", "the team")]).unwrap();
    assert_eq!(body.render(&values(&[("who", "Ann")])), Ok("Ann in the team".to_owned()));
    assert_eq!(body.render(&values(&[("who", "Ann"), ("team", " ")])), Ok("Ann in the team".to_owned()));
    assert_eq!(body.render(&values(&[("who", "Ann"), ("team", "ops")])), Ok("Ann in ops".to_owned()));
    assert_eq!(body.preview(&values(&[])), "{{who}} in the team");
}

#[test]
fn a_value_is_never_read_as_a_template() {
    let body = PromptBody::parse("{{a}}{{b}}", &[variable("a", ""), variable("b", "")]).unwrap();
    let text = body.render(&values(&[("a", "{{b}}"), ("b", "{% raw %}")]));
    assert_eq!(text, Ok("{{b}}{% raw %}".to_owned()));
    // Not even when two values make a variable together.
    assert_eq!(body.render(&values(&[("a", "{{"), ("b", "a}}")])), Ok("{{a}}".to_owned()));
}

#[test]
fn missing_unknown_and_long_values_are_named() {
    let body = PromptBody::parse("{{a}} {{b}}", &[variable("a", ""), variable("b", "x")]).unwrap();
    let problems = body.render(&values(&[("c", "1"), ("b", &"y".repeat(1_001))])).unwrap_err();
    let found: Vec<(String, &str)> = problems.iter().map(|one| (one.field(), one.code())).collect();
    let expected =
        [("values.c", "variable_unknown"), ("values.a", "variable_missing"), ("values.b", "variable_too_long")];
    assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn a_result_may_not_outgrow_the_limit() {
    let text = "{{a}}".repeat(5);
    let body = PromptBody::parse(&text, &[variable("a", "")]).unwrap();
    assert_eq!(body.render(&values(&[("a", &"z".repeat(1_000))])), Err(vec![PromptProblem::TooLong { chars: 5_000 }]));
}

#[test]
fn control_characters_do_not_get_through() {
    let body = PromptBody::parse("A\u{0}\r\n{{a}}", &[variable("a", "")]).unwrap();
    assert_eq!(body.render(&values(&[("a", "b\u{1b}[31m")])), Ok("A\nb[31m".to_owned()));
}

#[test]
fn who_sees_what() {
    let prompt = Prompt {
        id: PromptId(1),
        owner: Some(UserId(1)),
        shared: false,
        name: "n".to_owned(),
        description: String::new(),
        version: 1,
        body: PromptBody::default(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    assert!(prompt.visible_to(UserId(1)) && !prompt.visible_to(UserId(2)));
    assert!(Prompt { shared: true, ..prompt.clone() }.visible_to(UserId(2)));
    let system = Prompt { owner: None, ..prompt };
    assert!(system.visible_to(UserId(2)));
    assert_eq!(PromptScope::of(&system, UserId(1)), PromptScope::System);
}
