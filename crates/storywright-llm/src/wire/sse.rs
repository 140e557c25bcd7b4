//! Server-sent events from bytes, as soon as they are complete.
//!
//! Follows the event stream format of the HTML standard and forgives what real gateways do: a last event without its blank
//! line counts, and lines that belong to no field are handed on, because sign-in pages and bare error objects turn up there.

/// Longest line, and longest event, in bytes. A longer one is no chat answer.
const LONGEST: usize = 1024 * 1024;
/// Buffers larger than this are given back after use.
const KEEP: usize = 16 * 1024;

/// What came out of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A complete event.
    Event {
        /// Its `event` field; empty when it had none.
        name: &'a str,
        /// Its `data` lines, joined by line feeds.
        data: &'a str,
    },
    /// A line that is neither a field nor a comment.
    Stray(&'a str),
}

/// A line or an event grew beyond all measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream is longer than {LONGEST} bytes")]
pub struct TooLong;

/// Takes bytes in pieces of any size, gives events.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    data: String,
    name: String,
    has_data: bool,
    after_carriage_return: bool,
    begun: bool,
}

impl SseDecoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and calls `take` for each thing that they complete, until it answers with an error.
    ///
    /// # Errors
    /// What `take` answered, or [`TooLong`].
    pub fn push<E: From<TooLong>>(
        &mut self,
        mut bytes: &[u8],
        take: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_carriage_return) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|&byte| byte == b'\n' || byte == b'\r') else {
                self.grow(bytes)?;
                return Ok(());
            };
            self.grow(&bytes[..end])?;
            // The line is over at the carriage return: waiting for a line feed behind it could hold back an event.
            self.after_carriage_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line(take)?;
        }
        Ok(())
    }

    /// The stream has ended: gives what stands there without its line end or blank line.
    ///
    /// # Errors
    /// What `take` answered, or [`TooLong`].
    pub fn finish<E: From<TooLong>>(&mut self, take: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        if !self.line.is_empty() {
            self.end_line(take)?;
        }
        self.dispatch(take)
    }

    fn grow(&mut self, more: &[u8]) -> Result<(), TooLong> {
        if self.line.len() + more.len() > LONGEST {
            return Err(TooLong);
        }
        self.line.extend_from_slice(more);
        Ok(())
    }

    fn end_line<E: From<TooLong>>(&mut self, take: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut line = std::mem::take(&mut self.line);
        let outcome = self.read_line(&line, take);
        line.clear();
        line.shrink_to(KEEP);
        self.line = line;
        outcome
    }

    fn read_line<E: From<TooLong>>(
        &mut self,
        line: &[u8],
        take: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let line = if self.begun { line } else { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) };
        self.begun = true;
        if line.is_empty() {
            return self.dispatch(take);
        }
        let text = String::from_utf8_lossy(line);
        let (field, value) = match text.split_once(':') {
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (text.as_ref(), ""),
        };
        match field {
            "data" => {
                if self.data.len() + value.len() > LONGEST {
                    return Err(TooLong.into());
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.name),
            // A comment has an empty field name; ids and retry times mean nothing here, for nothing is ever resumed.
            "" | "id" | "retry" => {}
            _ => take(Item::Stray(&text))?,
        }
        Ok(())
    }

    fn dispatch<E>(&mut self, take: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        let outcome = if self.has_data { take(Item::Event { name: &self.name, data: &self.data }) } else { Ok(()) };
        self.has_data = false;
        self.name.clear();
        self.data.clear();
        self.data.shrink_to(KEEP);
        outcome
    }
}

#[cfg(test)]
mod tests;
