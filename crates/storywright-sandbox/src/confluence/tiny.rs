//! Tiny links: the id's bytes, lowest first, in base 64 with characters that suit a path.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// `65550` -> `DgAB`
pub(super) fn encode(id: u64) -> String {
    let bytes = id.to_le_bytes();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |at| at + 1);
    STANDARD_NO_PAD
        .encode(bytes.get(..used).unwrap_or(&bytes))
        .replace('/', "-")
        .replace('+', "_")
        .trim_end_matches('A')
        .to_owned()
}

/// The id of a tiny link; `None` when it is not one.
pub(super) fn decode(tiny: &str) -> Option<u64> {
    if tiny.is_empty() || tiny.len() > 11 {
        return None;
    }
    // Eleven characters are eight bytes and two spare bits, which are zero.
    let full = format!("{:A<11}", tiny.replace('-', "/").replace('_', "+"));
    let bytes = STANDARD_NO_PAD.decode(full).ok()?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_back_to_their_id() {
        for id in [1, 64, 65_537, 65_550, 98_305, 1_234_567_890_123, 63 << 18, 62 << 18] {
            assert_eq!(decode(&encode(id)), Some(id), "{id}: {}", encode(id));
        }
        assert_eq!(encode(65_550), "DgAB");
        assert_eq!(decode("not a link!"), None);
        assert_eq!(decode(""), None);
    }
}
