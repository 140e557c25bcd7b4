//! Avatars and icons: a small PNG in a color of its own for everybody.

use actix_web::{HttpResponse, web::Query};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvatarQuery {
    owner_id: Option<String>,
    pid: Option<String>,
    avatar_id: Option<String>,
    size: Option<String>,
}

/// `/secure/useravatar`, `/secure/projectavatar` and `/secure/viewavatar`.
pub(crate) async fn picture(query: Query<AvatarQuery>) -> HttpResponse {
    let size = match query.size.as_deref() {
        Some("xsmall") => 16,
        Some("small") => 24,
        Some("medium") => 32,
        _ => 48,
    };
    let seed = query.owner_id.as_ref().or(query.pid.as_ref()).or(query.avatar_id.as_ref());
    let face = query.owner_id.is_some();
    HttpResponse::Ok().content_type("image/png").insert_header(("Cache-Control", "public, max-age=86400")).body(png(
        size,
        color(seed.map(String::as_str).unwrap_or_default()),
        face,
    ))
}

/// A middling color that depends on the text alone.
fn color(text: &str) -> [u8; 3] {
    const COLORS: [[u8; 3]; 8] = [
        [0x2c, 0x5f, 0x8a],
        [0x8a, 0x3f, 0x5c],
        [0x3f, 0x7d, 0x58],
        [0x8c, 0x5e, 0x2a],
        [0x5b, 0x4b, 0x8a],
        [0x2f, 0x7a, 0x7d],
        [0x9a, 0x4a, 0x3a],
        [0x4d, 0x5a, 0x68],
    ];
    let sum = text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    COLORS[sum as usize % COLORS.len()]
}

/// A disc with head and shoulders, or a plain disc.
fn png(size: u32, disc: [u8; 3], face: bool) -> Vec<u8> {
    let light = disc.map(|c| c.saturating_add((255 - c) / 5 * 4));
    let within = |x: f32, y: f32, cx: f32, cy: f32, r: f32| (x - cx).powi(2) + (y - cy).powi(2) <= r * r;
    let mut rows = Vec::new();
    for row in 0..size {
        rows.push(0); // no filter
        for column in 0..size {
            let (x, y) = ((column as f32 + 0.5) / size as f32, (row as f32 + 0.5) / size as f32);
            let person = face && (within(x, y, 0.5, 0.38, 0.17) || within(x, y, 0.5, 0.93, 0.32));
            let pixel = match (within(x, y, 0.5, 0.5, 0.5), person) {
                (false, _) => [0, 0, 0, 0],
                (true, true) => [light[0], light[1], light[2], 255],
                (true, false) => [disc[0], disc[1], disc[2], 255],
            };
            rows.extend_from_slice(&pixel);
        }
    }
    let mut png = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    let mut header = Vec::new();
    header.extend_from_slice(&size.to_be_bytes());
    header.extend_from_slice(&size.to_be_bytes());
    header.extend_from_slice(&[8, 6, 0, 0, 0]); // 8 bits, RGBA
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"IDAT", &stored(&rows));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend_from_slice(&u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
    let start = png.len();
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    let sum = crc32(&png[start..]);
    png.extend_from_slice(&sum.to_be_bytes());
}

/// A zlib stream of stored blocks: nothing here is worth compressing.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend_from_slice(&(b << 16 | a).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
