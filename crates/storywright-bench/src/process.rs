//! Programs under test as processes, and what the operating system says of them.

use crate::Failure;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that ends with its owner.
pub struct Process(Child);

impl Process {
    /// Starts a command; its words go to a file.
    pub fn start(mut command: Command, log: &std::path::Path) -> Result<Self, Failure> {
        let file = std::fs::File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(|error| format!("{command:?} could not be started ({error})"))?;
        Ok(Self(child))
    }

    /// Whether it is over; one of which that cannot be told is not.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(_)))
    }

    /// Resident memory in MB.
    pub fn resident_mb(&self) -> Result<f64, Failure> {
        memory_mb(self.0.id(), "VmRSS:")
    }
}

/// The most memory that a process has had so far, in MB.
pub fn peak_mb(process: u32) -> Result<f64, Failure> {
    memory_mb(process, "VmHWM:")
}

fn memory_mb(process: u32, name: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(|| format!("no {name}"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1_000.0)
}

/// Processor seconds of all processes that this one has started and waited for.
pub fn child_seconds() -> Result<f64, Failure> {
    /// Linux counts in hundredths of a second for programs (`USER_HZ`).
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name stands in parentheses and may hold blanks; `cutime` and `cstime` are the 14th and 15th field after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("no account of this process")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(13).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS)
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program of this workspace, built beside this one.
pub fn program(name: &str) -> Result<PathBuf, Failure> {
    let folder = match std::env::var_os("STORYWRIGHT_BENCH_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_exe()?.parent().map(PathBuf::from).ok_or("no folder of programs")?,
    };
    let path = folder.join(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is missing: run `cargo xtask bench`, which builds it", path.display()).into())
    }
}

/// A port that nobody uses now.
pub fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Longest time that a program may take to listen.
pub const LONGEST_START: Duration = Duration::from_secs(30);

/// Whether somebody listens there.
pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Waits until somebody listens there; says how long it took.
pub fn wait_for_port(port: u16, since: Instant) -> Result<Duration, Failure> {
    loop {
        if listens(port) {
            return Ok(since.elapsed());
        }
        if since.elapsed() > LONGEST_START {
            return Err(format!("nobody listens on port {port} after {} s", LONGEST_START.as_secs()).into());
        }
        std::thread::yield_now();
    }
}
