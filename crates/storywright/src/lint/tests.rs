//! Tests of reading, rules and printing.

use super::*;
use std::io::Cursor;

fn read_all(text: &str, format: Format, column: Option<&str>) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let source = Box::new(Cursor::new(text.as_bytes().to_vec()));
    input::read(source, format, column, &mut |item| {
        found.push((item.line, item.story));
        Ok(())
    })
    .unwrap();
    found
}

fn output(text: &str, format: OutputFormat, rules: &str) -> (String, bool) {
    let rules = LintRules::parse(rules).unwrap();
    let mut written = Vec::new();
    let mut out = Output::new(format, &mut written).unwrap();
    let mut progress = Progress { count: 0, shown: false };
    let path = Path::new("back log.txt");
    let mut linter =
        Linter { rules: &rules, output: &mut out, set: Set::default(), name: path, progress: &mut progress };
    input::read(Box::new(Cursor::new(text.as_bytes().to_vec())), Format::Text, None, &mut |item| linter.take(item))
        .unwrap();
    linter.finish().unwrap();
    let errors = out.finish().unwrap();
    (String::from_utf8(written).unwrap(), errors)
}

#[test]
fn a_line_is_a_story_and_blank_lines_are_none() {
    let found = read_all("\u{feff}one\n\n  two  \r\nthree", Format::Text, None);
    assert_eq!(found, [(1, "one".to_owned()), (3, "two".to_owned()), (4, "three".to_owned())]);
}

#[test]
fn markdown_gives_items_and_what_reads_like_a_story() {
    let text = "# Backlog\n\nSome words.\n\n## As a reader, I want to rate a book\n- As a clerk, I want to file\n  a claim\n- Login\n\n```\n- code\n```\n### Acceptance criteria\n- A claim has a number\n\nAs a nurse\nI want to sign\nso that it counts\n";
    let found: Vec<String> = read_all(text, Format::Markdown, None).into_iter().map(|(_, story)| story).collect();
    assert_eq!(
        found,
        [
            "As a reader, I want to rate a book",
            "As a clerk, I want to file a claim",
            "Login",
            "As a nurse I want to sign so that it counts"
        ]
    );
}

#[test]
fn markdown_tables_and_quotes_are_read_by_themselves() {
    let text = "| no | story | points |\n| --- | --- | --- |\n| 1 | As a nurse, I want to sign, so that it counts | 3 |\n\n- As a clerk, I want to file a claim\n> As a guest, I want to book\n> a room, so that I can stay\n";
    let mut found = Vec::new();
    input::read(Box::new(Cursor::new(text.as_bytes().to_vec())), Format::Markdown, None, &mut |item| {
        found.push((item.line, item.column, item.story));
        Ok(())
    })
    .unwrap();
    let expected = [
        (3, 6, "As a nurse, I want to sign, so that it counts"),
        (5, 2, "As a clerk, I want to file a claim"),
        (6, 0, "As a guest, I want to book a room, so that I can stay"),
    ];
    assert_eq!(found, expected.map(|(line, column, story)| (line, column, story.to_owned())));
}

#[test]
fn a_rule_set_of_the_product_is_a_file_of_rules() {
    let set = include_str!("../../../../config/rules/default.json");
    LintRules::parse(set).unwrap();
    let mut team: serde_json::Value = serde_json::from_str(set).unwrap();
    team["$schema"] = "https://storywright.example/rule-set.schema.json".into();
    team["forbidden_words"] = serde_json::json!(["ASAP"]);
    team["severity"] = serde_json::json!({"no_ends": "off", "summary_over_limit": "info"});
    let (text, errors) = output("As a clerk, I want to file a claim asap\n", OutputFormat::Text, &team.to_string());
    assert!(errors && text.contains("forbidden_word") && !text.contains("ends_absent"), "{text}");
    team["severity"] = serde_json::json!({"nonsense": "off"});
    let problem = LintRules::parse(&team.to_string()).err().unwrap();
    assert!(problem.contains("severity"), "{problem}");
}

#[test]
fn tables_are_read_by_their_header() {
    let text = "Key;User Story\nA-1;\"As a clerk, I want \"\"this\"\"\nclaim; now\"\n\nA-2;Second\n";
    assert_eq!(
        read_all(text, Format::Csv, None),
        [(2, "As a clerk, I want \"this\" claim; now".to_owned()), (5, "Second".to_owned())]
    );
    assert_eq!(read_all("id,what\n1,x\n", Format::Csv, Some("What")), [(2, "x".to_owned())]);
    assert_eq!(
        read_all("1,As a clerk I want a desk\n", Format::Csv, None),
        [(1, "As a clerk I want a desk".to_owned())]
    );
}

#[test]
fn a_jira_export_gives_a_story_for_each_issue() {
    let text = r#"{"total": 2, "issues": [{"key": "A-1", "fields": {"summary": "Claims", "description": "Intro.\n\nAs a clerk I want to file a claim so that it is paid."}},
        {"fields": {"summary": "Login", "description": null}}], "names": {}}"#;
    assert_eq!(
        read_all(text, Format::Jira, None),
        [(1, "As a clerk I want to file a claim so that it is paid.".to_owned()), (2, "Login".to_owned())]
    );
    assert_eq!(read_all(r#"[{"summary": "Login"}]"#, Format::Jira, None), [(1, "Login".to_owned())]);
}

#[test]
fn json_lines_have_the_agreed_form() {
    let (written, errors) = output("As a clérk, I want to file claims (soon).\n", OutputFormat::Json, "{}");
    let line: serde_json::Value = serde_json::from_str(written.trim()).unwrap();
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["line", "story", "role", "means", "ends", "findings"]);
    assert_eq!(line["role"], "clérk");
    assert!(line["ends"].is_null());
    let finding =
        line["findings"].as_array().unwrap().iter().find(|finding| finding["criterion"] == "minimal").unwrap();
    let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "criterion", "severity", "field", "start", "end", "message", "cure"]);
    let characters: String = line["story"].as_str().unwrap().chars().skip(34).take(6).collect();
    assert_eq!((&finding["start"], &finding["end"], characters.as_str()), (&json(34), &json(40), "(soon)"));
    assert!(!errors);
}

fn json(number: u64) -> serde_json::Value {
    number.into()
}

#[test]
fn a_sarif_log_is_one_document() {
    let (written, errors) = output("Login\nAs a clerk, I want to file claims.\n", OutputFormat::Sarif, "{}");
    let log: serde_json::Value = serde_json::from_str(&written).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(errors && results.len() > 2);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(results.iter().all(|result| rules.iter().any(|rule| rule["id"] == result["ruleId"])));
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "back%20log.txt");
}

#[test]
fn a_team_has_its_own_severities_words_and_patterns() {
    let rules = r#"{"severity": {"no_ends": "error", "minimal": "off"}, "forbidden_words": ["blacklist"],
        "patterns": [{"pattern": "claim$", "message": "m", "criterion": "estimable"}]}"#;
    let (written, errors) = output("As a clerk, I want to blacklist a claim\n", OutputFormat::Text, rules);
    assert!(errors);
    for code in ["no_ends/ends_absent", "unambiguous/forbidden_word", "estimable/team_pattern"] {
        assert!(written.contains(code), "{written}");
    }
    for wrong in [
        r#"{"severity": {"nope": "off"}}"#,
        r#"{"patterns": [{"pattern": "(", "message": "m", "criterion": "atomic"}]}"#,
        r#"{"typo": 1}"#,
    ] {
        assert!(LintRules::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_schema_of_the_rules_names_every_code_and_criterion() {
    use storywright_domain::quality::{Code, Criterion};
    let text = include_str!("../../../../config/lint-rules.schema.json");
    let schema: serde_json::Value = serde_json::from_str(text).unwrap();
    let expected: Vec<&str> = Criterion::ALL
        .iter()
        .map(|criterion| criterion.as_str())
        .chain(Code::ALL.iter().map(|code| code.as_str()))
        .collect();
    assert_eq!(schema["properties"]["severity"]["propertyNames"]["enum"], serde_json::json!(expected));
    let file = serde_json::to_value(rules::example()).unwrap();
    let keys = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(keys(&schema["properties"]), keys(&file));
    assert_eq!(keys(&schema["properties"]["patterns"]["items"]["properties"]), keys(&file["patterns"][0]));
}

#[test]
fn the_reference_is_up_to_date() {
    let reference = include_str!("../../../../docs/RULES.md");
    for code in storywright_domain::quality::Code::ALL {
        for word in
            [format!("| `{}` | ", code.as_str()), format!("| {} |", code.cure()), format!("| {} |", code.example())]
        {
            assert!(reference.contains(&word), "docs/RULES.md lacks {word}: write it anew, as its head says");
        }
    }
}
