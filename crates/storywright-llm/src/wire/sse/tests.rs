//! The decoder over hand-written streams and over random ones, cut anywhere.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Event(String, String),
    Stray(String),
}

fn seen(item: Item<'_>) -> Seen {
    match item {
        Item::Event { name, data } => Seen::Event(name.to_owned(), data.to_owned()),
        Item::Stray(line) => Seen::Stray(line.to_owned()),
    }
}

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut found = Vec::new();
    let mut decoder = SseDecoder::new();
    let mut take = |item: Item<'_>| -> Result<(), TooLong> {
        found.push(seen(item));
        Ok(())
    };
    for piece in pieces {
        decoder.push(piece, &mut take).unwrap();
    }
    decoder.finish(&mut take).unwrap();
    found
}

#[track_caller]
fn check(stream: &str, expected: &[&str]) {
    let expected: Vec<Seen> = expected.iter().map(|data| Seen::Event(String::new(), (*data).to_owned())).collect();
    assert_eq!(decode([stream.as_bytes()]), expected, "in one piece");
    assert_eq!(decode(stream.as_bytes().chunks(1)), expected, "byte by byte");
}

#[test]
fn every_line_end_is_a_line_end() {
    check("data: a\n\ndata: b\n\n", &["a", "b"]);
    check("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]);
    check("data: a\r\rdata: b\r\r", &["a", "b"]);
    check("data: a\r\n\ndata: b\n\r\n", &["a", "b"]);
}

#[test]
fn comments_ids_and_retry_times_say_nothing() {
    check(": keep-alive\n\nid: 7\nretry: 100\n:\n\ndata: a\n\n: more\n\n", &["a"]);
}

#[test]
fn data_lines_are_joined_and_one_space_is_dropped() {
    check("data:a\ndata:  b\ndata\ndata: c\n\n", &["a\n b\n\nc"]);
}

#[test]
fn the_last_event_may_lack_its_blank_line() {
    check("data: a\n\ndata: [DONE]\n", &["a", "[DONE]"]);
    check("data: a\n\ndata: [DONE]", &["a", "[DONE]"]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_field() {
    check("\u{feff}data: a\n\n", &["a"]);
}

#[test]
fn names_belong_to_their_event_alone() {
    assert_eq!(
        decode(["event: error\ndata: x\n\ndata: y\n\n".as_bytes()]),
        [Seen::Event("error".to_owned(), "x".to_owned()), Seen::Event(String::new(), "y".to_owned())]
    );
}

#[test]
fn a_page_in_the_stream_is_handed_on() {
    assert_eq!(
        decode(["data: a\n\n<!DOCTYPE html>\n<title>Sign in</title>\n".as_bytes()]),
        [
            Seen::Event(String::new(), "a".to_owned()),
            Seen::Stray("<!DOCTYPE html>".to_owned()),
            Seen::Stray("<title>Sign in</title>".to_owned())
        ]
    );
}

#[test]
fn an_event_comes_out_with_the_byte_that_completes_it() {
    let mut decoder = SseDecoder::new();
    let mut count = 0;
    let mut take = |_: Item<'_>| -> Result<(), TooLong> {
        count += 1;
        Ok(())
    };
    decoder.push(b"data: a\r\n\r", &mut take).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn an_endless_line_ends_the_reading() {
    let mut decoder = SseDecoder::new();
    let mut take = |_: Item<'_>| -> Result<(), TooLong> { Ok(()) };
    let block = vec![b'x'; 64 * 1024];
    let outcome = (0..17).try_for_each(|_| decoder.push(&block, &mut take));
    assert_eq!(outcome, Err(TooLong));
}

#[test]
fn large_buffers_are_given_back() {
    let mut decoder = SseDecoder::new();
    let mut take = |_: Item<'_>| -> Result<(), TooLong> { Ok(()) };
    decoder.push(format!("data: {}\n\n", "x".repeat(500_000)).as_bytes(), &mut take).unwrap();
    assert!(decoder.line.capacity() <= KEEP && decoder.data.capacity() <= KEEP);
}

/// One event as its lines, and what must come out of it.
fn event() -> impl Strategy<Value = (String, String)> {
    let line = "[^\r\n]{0,24}";
    (prop::collection::vec(line, 1..4), prop::sample::select(vec!["\n", "\r\n", "\r"]), any::<bool>()).prop_map(
        |(lines, end, comment)| {
            let mut wire = String::new();
            if comment {
                wire.push_str(&format!(": ping{end}"));
            }
            for line in &lines {
                wire.push_str(&format!("data: {line}{end}"));
            }
            wire.push_str(end);
            (wire, lines.join("\n"))
        },
    )
}

proptest! {
    #[test]
    fn cuts_change_nothing(events in prop::collection::vec(event(), 0..8), cuts in prop::collection::vec(0..400_usize, 0..20)) {
        let wire: String = events.iter().map(|(wire, _)| wire.as_str()).collect();
        let expected: Vec<Seen> =
            events.iter().map(|(_, data)| Seen::Event(String::new(), data.clone())).collect();
        let bytes = wire.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < bytes.len()).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(decode(pieces), expected);
    }

    #[test]
    fn no_bytes_make_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1..40_usize) {
        prop_assert_eq!(decode(bytes.chunks(size)), decode([bytes.as_slice()]));
    }
}
