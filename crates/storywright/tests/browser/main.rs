//! The product as a person meets it: Chromium against the real server and the pretend company, each test with its own of all three.
//!
//! The suite runs when `STORYWRIGHT_BROWSER=1`; otherwise each test says that it was skipped and ends. `STORYWRIGHT_CHROMIUM` and
//! `STORYWRIGHT_CHROMEDRIVER` name the programs, `STORYWRIGHT_AXE` the file of axe-core, `STORYWRIGHT_SCREENSHOTS` the folder that
//! pictures go to. `cargo xtask test browser` sets them all.
//!
//! Nothing here sleeps: the page itself is asked, again and again, whether a condition holds yet (`Browser::until`).
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test support")]

#[path = "../whole/backlog.rs"]
mod backlog;
mod browser;
mod console;
mod driver;
mod editing;
mod epics;
mod injection;
mod issue_updates;
mod judging;
mod keyboard;
#[path = "../whole/leaks.rs"]
mod leaks;
mod looks;
mod main_job;
#[path = "../whole/mcp.rs"]
#[expect(dead_code, reason = "shared with the suite that needs no browser")]
mod mcp;
mod messages;
mod pages;
mod prompts;
mod publishing;
mod rules;
mod runs;
mod sections;
mod sessions;
mod sources;
mod stage;
mod story_page;
#[path = "../whole/support.rs"]
#[expect(dead_code, clippy::expect_used, reason = "shared with the suite that needs no browser")]
mod support;
mod tools;
mod trials;
mod uploads;
#[path = "../whole/wiki.rs"]
mod wiki;
mod writing;
