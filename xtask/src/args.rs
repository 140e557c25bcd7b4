//! The command line of a task: switches, `--name value` options and plain words.

use crate::failure::Failure;

/// The words after the task's name. Each `take_*` removes what it understood; `finish` refuses the rest.
#[derive(Debug)]
pub struct Args {
    words: Vec<String>,
}

impl Args {
    /// Keeps `words` in their order.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().collect() }
    }

    /// Whether help was asked for, before any `--`.
    pub fn wants_help(&self) -> bool {
        self.words.iter().take_while(|word| *word != "--").any(|word| matches!(word.as_str(), "--help" | "-h"))
    }

    /// Takes a switch such as `--all`.
    pub fn take_switch(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes an option such as `--listen 127.0.0.1:8080` or `--listen=127.0.0.1:8080`.
    pub fn take_option(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let joined = format!("{name}=");
        let Some(at) = self.words.iter().position(|word| word == name || word.starts_with(&joined)) else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_owned()));
        }
        if at < self.words.len() {
            return Ok(Some(self.words.remove(at)));
        }
        Err(Failure::new(format!("{name} needs a value"), format!("write `{name} VALUE`")))
    }

    /// Everything left, switches included: for a program that is handed its own arguments.
    pub fn rest(mut self) -> Vec<String> {
        if let Some(at) = self.words.iter().position(|word| word == "--") {
            self.words.remove(at);
        }
        self.words
    }

    /// The plain words left; a switch that nobody took is refused.
    pub fn words(self) -> Result<Vec<String>, Failure> {
        match self.words.iter().find(|word| word.starts_with('-')) {
            Some(unknown) => Err(Failure::new(
                format!("there is no option `{unknown}` here"),
                "see the options with `cargo xtask <task> --help`",
            )),
            None => Ok(self.words),
        }
    }

    /// Refuses anything left.
    pub fn finish(self) -> Result<(), Failure> {
        match self.words()?.first() {
            Some(word) => Err(Failure::new(
                format!("`{word}` means nothing to this task"),
                "see what it takes with `cargo xtask <task> --help`",
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Args {
        Args::new(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn switches_options_and_words_are_told_apart() {
        let mut args = args("--all publish --listen 127.0.0.1:1 --user=alice retry");
        assert!(args.take_switch("--all"));
        assert!(!args.take_switch("--all"));
        assert_eq!(args.take_option("--listen").unwrap().as_deref(), Some("127.0.0.1:1"));
        assert_eq!(args.take_option("--user").unwrap().as_deref(), Some("alice"));
        assert_eq!(args.words().unwrap(), ["publish", "retry"]);
    }

    #[test]
    fn what_nobody_understood_is_refused() {
        assert!(args("--instal").words().is_err());
        assert!(args("stray").finish().is_err());
        assert!(args("--listen").take_option("--listen").is_err());
    }

    #[test]
    fn help_after_the_separator_belongs_to_the_other_program() {
        assert!(args("--help").wants_help());
        assert!(!args("-- --help").wants_help());
    }
}
