//! Settings without an environment.

use super::*;
use std::collections::HashMap;

fn read(config: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let mut map: HashMap<String, String> =
        variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    map.insert("STORYWRIGHT_CONFIG".to_owned(), folder.path().display().to_string());
    Settings::read(&|name| map.get(name).cloned())
}

#[test]
fn the_environment_overrides_the_file() {
    let config = r#"{"server":{"listen":"127.0.0.1:1000","session_idle_minutes":15},"llm":{"anything":1}}"#;
    let settings = read(config, &[("STORYWRIGHT_LISTEN", "127.0.0.1:2000")]).unwrap();
    assert_eq!((settings.listen.port(), settings.session_idle), (2_000, Millis::minutes(15)));
    assert_eq!(settings.public_url, "http://127.0.0.1:2000");
    assert_eq!((settings.tools_ttl, settings.source_chars), (Millis::hours(6), 300_000));
    let config = r#"{"server":{"tools_ttl_minutes":30,"source_chars":50000}}"#;
    let settings = read(config, &[("STORYWRIGHT_SOURCE_CHARS", "60000")]).unwrap();
    assert_eq!((settings.tools_ttl, settings.source_chars), (Millis::minutes(30), 60_000));
}

#[test]
fn a_wrong_setting_names_key_problem_and_cure() {
    for (config, variables, words) in [
        (r#"{"server":{"listn":"x"}}"#, vec![], vec!["config.json", "line 1", "listn", "SETTINGS.md"]),
        ("{}", vec![("STORYWRIGHT_LISTEN", "eighty")], vec!["STORYWRIGHT_LISTEN", "eighty", "127.0.0.1:8080"]),
        ("{}", vec![("STORYWRIGHT_SESSION_IDLE_MINUTES", "0")], vec!["SESSION_IDLE", "from 5 to 120"]),
        ("{}", vec![("STORYWRIGHT_JOB_LEASE_SECONDS", "60")], vec!["job_lease_seconds", "create timeout"]),
        ("{}", vec![("STORYWRIGHT_TOOLS_TTL_MINUTES", "0")], vec!["tools_ttl_minutes", "0 is out", "from 1 to 10080"]),
        ("{}", vec![("STORYWRIGHT_SOURCE_CHARS", "many")], vec!["SOURCE_CHARS", "`many`", "from 10000 to 4000000"]),
        (r#"{"server":{"source_chars":9999}}"#, vec![], vec!["source_chars", "9999 is out of range"]),
        ("{}", vec![("STORYWRIGHT_SITES", "[{}]")], vec!["STORYWRIGHT_SITES", "missing field"]),
        ("{}", vec![("STORYWRIGHT_MCP_SERVERS", "[{}]")], vec!["STORYWRIGHT_MCP_SERVERS", "missing field"]),
        (
            r#"{"mcp_servers":[{"id":"j","name":"J","purpose":"jira","url":"https://mcp.example/mcp","headers":{"Authorization":"Token {{pat}}"}}]}"#,
            vec![],
            vec!["mcp_servers", "`j`", "`{{pat}}` is not known", "jira_pat"],
        ),
        (
            r#"{"mcp_servers":[{"id":"j","name":"J","purpose":"jira","url":"http://mcp.example/mcp"}]}"#,
            vec![],
            vec!["mcp_servers", "use https, or set allow_http"],
        ),
        (
            r#"{"server":{"price_input_per_million":1e-9}}"#,
            vec![],
            vec!["server.price_input_per_million", "no amount of money", "2.50"],
        ),
        ("{}", vec![("STORYWRIGHT_DAILY_COST_PER_PERSON", "5 EUR")], vec!["DAILY_COST_PER_PERSON", "`5 EUR`"]),
        ("{}", vec![("DATABASE_URL", "postgres://x")], vec!["DATABASE_URL", "SQLite"]),
        ("{}", vec![("STORYWRIGHT_PUBLIC_URL", "ftp://x")], vec!["PUBLIC_URL", "https://"]),
    ] {
        let message = read(config, &variables).unwrap_err().to_string();
        for word in words {
            assert!(message.contains(word), "{message} lacks {word}");
        }
    }
}

#[test]
fn mcp_servers_are_read_with_their_headers() {
    let config = r#"{"mcp_servers":[{"id":"mcp-jira","name":"Jira tools","purpose":"jira","url":"https://mcp.corp.example/mcp",
        "headers":{"Authorization":"Token {{jira_pat}}"},"projects":["PAY"]}]}"#;
    let settings = read(config, &[]).unwrap();
    let [server] = settings.mcp_servers.as_slice() else { panic!("{:?}", settings.mcp_servers) };
    assert_eq!((server.id.as_str(), server.projects.as_slice()), ("mcp-jira", &["PAY".to_owned()][..]));
    let twice = format!("[{0},{0}]", serde_json::to_string(server).unwrap());
    let refused = read("{}", &[("STORYWRIGHT_MCP_SERVERS", &twice)]).unwrap_err().to_string();
    assert!(refused.contains("`mcp-jira` is listed twice"), "{refused}");
}

#[test]
fn prices_are_read_as_written() {
    let config = r#"{"server":{"price_input_per_million":2.5,"price_output_per_million":10,"daily_cost_per_person":4.99,"currency":"EUR"}}"#;
    let settings = read(config, &[("STORYWRIGHT_PRICE_OUTPUT_PER_MILLION", "12.345678")]).unwrap();
    assert_eq!((settings.price.input_micros, settings.price.output_micros), (2_500_000, 12_345_678));
    assert_eq!((settings.daily_cost_micros, settings.currency.as_str()), (4_990_000, "EUR"));
    assert!(read("{}", &[]).unwrap().price.is_free());
}

#[test]
fn the_reference_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        reference(),
        "run `cargo run -p storywright -- settings > docs/SETTINGS.md`"
    );
}
