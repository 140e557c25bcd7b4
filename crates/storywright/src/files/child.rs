//! The process that reads one file: from its standard input, with limits that it gives itself first.

use std::io::{Read, Write};
use std::process::ExitCode;
use storywright_domain::file::MAX_FILE_BYTES;

/// Reads a file from the standard input and writes what is in it, or what is wrong with it, as JSON.
pub fn child() -> ExitCode {
    // A file of a stranger is not looked at without limits.
    if !limited() {
        return ExitCode::FAILURE;
    }
    let most = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut file = Vec::new();
    if std::io::stdin().lock().take(most).read_to_end(&mut file).is_err() {
        return ExitCode::FAILURE;
    }
    let read = storywright_markup::read_file(&file);
    let written = serde_json::to_vec(&read).map_err(std::io::Error::other);
    match written.and_then(|answer| std::io::stdout().lock().write_all(&answer)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Processor time, memory, and nothing on the disk.
#[cfg(unix)]
fn limited() -> bool {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        (Resource::Cpu, 15),
        (Resource::Data, 768 * 1_024 * 1_024),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 8),
    ];
    limits
        .into_iter()
        .all(|(resource, most)| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).is_ok())
}

/// Elsewhere the time limit of the parent is the only one.
#[cfg(not(unix))]
fn limited() -> bool {
    true
}
