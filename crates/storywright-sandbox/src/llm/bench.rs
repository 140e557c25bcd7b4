//! The model `echo-bench`: a given number of chunks at a given distance, each with its number and the time it was sent.

use serde_json::Value;

/// Name of the model; `echo-bench:50:100` says 50 chunks, 100 ms apart.
const MODEL: &str = "echo-bench";

const BEFORE: &str = r#"{"clarify":null,"stories":[{"summary":"Measure the way of a token","narrative":{"role":"operator","goal":"to know how long a token takes","benefit":"delays are seen before people feel them"},"scenarios":[],"sections":[],"acceptance_criteria":["Every chunk arrives once and in order."],"stlc_notes":""#;
const AFTER: &str =
    r#"","story_points":1,"labels":["bench"],"components":[],"priority":null,"epic":null,"subtasks":[]}]}"#;

/// How many chunks, how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bench {
    /// Chunks with text.
    pub(crate) n: usize,
    /// Milliseconds from one to the next.
    pub(crate) ms: u64,
}

impl Bench {
    /// Reads model name and `metadata` (`n`, `ms`, as numbers or text); 50 chunks 100 ms apart unless said otherwise.
    pub(crate) fn of(request: &Value) -> Option<Self> {
        let rest = request["model"].as_str()?.strip_prefix(MODEL)?;
        let mut named = rest.split(':').skip(1).map(|part| part.parse::<u64>().ok());
        let (n, ms) = (named.next().flatten(), named.next().flatten());
        let given = |key: &str| {
            let value = &request["metadata"][key];
            value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
        };
        let n = given("n").or(n).unwrap_or(50).clamp(1, 100_000);
        Some(Self { n: usize::try_from(n).unwrap_or(50), ms: given("ms").or(ms).unwrap_or(100).min(60_000) })
    }

    /// Text of one chunk, sent at `micros` since the epoch; all chunks together are one valid answer document.
    pub(crate) fn piece(self, sequence: usize, micros: u128) -> String {
        let before = if sequence == 0 { BEFORE } else { "" };
        let after = if sequence + 1 == self.n { AFTER } else { "" };
        format!("{before}[{sequence}:{micros}]{after}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_pieces_together_are_one_story() {
        let bench = Bench::of(&json!({"model": "echo-bench", "metadata": {"n": "3", "ms": 20}})).unwrap();
        assert_eq!(bench, Bench { n: 3, ms: 20 });
        let text: String = (0..bench.n).map(|at| bench.piece(at, 7)).collect();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["stories"][0]["stlc_notes"], "[0:7][1:7][2:7]");
        assert_eq!(Bench::of(&json!({"model": "echo-bench:9:5"})), Some(Bench { n: 9, ms: 5 }));
        assert_eq!(Bench::of(&json!({"model": "writer"})), None);
    }
}
