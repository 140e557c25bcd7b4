//! Pages of Confluence and the Markdown that they become. The files beside each other are the snapshots.

use std::fs;
use std::path::{Path, PathBuf};
use storywright_markup::{html_to_markdown, parse_html, parse_markdown, render_markdown, render_wiki};

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/confluence");
    let mut pages: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "html"));
    pages.sort();
    pages
}

/// Writes the snapshots anew. Read what changed before it is committed: `cargo test -p storywright-markup -- --ignored rewrite`.
#[test]
#[ignore = "writes the files that the test below compares with"]
fn rewrite_the_snapshots() {
    for page in pages() {
        let html = fs::read_to_string(&page).unwrap();
        fs::write(page.with_extension("md"), html_to_markdown(&html) + "\n").unwrap();
    }
}

#[test]
fn pages_become_the_markdown_beside_them() {
    assert!(pages().len() >= 10);
    for page in pages() {
        let html = fs::read_to_string(&page).unwrap();
        let markdown = html_to_markdown(&html);
        let expected = fs::read_to_string(page.with_extension("md")).unwrap_or_default();
        assert_eq!(markdown, expected.trim_end_matches('\n'), "{}: what it becomes is\n{markdown}\n", page.display());

        let tree = parse_html(&html);
        assert_eq!(parse_markdown(&markdown), tree, "{}", page.display());
        // What was read can be written into an issue.
        let wiki = render_wiki(&tree);
        let lost: Vec<String> = wiki.notes.iter().map(ToString::to_string).collect();
        assert!(wiki.notes.len() <= 4, "{}: {lost:?}", page.display());
    }
}

#[track_caller]
fn check(html: &str, markdown: &str) {
    let tree = parse_html(html);
    assert_eq!(render_markdown(&tree), markdown, "for {html}");
    assert_eq!(parse_markdown(markdown), tree, "for {html}");
}

#[test]
fn what_a_reader_does_not_see_is_dropped() {
    check("a<script>x<b></script><style>p{}</style><!-- c --> b", "a b");
    check("<p style='display: none'>x</p><p hidden>y</p><span class='assistive'>z</span><p>seen</p>", "seen");
    check("<head><title>t</title></head><body>b</body>", "b");
    check("<div class='toc-macro'><ul><li>Goal</li></ul></div><h2 id='x'>Goal</h2>", "## Goal");
}

#[test]
fn lines_and_marks() {
    check("<p>a<br>b</p><p></p><p>&nbsp;</p><p> c\n d </p>", "a\\\nb\n\nc d");
    check(
        "<b>a</b> <i>b</i> <u>c</u> <s>d</s> x<sup>2</sup> H<sub>2</sub>O",
        "**a** _b_ <ins>c</ins> ~~d~~ x<sup>2</sup> H<sub>2</sub>O",
    );
    check("<code>a|b</code> <kbd>Ctrl</kbd> <tt>x_y</tt>", "`a|b` `Ctrl` `x_y`");
    check("<span class='status-macro aui-lozenge'>OPEN</span>", "**OPEN**");
    check("1 &lt; 2 &amp;&amp; *no* _no_ [no] # no", "1 < 2 && \\*no\\* \\_no\\_ \\[no\\] # no");
}

#[test]
fn links_pictures_people_and_emoticons() {
    check(
        "<a href='https://x.example/?a=1&amp;b=2'>x</a> <a href='#top'>top</a>",
        "[x](https://x.example/?a=1&b=2) top",
    );
    check("<a href='javascript:alert(1)'>x</a> <a href=' DATA:text/html,x'>y</a>", "x y");
    check("<a class='confluence-userlink user-mention' href='/display/~E1'>Ann Lee</a>", "@Ann Lee");
    check(
        "<img class='emoticon emoticon-tick' alt='(tick)' src='t.svg'/> <img class='emoticon' data-emoji-fallback='🎉'>",
        "✅ 🎉",
    );
    check("<img src='/download/attachments/1/My%20shot.png?version=1' alt='My shot.png'>", "![](<My shot.png>)");
    check("<img src='https://x.example/a.png' alt='The flow'>", "![The flow](a.png)");
    check("<a href='https://x.example'><img src='a.png'></a>", "[![](a.png)](https://x.example)");
}

#[test]
fn blocks() {
    check("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", "- a\n  - b\n\n- c\n\n  d");
    check("<ul><li>a<li>b</ul><ol start=3><li>c</ol>", "- a\n- b\n\n3. c");
    check("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b");
    check("<ul class='inline-task-list'><li class='checked'>a</li><li>b</li></ul>", "- [x] a\n- [ ] b");
    check("<ul><li><input type='checkbox' checked> a</li></ul>", "- [x] a");
    check("<blockquote><p>a</p><p>b</p></blockquote><hr><h3>c</h3>", "> a\n>\n> b\n\n---\n\n### c");
    check("<dl><dt>Term</dt><dd>Meaning</dd></dl>", "**Term**\n\nMeaning");
    check("<pre>a\n  b</pre><pre class='language-rust'><code>fn</code></pre>", "```\na\n  b\n```\n\n```rust\nfn\n```");
    check("<details><summary>More</summary><p>x</p></details>", "**More**\n\nx");
    check("<div>a</div><div>b<div>c</div>d</div>", "a\n\nb\n\nc\n\nd");
}

#[test]
fn tables() {
    check("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "| a | b |\n| --- | --- |\n| 1 | 2 |");
    check(
        "<table><tr><td colspan=2>1</td><td rowspan=2>2</td></tr><tr><td>3</td><td>4</td></tr></table>",
        "|  |  |  |\n| --- | --- | --- |\n| 1 |  | 2 |\n| 3 | 4 |  |",
    );
    check("<table><tr><th>k</th><td>v</td></tr></table>", "|  |  |\n| --- | --- |\n| **k** | v |");
    check(
        "<table><tr><th>a</th></tr><tr><td><p>x</p><ul><li>y</li><li>z|</li></ul><pre>c\nd</pre></td></tr></table>",
        "| a |\n| --- |\n| x<br>• y<br>• z\\|<br>`c`<br>`d` |",
    );
    check(
        "<table><tr><th>a</th></tr><tr><td>x<table><tr><td>1</td><td>2</td></tr></table></td></tr></table>",
        "| a |\n| --- |\n| x<br>1 \\| 2 |",
    );
    check(
        "<table><tr><td colspan=999999999>x</td></tr></table>",
        &format!("|{}\n|{}\n| x |{}", "  |".repeat(100), " --- |".repeat(100), "  |".repeat(99)),
    );
}
