//! ChromeDriver as a child process, and how Chromium is started through it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use thirtyfour::common::capabilities::chromium::ChromiumCapabilities;
use thirtyfour::{CapabilitiesHelper as _, ChromiumLikeCapabilities as _, LoggingPrefsLogLevel};

/// What the environment provides.
pub struct Tools {
    chromium: PathBuf,
    chromedriver: PathBuf,
    pub axe: String,
    pub screenshots: PathBuf,
}

impl Tools {
    /// `None` unless the suite is asked for. Once it is, a missing tool is a failure and not a reason to skip.
    pub fn find() -> Option<Self> {
        (std::env::var("STORYWRIGHT_BROWSER").as_deref() == Ok("1")).then(|| {
            let path = |name: &str| PathBuf::from(std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set")));
            let axe = path("STORYWRIGHT_AXE");
            let screenshots = path("STORYWRIGHT_SCREENSHOTS");
            std::fs::create_dir_all(&screenshots).unwrap();
            Self {
                chromium: path("STORYWRIGHT_CHROMIUM"),
                chromedriver: path("STORYWRIGHT_CHROMEDRIVER"),
                axe: std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{}: {error}", axe.display())),
                screenshots,
            }
        })
    }

    /// Capabilities of a Chromium that has nothing but an empty profile, and talks to nobody but us.
    pub fn chromium(&self, profile: &Path) -> ChromiumCapabilities {
        let mut wanted = ChromiumCapabilities::new();
        wanted.set("browserName", "chrome").unwrap();
        wanted.set_binary(self.chromium.to_str().unwrap()).unwrap();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--force-color-profile=srgb",
            "--hide-scrollbars",
            "--window-size=1280,800",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        wanted
    }
}

/// A running ChromeDriver; it ends with this value.
pub struct Driver {
    process: Child,
    pub url: String,
}

impl Driver {
    /// Starts it on a port of its choice.
    pub fn start(tools: &Tools) -> Self {
        let mut process = Command::new(&tools.chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", tools.chromedriver.display()));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // It says its port in its first lines.
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
            })
            .unwrap();
        // What else it says must be read, or it would block on a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
