//! Events of a stream (`text/event-stream`): the data of each, as it comes, within a limit.

use crate::limits::ANSWER_BYTES;
use std::io::{BufRead, BufReader, Read};

/// Why a stream gave no further event.
#[derive(Debug)]
pub(crate) enum StreamEnd {
    /// It is over.
    Over,
    /// It became longer than an answer may be.
    TooLong,
    /// It broke off, took too long, or was closed.
    Broken(std::io::Error),
}

/// The data of the events of a body.
pub(crate) struct Events<R> {
    body: BufReader<R>,
    left: usize,
}

impl<R: Read> Events<R> {
    pub(crate) fn new(body: R) -> Self {
        Self { body: BufReader::new(body), left: ANSWER_BYTES }
    }

    /// Bytes taken in so far.
    pub(crate) fn taken(&self) -> usize {
        ANSWER_BYTES - self.left
    }

    /// The data of the next event that has some. An event that the end of the stream cuts off does not count, as the standard says.
    pub(crate) fn next(&mut self) -> Result<Vec<u8>, StreamEnd> {
        let mut data: Vec<u8> = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                if data.is_empty() {
                    continue;
                }
                // One line break belongs to each `data` field, the last one is taken away.
                data.pop();
                return Ok(data);
            }
            let (field, value) = match line.iter().position(|byte| *byte == b':') {
                Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default()),
                None => (line.as_slice(), &[][..]),
            };
            if field == b"data" {
                data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
                data.push(b'\n');
            }
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, StreamEnd> {
        let mut line = Vec::new();
        let limit = u64::try_from(self.left).unwrap_or(u64::MAX).saturating_add(1);
        let read = (&mut self.body).take(limit).read_until(b'\n', &mut line).map_err(StreamEnd::Broken)?;
        self.left = self.left.checked_sub(read).ok_or(StreamEnd::TooLong)?;
        if line.pop_if(|last| *last == b'\n').is_none() {
            return Err(if self.left == 0 { StreamEnd::TooLong } else { StreamEnd::Over });
        }
        line.pop_if(|last| *last == b'\r');
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All events of a body that arrives in pieces of a few bytes.
    fn events(raw: &str) -> (Vec<String>, StreamEnd) {
        struct Drops<'a>(&'a [u8]);
        impl Read for Drops<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let count = self.0.len().min(3).min(buffer.len());
                let (now, later) = self.0.split_at(count);
                buffer[..count].copy_from_slice(now);
                self.0 = later;
                Ok(count)
            }
        }
        let mut events = Events::new(Drops(raw.as_bytes()));
        let mut all = Vec::new();
        loop {
            match events.next() {
                Ok(data) => all.push(String::from_utf8(data).unwrap()),
                Err(end) => return (all, end),
            }
        }
    }

    #[test]
    fn the_data_of_each_event_is_found() {
        let raw = ": hello\r\nid: 1\r\nevent: message\r\ndata: {\"a\":\r\ndata: \"\u{e9}\"}\r\n\r\nretry: 5\n\ndata:x\n\ndata: cut";
        let (all, end) = events(raw);
        assert_eq!(all, ["{\"a\":\n\"\u{e9}\"}", "x"]);
        assert!(matches!(end, StreamEnd::Over));
    }

    #[test]
    fn a_stream_without_end_is_left() {
        let mut endless = Events::new(std::io::repeat(b'x'));
        assert!(matches!(endless.next(), Err(StreamEnd::TooLong)));
        let comments = ": ping\n\n".repeat(ANSWER_BYTES / 4);
        assert!(matches!(events(&comments).1, StreamEnd::TooLong));
    }
}
