use super::made::{docx, wrapped};

const NUMBERING: &str = r#"
    <w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
    <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>"#;

#[track_caller]
fn check(body: &str, expected: &str) {
    let styles = r#"<w:style w:styleId="H"><w:name w:val="Überschrift"/><w:basedOn w:val="Base"/></w:style>
        <w:style w:styleId="Base"><w:name w:val="base"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
        <w:style w:styleId="Loop"><w:name w:val="loop"/><w:basedOn w:val="Loop"/></w:style>
        <w:style w:styleId="Contents"><w:name w:val="TOC 1"/></w:style>
        <w:style w:styleId="Dots"><w:name w:val="dots"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>"#;
    let links = r#"<Relationships><Relationship Id="r1" Type="x/hyperlink" Target="https://corp.example/a b"/>
        <Relationship Id="r2" Type="x/hyperlink" Target="javascript:alert(1)"/></Relationships>"#;
    let file = docx(body, styles)
        .part("word/numbering.xml", &wrapped("numbering", NUMBERING))
        .part("word/_rels/document.xml.rels", links)
        .part(
            "word/footnotes.xml",
            &wrapped(
                "footnotes",
                &format!(
                    r#"<w:footnote w:id="0">{}</w:footnote><w:footnote w:id="3">{}</w:footnote>"#,
                    p("", "never"),
                    p("", "by law")
                ),
            ),
        );
    assert_eq!(super::markdown(&file.archive()).unwrap(), expected);
}

fn p(properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn item(list: u8, level: u8, text: &str) -> String {
    p(&format!(r#"<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr>"#), text)
}

#[test]
fn headings_come_from_outline_levels_in_any_language() {
    check(&p(r#"<w:pStyle w:val="H"/>"#, "Ziel"), "## Ziel");
    check(&p(r#"<w:outlineLvl w:val="0"/>"#, "Ziel"), "# Ziel");
    check(&p(r#"<w:pStyle w:val="Loop"/>"#, "Text"), "Text");
    check(&p(r#"<w:pStyle w:val="Contents"/>"#, "Ziel ... 3"), "");
}

#[test]
fn lists_nest_and_go_on_counting() {
    let body =
        [item(1, 0, "one"), item(1, 1, "a"), item(1, 1, "b"), item(1, 0, "two"), p("", "between"), item(1, 0, "three")];
    check(&body.concat(), "1. one\n   1. a\n   2. b\n2. two\n\nbetween\n\n3. three");
    check(&[item(2, 0, "dot"), item(0, 0, "none")].concat(), "- dot\n\nnone");
    check(&p(r#"<w:pStyle w:val="Dots"/>"#, "styled"), "- styled");
}

#[test]
fn what_nobody_sees_is_left_out() {
    let run = |properties: &str, text: &str| {
        format!("<w:r><w:rPr>{properties}</w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
    };
    let body = format!(
        "<w:p>{}{}<w:del>{}</w:del><w:ins>{}</w:ins></w:p>",
        run("<w:b/>", "seen "),
        run("<w:vanish/>", "hidden "),
        run("", "deleted "),
        run(r#"<w:b w:val="0"/><w:i/>"#, "added")
    );
    check(&body, "**seen** _added_");
}

#[test]
fn links_lead_only_where_links_may() {
    let link = |id: &str, text: &str| {
        format!(r#"<w:p><w:hyperlink r:id="{id}"><w:r><w:t>{text}</w:t></w:r></w:hyperlink></w:p>"#)
    };
    check(&link("r1", "there"), "[there](https://corp.example/a%20b)");
    check(&link("r2", "click"), "click");
    check(&link("r9", "gone"), "gone");
}

#[test]
fn tables_keep_their_cells() {
    let cell = |properties: &str, inner: &str| format!("<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>");
    let head =
        format!("<w:tr><w:trPr><w:tblHeader/></w:trPr>{}{}</w:tr>", cell("", &p("", "Key")), cell("", &p("", "Value")));
    let wide =
        format!("<w:tr>{}</w:tr>", cell(r#"<w:gridSpan w:val="2"/>"#, &[p("", "one"), item(2, 0, "two")].concat()));
    check(&format!("<w:tbl>{head}{wide}</w:tbl>"), "| Key | Value |\n| --- | --- |\n| one<br>• two |  |");
    check(&format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", cell("", &item(1, 0, "in a box"))), "1. in a box");
}

#[test]
fn footnotes_and_text_boxes_stand_with_the_text() {
    let note = r#"<w:p><w:r><w:t>Keep it ten years</w:t></w:r><w:r><w:footnoteReference w:id="3"/></w:r></w:p>"#;
    check(note, "Keep it ten years[^3]\n\n[^3]: by law");
    let boxed = |text: &str| format!("<w:pict><w:txbxContent>{}</w:txbxContent></w:pict>", p("", text));
    let both = format!(
        "<w:p><w:r><w:t>Text</w:t><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:r></w:p>",
        boxed("in the box"),
        boxed("in the box")
    );
    check(&both, "Text\n\nin the box");
}
