//! One test: a company of its own, a browser of its own, evidence when it fails.

use crate::browser::{Browser, Size};
use crate::driver::{Driver, Tools};
use crate::support::Company;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use tempfile::TempDir;

/// Everything that a test runs on.
pub struct Stage {
    pub company: Company,
    pub tools: Tools,
    name: &'static str,
    driver: Driver,
    opened: RefCell<Vec<(Browser, TempDir)>>,
}

impl Stage {
    /// Opens a browser with an empty profile, as another device of the same or another person.
    pub async fn browser(&self, size: Size) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let browser = Browser::open(&self.driver.url, self.tools.chromium(profile.path()), &self.company.url()).await;
        browser.resize(size).await;
        self.opened.borrow_mut().push((browser.clone(), profile));
        browser
    }

    fn browsers(&self) -> Vec<Browser> {
        self.opened.borrow().iter().map(|(browser, _)| browser.clone()).collect()
    }

    /// Pictures of all browsers and what their consoles say, for whoever looks into a failure.
    async fn leave_evidence(&self) {
        for (index, browser) in self.browsers().into_iter().enumerate() {
            let picture = self.tools.screenshots.join(format!("failed-{}-{index}.png", self.name));
            let saved = browser.driver.screenshot(&picture).await;
            let address = browser.driver.current_url().await.map(String::from).unwrap_or_default();
            eprintln!("browser {index} at {address}, picture {} ({saved:?})", picture.display());
            for line in browser.console().await {
                eprintln!("  console: {line:?}");
            }
        }
    }

    async fn complaints(&self) -> Vec<String> {
        let mut all = Vec::new();
        for browser in self.browsers() {
            all.extend(browser.complaints().await);
        }
        all
    }

    async fn close(&self) {
        let opened = self.opened.take();
        for (browser, _) in opened {
            let _ = browser.driver.quit().await;
        }
    }
}

/// Plays a scene on a stage of its own, and fails when the console complained. Without a browser it says so and ends.
pub fn play(name: &'static str, size: Size, scene: impl AsyncFnOnce(&Stage, &Browser)) {
    play_in(name, size, Company::start, scene);
}

/// The same in a company that is set up otherwise.
pub fn play_in(
    name: &'static str,
    size: Size,
    company: impl FnOnce() -> Company,
    scene: impl AsyncFnOnce(&Stage, &Browser),
) {
    let Some(tools) = Tools::find() else {
        println!("skipped: no browser was asked for; `cargo xtask test browser` runs this with Chromium");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stage = Stage { company: company(), name, driver: Driver::start(&tools), tools, opened: RefCell::default() };
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let browser = stage.browser(size).await;
            scene(&stage, &browser).await;
            let complaints = stage.complaints().await;
            assert!(complaints.is_empty(), "the console complained: {complaints:#?}");
        });
    }));
    if played.is_err() {
        runtime.block_on(stage.leave_evidence());
    }
    runtime.block_on(stage.close());
    if let Err(panic) = played {
        // Unwinding past the company makes it print the log of its server.
        let _stage = stage;
        resume_unwind(panic);
    }
}
