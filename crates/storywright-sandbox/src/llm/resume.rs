//! Going on with an answer that was cut by the token limit: the service remembers what it would have said.

use std::collections::VecDeque;

use serde_json::Value;

use super::writer::prompt::content_text;

/// Answers that are remembered.
const KEPT: usize = 64;

/// Answers that were cut, the latest last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(VecDeque<String>);

impl Cut {
    /// Keeps a whole answer of which only the beginning was sent.
    pub(crate) fn keep(&mut self, whole: String) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(whole);
    }

    /// What is missing, if the request ends with the beginning of an answer that was cut and a message behind it.
    pub(crate) fn rest(&self, request: &Value) -> Option<String> {
        let [.., before, last] = request["messages"].as_array()?.as_slice() else { return None };
        if before["role"] != "assistant" || last["role"] != "user" {
            return None;
        }
        let sent = content_text(&before["content"]);
        let whole = self.0.iter().rev().find(|whole| !sent.is_empty() && whole.starts_with(&sent))?;
        Some(whole[sent.len()..].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_its_own_beginning_is_gone_on_with() {
        let mut cut = Cut::default();
        cut.keep("the whole answer".to_owned());
        let asked = |text: &str| json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": text}, {"role": "user", "content": "go on"}]});
        assert_eq!(cut.rest(&asked("the whole")).as_deref(), Some(" answer"));
        assert_eq!(cut.rest(&asked("another")), None);
        assert_eq!(cut.rest(&json!({"messages": [{"role": "user", "content": "the whole"}]})), None);
        (0..100).for_each(|number| cut.keep(number.to_string()));
        assert_eq!((cut.0.len(), cut.rest(&asked("the whole"))), (KEPT, None));
    }
}
