//! The golden set runs: two documents of it, through server and pretend company as processes of their own.

use std::path::Path;
use std::process::Command;

#[test]
fn documents_become_figures_a_table_and_a_page() {
    let out = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_storywright-bench");
    let ran = Command::new(program)
        .args(["eval", "--documents", "001,020", "--out"])
        .arg(out.path())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    let table = String::from_utf8_lossy(&ran.stdout);
    // The other programs stand beside this one when the whole workspace is built, as `cargo xtask test` does.
    assert!(ran.status.success(), "{table}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(table.contains("001-two-line-wish") && table.contains("\nall "), "{table}");

    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.path().join("eval.json")).unwrap()).unwrap();
    let documents = report["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 2);
    for document in documents {
        assert!(document["stories"].as_u64().unwrap() > 0, "{document:#}");
        assert!(document["input_tokens"].as_u64().unwrap() > 0, "{document:#}");
        assert_eq!(document["problem"], serde_json::Value::Null);
    }
    assert_eq!(
        report["total"]["required"]["all"].as_u64().unwrap(),
        documents.iter().map(|one| one["required"]["all"].as_u64().unwrap()).sum::<u64>()
    );
    let page = std::fs::read_to_string(out.path().join("eval.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("020-kurz-urlaub") && !page.contains("<script"), "{page}");
}
