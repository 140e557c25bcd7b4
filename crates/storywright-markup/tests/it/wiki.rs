//! Jira's markup as it is read: each construct and the Markdown that says the same.

use storywright_markup::{parse_markdown, parse_wiki, render_markdown, wiki_to_markdown};

#[track_caller]
fn check(wiki: &str, markdown: &str) {
    assert_eq!(wiki_to_markdown(wiki), markdown, "for {wiki:?}");
    assert_eq!(parse_markdown(markdown), parse_wiki(wiki), "for {markdown:?}");
}

#[test]
fn headings_rules_and_paragraphs() {
    check("h1. One\nh6. Six", "# One\n\n###### Six");
    check("h7. no\nh2.no\nxh2. no", "h7. no\\\nh2.no\\\nxh2. no");
    check("one\ntwo\\\\three\n\nfour", "one\\\ntwo\\\nthree\n\nfour");
    check("a\n----\nb", "a\n\n---\n\nb");
    check("a --- b -- c", "a — b – c");
}

#[test]
fn marks() {
    check(
        "*b* _e_ -d- +i+ ^s^ ~u~ ??c?? {{m}}",
        "**b** _e_ ~~d~~ <ins>i</ins> <sup>s</sup> <sub>u</sub> <cite>c</cite> `m`",
    );
    check("un{*}believ{*}able H{~}2{~}O", "un**believ**able H<sub>2</sub>O");
    check("*a _b_ c* _*x*_", "**a _b_ c** _**x**_");
    check("2 * 3 * 4 snake_case a-b-c 1+2+3 * no *", "2 * 3 * 4 snake_case a-b-c 1+2+3 * no \\*");
    check("*never closed, _nor this", "\\*never closed, \\_nor this");
    check("*ends with\nits line*", "\\*ends with\\\nits line\\*");
    check("*(a)*, \"*b*\", (*c*)", "**(a)**, \"**b**\", (**c**)");
    check("\\*a\\* \\{b\\} \\[c\\]", "\\*a\\* {b} \\[c\\]");
    check("{{a\\_b}} {{\\{x\\}}} {{*y*}}", "`a_b` `{x}` `*y*`");
}

#[test]
fn pictures_and_references_become_characters() {
    check("(/) (x) (!) (i) (?) (y) (n) :) :( ;) :D", "✅ ❌ ⚠️ ℹ️ ❓ 👍 👎 🙂 🙁 😉 😀");
    check("\\(x) f(x) key:Data", "(x) f(x) key:Data");
    check("AT&amp;T &copy; C:&bsol;x &#42; &bogus; R&D", "AT&T © C:\\x * \\&bogus; R&D");
}

#[test]
fn colors_and_anchors_leave_their_text() {
    check("{color:red}*a*{color} {color:#fff}b{color}{anchor:x}", "**a** b");
    check("{toc} {jira:PAY-1}", "{toc} {jira:PAY-1}");
}

#[test]
fn lists_of_any_nesting() {
    check("* a\n** b\n*** c\n* d", "- a\n  - b\n    - c\n- d");
    check("# a\n#* b\n#* c\n# d", "1. a\n   - b\n   - c\n2. d");
    check("*# a\n*# b", "- 1. a\n  2. b");
    check("* a\n*# b\n** c", "- a\n  1. b\n\n  - c");
    check("- a\n- b", "- a\n- b");
    check("* a\n# b", "- a\n\n1. b");
    check("* a\nmore\n* b", "- a\\\n  more\n- b");
    check("* a \\\\ \\\\ second\n* b", "- a\n\n  second\n\n- b");
    check("* [ ] a\n* \\[x\\] b\n* [x]", "- [ ] a\n- [x] b\n- \\[x\\]");
    check("-- no", "– no");
}

#[test]
fn tables() {
    check("||a||b||\n|1|2|", "| a | b |\n| --- | --- |\n| 1 | 2 |");
    check("|1|2|", "|  |  |\n| --- | --- |\n| 1 | 2 |");
    check("||k|v|", "|  |  |\n| --- | --- |\n| **k** | v |");
    check(
        "|a \\| b|[x|https://x.example]|!a.png|thumb!|",
        "|  |  |  |\n| --- | --- | --- |\n| a \\| b | [x](https://x.example) | ![](a.png) |",
    );
    check("|a\nb|c\\\\d|", "|  |  |\n| --- | --- |\n| a<br>b | c<br>d |");
    check("|{code:json}\n{\"a\"|1}\n{code}|x|", "|  |  |\n| --- | --- |\n| `{\"a\"\\|1}` | x |");
    check("||a||\n|1|\n\n|2|", "| a |\n| --- |\n| 1 |\n\n|  |\n| --- |\n| 2 |");
}

#[test]
fn code_quotes_and_panels() {
    check("{code:java}\nint *x*;\n{code}", "```java\nint *x*;\n```");
    check("{code:title=A.java|borderStyle=solid|java}x{code}", "```java title=\"A.java\"\nx\n```");
    check("{code}\nx\n{code}", "```\nx\n```");
    check("{code:none|title=rust}\nx\n{code}", "```rust\nx\n```");
    check("{noformat}\n{code}\n{noformat}", "```\n{code}\n```");
    check("a {noformat}b{noformat} c", "a\n\n```\nb\n```\n\nc");
    check("bq. said", "> said");
    check("{quote}\na\n\n* b\n{quote}", "> a\n>\n> - b");
    check("{panel:title=T|bgColor=#fff}\nx\n{panel}", "> [!PANEL] T\n> x");
    check("{info}a{info}\n{warning:title=W}b{warning}", "> [!INFO]\n> a\n\n> [!WARNING] W\n> b");
    check("{quote}never closed", "{quote}never closed");
    check("{quote}a{panel}b{quote}c", "> a{panel}b\n\nc");
    check("# a\n{code}\nx\n{code}\n# b", "1. a\n\n   ```\n   x\n   ```\n\n2. b");
}

#[test]
fn links_pictures_people_and_files() {
    check("[a|https://x.example/b] [https://x.example]", "[a](https://x.example/b) <https://x.example>");
    check("[*a*|https://x.example|tip]", "[**a**](https://x.example)");
    check("[~bob] [^a b.txt] [c|#d]", "[~bob] [a b.txt](<attachment:a b.txt>) [c](#d)");
    check("[x|javascript:y] [z] []", "\\[x|javascript:y\\] \\[z\\] \\[\\]");
    check("!a.png! !b.jpg|thumbnail! !c.gif|alt=The flow,width=3!", "![](a.png) ![](b.jpg) ![The flow](c.gif)");
    check("Stop!now!please! !x!", "Stop!now!please! !x!");
    check("https://x.example/a_b-c_d.", "https://x.example/a_b-c_d.");
}

#[test]
fn what_is_no_markup_is_text() {
    for text in ["", " ", "\n\n", "{", "}", "[", "|", "||", "!", "\\", "*", "#", "h1.", "bq.", "{code", "{{", "&"] {
        let markdown = render_markdown(&parse_wiki(text));
        assert_eq!(parse_markdown(&markdown), parse_wiki(text), "for {text:?}");
    }
}
