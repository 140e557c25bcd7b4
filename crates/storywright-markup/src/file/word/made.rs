//! Word documents for tests, made part by part.

use std::io::Write as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const RELATIONS: &str =
    r#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="word/document.xml"/></Relationships>"#;

/// An archive that is being put together: names and contents.
#[derive(Default)]
pub(crate) struct Made(pub(crate) Vec<(String, String)>);

impl Made {
    /// Adds a part, or puts it in the place of the one of this name.
    pub(crate) fn part(mut self, name: &str, content: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), content.to_owned()));
        self
    }

    pub(crate) fn archive(&self) -> Vec<u8> {
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in &self.0 {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

/// An element of Word's, with its namespace declared.
pub(crate) fn wrapped(name: &str, inner: &str) -> String {
    let namespace = super::NAMESPACES[0];
    format!(
        r#"<w:{name} xmlns:w="{namespace}" xmlns:r="http://r.example" xmlns:mc="http://mc.example">{inner}</w:{name}>"#
    )
}

/// A document with this body; and styles, if any.
pub(crate) fn docx(body: &str, styles: &str) -> Made {
    let made = Made::default()
        .part("_rels/.rels", RELATIONS)
        .part("word/document.xml", &wrapped("document", &format!("<w:body>{body}</w:body>")));
    if styles.is_empty() { made } else { made.part("word/styles.xml", &wrapped("styles", styles)) }
}
