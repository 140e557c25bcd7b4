//! JSON documents from bytes: one a line, each as soon as its line is complete, or one over many lines at the end.

use serde_json::Value;

/// Longest body, or longest line of one, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// What came out of the bytes.
#[derive(Debug, PartialEq)]
pub(crate) enum Document<'a> {
    /// A document.
    Json(Value),
    /// Something that is none.
    Other(&'a str),
}

/// A line or a body grew beyond all measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is longer than {LONGEST} bytes")]
pub(crate) struct TooMuch;

/// Takes bytes in pieces of any size, gives documents.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    buffer: Vec<u8>,
    /// Bytes at the front of the buffer that hold no line end.
    looked_at: usize,
    shape: Shape,
}

/// How documents lie in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// No line has ended yet.
    #[default]
    Unknown,
    /// One a line.
    Lines,
    /// Over several lines: only the end of the body says where one ends.
    Spread,
}

impl Documents {
    /// Takes the next bytes and calls `take` for each document whose line they complete, until it answers with an error.
    ///
    /// # Errors
    /// What `take` answered, or [`TooMuch`].
    pub(crate) fn push<E: From<TooMuch>>(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(Document<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.buffer.len() + bytes.len() > LONGEST {
            return Err(TooMuch.into());
        }
        self.buffer.extend_from_slice(bytes);
        while self.shape != Shape::Spread
            && let Some(length) = self.buffer[self.looked_at..].iter().position(|byte| *byte == b'\n')
        {
            let end = self.looked_at + length;
            let line = self.buffer[..end].trim_ascii();
            if !line.is_empty() {
                match (serde_json::from_slice(line), self.shape) {
                    (Ok(json), _) => {
                        self.shape = Shape::Lines;
                        take(Document::Json(json))?;
                    }
                    (Err(_), Shape::Unknown) => {
                        self.shape = Shape::Spread;
                        return Ok(());
                    }
                    (Err(_), _) => take(Document::Other(&String::from_utf8_lossy(line)))?,
                }
            }
            self.buffer.drain(..=end);
            self.looked_at = 0;
        }
        self.looked_at = self.buffer.len();
        Ok(())
    }

    /// The body has ended: gives what stands there without a line end.
    ///
    /// # Errors
    /// What `take` answered.
    pub(crate) fn finish<E>(&mut self, take: &mut impl FnMut(Document<'_>) -> Result<(), E>) -> Result<(), E> {
        let rest = std::mem::take(&mut self.buffer);
        self.looked_at = 0;
        for document in serde_json::Deserializer::from_slice(&rest).into_iter::<Value>() {
            match document {
                Ok(json) => take(Document::Json(json))?,
                Err(_) => return take(Document::Other(&String::from_utf8_lossy(&rest))),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(body: &[u8], size: usize) -> Vec<Result<Value, String>> {
        let mut found = Vec::new();
        let mut take = |document: Document<'_>| {
            found.push(match document {
                Document::Json(json) => Ok(json),
                Document::Other(text) => Err(text.to_owned()),
            });
            Ok::<(), TooMuch>(())
        };
        let mut documents = Documents::default();
        body.chunks(size).for_each(|piece| documents.push(piece, &mut take).unwrap());
        documents.finish(&mut take).unwrap();
        found
    }

    #[track_caller]
    fn check(body: &str, expected: &[Result<Value, &str>]) {
        for size in [1, 3, body.len()] {
            let expected: Vec<_> = expected.iter().map(|item| item.clone().map_err(str::to_owned)).collect();
            assert_eq!(read(body.as_bytes(), size), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn one_a_line_or_one_over_many() {
        check("{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", &[Ok(json!({"a": 1})), Ok(json!({"a": 2})), Ok(json!({"a": 3}))]);
        check("{\n  \"a\": [\n1]\n}\n", &[Ok(json!({"a": [1]}))]);
        check("{\"a\":1}", &[Ok(json!({"a": 1}))]);
        check("{\"a\":1}\n<html>\n", &[Ok(json!({"a": 1})), Err("<html>")]);
        check("{\"a\":", &[Err("{\"a\":")]);
    }

    #[test]
    fn a_line_comes_out_before_the_next_begins() {
        let mut count = 0;
        let mut documents = Documents::default();
        let mut take = |_: Document<'_>| {
            count += 1;
            Ok::<(), TooMuch>(())
        };
        documents.push(b"{}\n", &mut take).unwrap();
        assert_eq!(count, 1);
    }

    #[test]
    fn what_never_ends_is_cut() {
        let mut documents = Documents::default();
        let piece = vec![b'x'; 64 * 1024];
        let ended = (0..100).any(|_| documents.push(&piece, &mut |_| Ok::<(), TooMuch>(())).is_err());
        assert!(ended && documents.buffer.len() <= LONGEST);
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(numbers in proptest::collection::vec(0..100_u32, 1..6), size in 1..9_usize) {
            let body: String = numbers.iter().map(|number| format!("{{\"é\":{number}}}\n")).collect();
            let found = read(body.as_bytes(), size);
            let expected: Vec<_> = numbers.iter().map(|number| Ok(json!({"é": number}))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
