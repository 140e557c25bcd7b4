//! One conversation with every kind of service that is around. Each is a recording of what it sends, served over a socket, and the
//! shipped example folder for it: the same suite passes over all of them.

mod less;
mod scenes;
mod speakers;

use speakers::Speaker;

/// The suite for each speaker.
macro_rules! conversations {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use super::{scenes, speakers};

            #[test]
            fn streams_and_counts() {
                scenes::streams_and_counts(&speakers::$name());
            }

            #[test]
            fn holds_the_answer_to_a_schema() {
                scenes::holds_the_answer_to_a_schema(&speakers::$name());
            }

            #[test]
            fn calls_a_tool_and_takes_its_result() {
                scenes::calls_a_tool_and_takes_its_result(&speakers::$name());
            }

            #[test]
            fn declines() {
                scenes::declines(&speakers::$name());
            }

            #[test]
            fn reasons_aside() {
                scenes::reasons_aside(&speakers::$name());
            }

            #[test]
            fn goes_on_after_a_cut() {
                scenes::goes_on_after_a_cut(&speakers::$name());
            }

            #[test]
            fn says_when_it_stays_cut() {
                scenes::says_when_it_stays_cut(&speakers::$name());
            }

            #[test]
            fn asks_for_a_new_credential() {
                scenes::asks_for_a_new_credential(&speakers::$name());
            }

            #[test]
            fn says_when_the_input_is_too_long() {
                scenes::says_when_the_input_is_too_long(&speakers::$name());
            }

            #[test]
            fn is_asked_once_more_with_the_errors() {
                scenes::is_asked_once_more_with_the_errors(&speakers::$name());
            }

            #[test]
            fn sees_the_connection_close_when_it_is_stopped() {
                scenes::sees_the_connection_close_when_it_is_stopped(&speakers::$name());
            }

            #[test]
            fn may_not_be_silent_or_endless() {
                scenes::may_not_be_silent_or_endless(&speakers::$name());
            }
        }
    )+

        /// Every shipped example takes part.
        #[test]
        fn no_example_is_left_out() {
            let mut examples: Vec<String> = std::fs::read_dir(crate::support::shipped().join("examples"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            examples.sort();
            let mut speakers: Vec<&str> = [$(speakers::$name()),+].iter().map(|speaker: &Speaker| speaker.name).collect();
            speakers.sort_unstable();
            assert_eq!(examples, speakers);
        }
    };
}

conversations!(openai, azure, vllm, llama_cpp, ollama, litellm, cookie_gateway, plain, ndjson, anthropic);
