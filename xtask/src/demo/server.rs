//! Programs that run beside this one: started, waited for, stopped, never left behind.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::failure::{Explain, Failure};

/// How long a program may take until it answers.
const START: Duration = Duration::from_secs(60);
/// How long a program may take to end by itself after it was asked to.
const STOP: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(50);

/// Where a program's output goes.
pub enum Log {
    /// A new file.
    File(PathBuf),
    /// This program's own output.
    Terminal,
}

/// A program that runs until it is stopped or dropped.
pub struct Server {
    name: &'static str,
    child: Child,
    log: Option<PathBuf>,
}

impl Server {
    /// Starts it in a process group of its own: Ctrl-C reaches this program only, which then stops its servers in
    /// the right order.
    pub fn start(name: &'static str, command: &mut Command, log: Log) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).process_group(0);
        let log = match log {
            Log::Terminal => None,
            Log::File(path) => {
                let doing = format!("write {}", path.display());
                let file = File::create(&path).explain(&doing, "check the permissions of its folder")?;
                let again = file.try_clone().explain(&doing, "try again")?;
                command.stdout(file).stderr(again);
                Some(path)
            }
        };
        let program = command.get_program().to_string_lossy().into_owned();
        let child =
            command.spawn().explain(format!("start {program}"), "build it: `cargo build --workspace --bins`")?;
        Ok(Self { name, child, log })
    }

    /// Waits until `url` answers 200.
    pub fn wait_until_ready(&mut self, url: &str, signals: &Signals) -> Result<(), Failure> {
        let timeout = Some(Duration::from_secs(2));
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(timeout).build().into();
        let started = Instant::now();
        loop {
            if agent.get(url).call().is_ok() {
                return Ok(());
            }
            self.still_runs()?;
            if started.elapsed() > START {
                let problem = format!("{} does not answer on {url} after {} s", self.name, START.as_secs());
                return Err(Failure::new(problem, self.hint()));
            }
            if signals.wait(PAUSE) {
                return Err(Failure::new("interrupted", "start again when you like"));
            }
        }
    }

    /// Fails when the program has ended by itself.
    pub fn still_runs(&mut self) -> Result<(), Failure> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("{} ended by itself ({status})", self.name), self.hint())),
        }
    }

    /// Asks it to end, waits, and ends it by force when it takes too long.
    pub fn stop(&mut self) -> Result<(), Failure> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        let mut kill = Command::new("sh");
        kill.args(["-c", &format!("kill -TERM {}", self.child.id())]).stderr(Stdio::null());
        kill.status().explain(format!("signal {}", self.name), "end it by hand")?;
        let asked = Instant::now();
        while asked.elapsed() < STOP {
            if self.ended()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        eprintln!("{} did not end within {} s: ending it by force", self.name, STOP.as_secs());
        self.child.kill().and_then(|()| self.child.wait()).explain(format!("end {}", self.name), "end it by hand")?;
        Ok(())
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        self.child.try_wait().explain(format!("ask after {}", self.name), "end it by hand")
    }

    /// The last lines of its log, where the reason usually stands.
    fn hint(&self) -> String {
        let Some(path) = &self.log else { return "see its output above".to_owned() };
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(12)..].join("\n    ");
        format!("read {}, which ends with\n    {last}", path.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(failure) = self.stop() {
            eprintln!("{failure}");
        }
    }
}

/// Ctrl-C and the request to end, caught so that servers are stopped before this program ends.
pub struct Signals {
    arrived: Receiver<()>,
    seen: AtomicBool,
}

impl Signals {
    /// From now on signals are caught.
    pub fn catch() -> Result<Self, Failure> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
            .explain("catch signals", "report this: it should work on any Unix")?;
        let (tell, arrived) = channel();
        std::thread::spawn(move || {
            for _ in signals.forever() {
                if tell.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { arrived, seen: AtomicBool::new(false) })
    }

    /// Waits for a signal, at most this long; true when one has come, now or earlier.
    pub fn wait(&self, at_most: Duration) -> bool {
        if self.seen.load(Ordering::Relaxed) {
            return true;
        }
        let seen = !matches!(self.arrived.recv_timeout(at_most), Err(RecvTimeoutError::Timeout));
        self.seen.store(seen, Ordering::Relaxed);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn a_program_that_ends_by_itself_is_a_failure_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::File(folder.path().join("log"));
        let mut server = Server::start("it", &mut shell("echo no such database >&2; exit 4"), log).unwrap();
        server.child.wait().unwrap();
        let failure = server.still_runs().unwrap_err().to_string();
        assert!(failure.contains("exit status: 4") && failure.contains("no such database"), "{failure}");
    }

    #[test]
    fn a_dropped_program_is_ended() {
        let server = Server::start("it", &mut shell("exec sleep 600"), Log::Terminal).unwrap();
        let process = format!("/proc/{}", server.child.id());
        assert!(std::path::Path::new(&process).exists());
        drop(server);
        assert!(!std::path::Path::new(&process).exists());
    }
}
