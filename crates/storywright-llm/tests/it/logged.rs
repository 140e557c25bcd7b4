//! Everything that the process has logged.

use log::kv::{self, VisitSource};
use std::sync::{Mutex, Once};

static LINES: Mutex<String> = Mutex::new(String::new());
static START: Once = Once::new();

struct Keeping;

struct Fields<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push_str(&format!(" {key}={value}"));
        Ok(())
    }
}

impl log::Log for Keeping {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut lines = LINES.lock().unwrap();
        lines.push_str(&format!("{} {}", record.target(), record.args()));
        record.key_values().visit(&mut Fields(&mut lines)).unwrap();
        lines.push('\n');
    }

    fn flush(&self) {}
}

/// Keeps every line from now on.
pub fn start() {
    START.call_once(|| {
        log::set_boxed_logger(Box::new(Keeping)).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// The lines so far.
pub fn lines() -> String {
    LINES.lock().unwrap().clone()
}
