//! Prints docs/RULES.md: the criteria and codes of the story checks.

use storywright_domain::quality::{Code, Criterion};

fn main() {
    println!("# Story checks\n");
    println!(
        "Written by `cargo run -p storywright-domain --example rules_reference > docs/RULES.md`; a test compares them.\n"
    );
    println!(
        "`storywright lint` and the library `storywright_domain::quality` check each story by the criteria of the Quality User Story"
    );
    println!(
        "framework (Lucassen, Dalpiaz, van der Werf, Brinkkemper, 2016) and INVEST. Places are counted in characters of the story, from 0,"
    );
    println!("the end not included. At most five findings of a code are reported for a story.\n");
    for criterion in Criterion::ALL {
        println!("## `{}`\n", criterion.as_str());
        println!("{} ({})\n", criterion.meaning(), criterion.reference());
        println!("| code | severity | what to do | example |\n| --- | --- | --- | --- |");
        for code in Code::ALL.into_iter().filter(|code| code.criterion() == criterion) {
            let severity = code.severity().as_str();
            println!("| `{}` | {severity} | {} | {} |", code.as_str(), code.cure(), code.example());
        }
        println!();
    }
    println!("## The file of `--rules`\n");
    println!("JSON with these keys, all of them optional; config/lint-rules.schema.json is its schema.\n");
    println!("| key | value |\n| --- | --- |");
    println!(
        "| `language` | `english`, `german` or `french` for all stories; without it, each story's own is recognised |"
    );
    println!(
        "| `severity` | an object: a code or a criterion, and `error`, `warning`, `info` or `off`; a code goes before its criterion |"
    );
    println!("| `forbidden_words` | words that no story may hold, in any case: code `forbidden_word`, an error |");
    println!(
        "| `patterns` | objects with `pattern` (a regular expression of the crate `regex`), `message`, `criterion`, and if wanted `cure` and `severity`: code `team_pattern` |\n"
    );
    println!(
        "A rule set as the product exports it, or as it stands in `config/rules`, is taken too: its language, severities, words and patterns. What it asks of\nestimates, labels and required parts is not in a text, and is checked in drafts.\n"
    );
    println!(
        "`line` is the line of the file, from 1; in a Jira export it is the number of the issue, from 1. Of a row of a Markdown table the cell is taken that\nreads like a story.\n"
    );
    println!(
        "Uniform and unique look at a file as one set. 4,096 stories are held back, and hashes of 65,536 are remembered: of two doubles further"
    );
    println!(
        "apart than the first number only the later one is reported, and the template of the majority is that of the first 4,096 stories.\n"
    );
    println!(
        "The command ends with 0, with 1 when there is an error among the findings, and with 2 when a file or an argument is wrong."
    );
}
