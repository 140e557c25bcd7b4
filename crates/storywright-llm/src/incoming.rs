//! An answer on its way in: bytes within the time that is left, parted into events or documents.

use crate::wire::{AnswerReader, Document, Documents, Item, SseDecoder, Stop};
use std::io::Read;
use storywright_domain::ports::ChatSink;
use storywright_http::{HttpError, StreamAnswer};

/// Read at a time. A read gives what has arrived; it never waits until this is full.
pub(crate) const BUFFER: usize = 8 * 1024;

/// An answer on its way in.
pub(crate) struct Incoming<'a> {
    pub(crate) answer: StreamAnswer,
    pub(crate) late: &'a dyn Fn() -> bool,
}

impl Incoming<'_> {
    /// The next bytes as soon as there are any; 0 at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HttpError> {
        loop {
            if (self.late)() {
                self.answer.shutdown.close();
                return Err(HttpError::Timeout { detail: "the time for the whole answer is over".to_owned() });
            }
            match self.answer.reader.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(inner(&error)),
                Ok(length) => return Ok(length),
            }
        }
    }

    /// Everything that is left, up to `limit` bytes.
    pub(crate) fn read_rest(&mut self, body: &mut Vec<u8>, limit: usize) -> Result<(), HttpError> {
        let mut buffer = vec![0; BUFFER];
        loop {
            match self.read(&mut buffer)? {
                0 => return Ok(()),
                length if body.len() + length > limit => return Err(HttpError::TooLarge { limit: limit as u64 }),
                length => body.extend_from_slice(&buffer[..length]),
            }
        }
    }
}

fn inner(error: &std::io::Error) -> HttpError {
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<HttpError>());
    known.cloned().unwrap_or_else(|| HttpError::Broken { detail: error.kind().to_string() })
}

/// How the pieces of an answer are parted, as its first byte tells.
pub(crate) enum Frames {
    /// Server-sent events.
    Events(SseDecoder),
    /// JSON from the first byte: one document a line, or the one of a service that does not stream, or an error.
    Documents(Documents),
}

impl Frames {
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        reader: &mut AnswerReader<'_>,
        sink: &mut dyn ChatSink,
    ) -> Result<(), Stop> {
        match self {
            Self::Events(events) => events.push(bytes, &mut |item: Item<'_>| reader.item(item, sink)),
            Self::Documents(documents) => {
                documents.push(bytes, &mut |document: Document<'_>| reader.line(document, sink))
            }
        }
    }

    pub(crate) fn finish(&mut self, reader: &mut AnswerReader<'_>, sink: &mut dyn ChatSink) -> Result<(), Stop> {
        match self {
            Self::Events(events) => events.finish(&mut |item: Item<'_>| reader.item(item, sink)),
            Self::Documents(documents) => documents.finish(&mut |document: Document<'_>| reader.line(document, sink)),
        }
    }
}
