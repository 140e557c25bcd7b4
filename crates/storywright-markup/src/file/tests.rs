//! Files of real programs from `corpus/files`, and files that were made to do harm.

use super::word::made::{Made, docx};
use super::*;
use std::io::Write as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/files").join(name)).unwrap()
}

#[track_caller]
fn text(file: &[u8]) -> String {
    read_file(file).unwrap().text
}

#[track_caller]
fn refused(file: &[u8], expected: FileProblem) {
    assert_eq!(read_file(file), Err(expected));
}

#[test]
fn a_word_document_of_another_program_arrives_whole() {
    let read = read_file(&corpus("refunds.docx")).unwrap();
    assert_eq!(read.kind, FileKind::Word);
    let expected = "# Card refunds\n\n# Goal\n\nMoney goes back within **14 days**. “Partly” counts & so does \\<all>.\n\n## Rules\n\n\
        - A lead approves more than 500 euros.\n- Nobody approves their own refund.\n- below a bullet\n\n1. Ask.\n2. Approve.\n3. Pay.\n\n\
        | Amount | Who approves |\n| --- | --- |\n| up to 500 | nobody |\n| more \\| less | a lead |\n\nÇà et là, 退款 and Ω.";
    assert_eq!(read.text, expected);
}

#[test]
fn pdfs_of_two_programs_arrive_whole() {
    let read = read_file(&corpus("refunds.pdf")).unwrap();
    assert_eq!(read.kind, FileKind::Pdf);
    for words in ["Card refunds", "Money goes back within 14 days.", "Nobody approves their own refund."] {
        assert!(read.text.contains(words), "{words}: {}", read.text);
    }
    let other = text(&corpus("chromium.pdf"));
    for words in
        ["Money goes back within 14 days", "“Quotes”, fi ligature: office. Ω é", "A lead approves", "up to 500"]
    {
        assert!(other.contains(words), "{words}: {other}");
    }
}

#[test]
fn a_pdf_that_cannot_be_read_says_why() {
    refused(&corpus("protected.pdf"), FileProblem::Protected);
    refused(&corpus("scanned.pdf"), FileProblem::NoText);
    assert!(text(&corpus("owner-only.pdf")).contains("Readable refunds"), "no password is needed to read it");
    refused(b"%PDF-1.7\n\x80\x81 nothing else", FileProblem::Damaged(FileKind::Pdf));
    let whole = corpus("refunds.pdf");
    refused(&whole[..whole.len() / 2], FileProblem::Damaged(FileKind::Pdf));
}

#[test]
fn no_byte_of_a_pdf_can_take_the_reader_down() {
    let whole = corpus("refunds.pdf");
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    for _ in 0..300 {
        let mut file = whole.clone();
        for _ in 0..=next() % 6 {
            let at = next() % file.len();
            file[at] = u8::try_from(next() % 256).unwrap();
        }
        let _ = read_file(&file);
    }
}

#[test]
fn text_is_read_in_encodings_that_can_be_told_for_certain() {
    let check = |file: &[u8], expected: &str| assert_eq!(text(file), expected);
    check("a\r\nb\rc é".as_bytes(), "a\nb\nc é");
    check("\u{feff}with a mark".as_bytes(), "with a mark");
    let utf16 = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain("Ω 退款 😀".encode_utf16().flat_map(unit)).collect()
    };
    check(&utf16(u16::to_le_bytes, [0xff, 0xfe]), "Ω 退款 😀");
    check(&utf16(u16::to_be_bytes, [0xfe, 0xff]), "Ω 退款 😀");
    check(b"line  \nnext   \n\n\n\nlast \t\n\n", "line  \nnext  \n\nlast");
    check("hid\u{200b}den \u{202e}order\u{e0041}".as_bytes(), "hidden order");
    check(b"The header %PDF- begins a PDF.", "The header %PDF- begins a PDF.");
    refused(b"caf\xe9 cr\xe8me", FileProblem::Encoding);
    refused(&"no mark".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), FileProblem::Encoding);
    refused(b"\xff\xfea", FileProblem::Encoding);
    refused(b"\xff\xfe\x00\xd8", FileProblem::Encoding);
    refused(b"", FileProblem::Empty);
    refused(b" \n\t ", FileProblem::Empty);
    refused("\u{feff}".as_bytes(), FileProblem::Empty);
    refused(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0\x01\0\0\0", FileProblem::OtherKind);
    refused(b"GIF89a\x01\0\x01\0\x80\x01\0\xff\xff\xff\0\0\0", FileProblem::OtherKind);
    refused(b"x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE", FileProblem::PrivateKey);
    refused(&vec![b'a'; MAX_FILE_BYTES + 1], FileProblem::TooLarge);
}

#[test]
fn what_is_no_word_document_is_not_taken_for_one() {
    refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more", FileProblem::OldOffice);
    refused(b"PK\x03\x04 and no archive", FileProblem::Damaged(FileKind::Word));
    refused(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", FileProblem::OtherArchive);
    refused(&Made::default().part("notes.txt", "x").archive(), FileProblem::OtherArchive);
    let relations =
        r#"<Relationships><Relationship Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let sheet = Made::default().part("_rels/.rels", relations).part("xl/workbook.xml", "<workbook/>");
    refused(&sheet.archive(), FileProblem::OtherArchive);
    refused(&Made::default().part("_rels/.rels", relations).archive(), FileProblem::Damaged(FileKind::Word));
    refused(&docx("<w:p>", "").archive(), FileProblem::Damaged(FileKind::Word));
    let whole = docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>", "").archive();
    refused(&whole[..whole.len() - 30], FileProblem::Damaged(FileKind::Word));
}

#[test]
fn xml_brings_no_entities_of_its_own() {
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>";
    let external = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>";
    for attack in [laughs, external] {
        let file = docx("", "").part("word/document.xml", attack).archive();
        refused(&file, FileProblem::Damaged(FileKind::Word));
    }
}

#[test]
fn archives_that_swell_are_refused_early() {
    let zeros = " ".repeat(4 * 1_024 * 1_024);
    refused(&docx("", "").part("word/document.xml", &zeros).archive(), FileProblem::Swollen);
    // What is never unpacked takes nothing; how much of it there may be is limited all the same.
    let many = (0..5_001).fold(docx("<w:p/>", ""), |made, at| made.part(&format!("media/{at}"), ""));
    refused(&many.archive(), FileProblem::Swollen);
    let deep = format!("{}{}", "<w:sdt>".repeat(1_000), "</w:sdt>".repeat(1_000));
    refused(&docx(&deep, "").archive(), FileProblem::Swollen);
    let cells = "<w:tbl><w:tr><w:tc>".repeat(400) + &"</w:tc></w:tr></w:tbl>".repeat(400);
    refused(&docx(&cells, "").archive(), FileProblem::Swollen);
    let nodes = "<w:p/>".repeat(1_000_001);
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in docx(&nodes, "").0 {
        writer.start_file(name, stored).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    let file = writer.finish().unwrap().into_inner();
    assert!(file.len() < MAX_FILE_BYTES, "{}", file.len());
    refused(&file, FileProblem::Swollen);
}

#[test]
fn an_archive_in_an_archive_stays_closed() {
    let bomb = docx("", "").part("word/document.xml", &" ".repeat(4 * 1_024 * 1_024)).archive();
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in docx("<w:p><w:r><w:t>outer</w:t></w:r></w:p>", "").0 {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.start_file("word/embeddings/inner.docx", SimpleFileOptions::default()).unwrap();
    writer.write_all(&bomb).unwrap();
    assert_eq!(text(&writer.finish().unwrap().into_inner()), "outer");
}
