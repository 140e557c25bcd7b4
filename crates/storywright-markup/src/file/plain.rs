//! Text files: UTF-8, or UTF-16 with its mark. Any other encoding would be a guess, and a wrong guess is a wrong requirement.

use storywright_domain::file::FileProblem;

/// The text of a file without its byte order mark, with line feeds alone at the ends of lines.
pub(super) fn decoded(file: &[u8]) -> Result<String, FileProblem> {
    let text = match file {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => {
            let bare = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
            match std::str::from_utf8(bare) {
                Ok(text) => text.to_owned(),
                Err(_) if looks_like_text(bare) => return Err(FileProblem::Encoding),
                Err(_) => return Err(FileProblem::OtherKind),
            }
        }
    };
    if text.contains('\0') {
        return Err(if is_unmarked_utf16(file) { FileProblem::Encoding } else { FileProblem::OtherKind });
    }
    if text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count() * 20 > text.chars().count() {
        return Err(FileProblem::OtherKind);
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, FileProblem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(FileProblem::Encoding);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| FileProblem::Encoding)
}

/// Whether every other byte is zero, as in UTF-16 of Latin letters.
fn is_unmarked_utf16(bytes: &[u8]) -> bool {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    even.min(odd) == 0 && even.max(odd) * 3 > bytes.len()
}

/// Whether bytes are text in some encoding: hardly a control character among them.
fn looks_like_text(bytes: &[u8]) -> bool {
    let control = |byte: &&u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    bytes.iter().filter(control).count() * 100 < bytes.len().max(1)
}
