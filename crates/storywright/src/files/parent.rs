//! Starting the process that reads a file, giving it the file, and ending it when it takes too long.

use super::SUBCOMMAND;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::file::{FileProblem, FileText};
use storywright_domain::ports::FileReader;
use storywright_domain::source::MAX_SOURCE_CHARS;

/// Files that are read at once; each may take the memory that its process may.
const AT_ONCE: usize = 2;
/// How long a file waits for its turn.
const WAIT: Duration = Duration::from_secs(10);
/// How long reading may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most bytes of an answer: every character of the longest text escaped, and then some, so that the use case can say how long it is.
const LONGEST_ANSWER: u64 = 12 * MAX_SOURCE_CHARS as u64;

/// Reads files in processes of their own.
pub struct ProcessReader {
    program: PathBuf,
    arguments: Vec<String>,
    patience: Duration,
    wait: Duration,
    free: Mutex<usize>,
    freed: Condvar,
}

impl Default for ProcessReader {
    /// With this program itself, also when it was replaced on the disk since it was started.
    fn default() -> Self {
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().unwrap_or_else(|_| PathBuf::from("storywright"))
        };
        Self::new(program, vec![SUBCOMMAND.to_owned()], PATIENCE, WAIT)
    }
}

impl FileReader for ProcessReader {
    fn read(&self, file: &[u8]) -> Result<FileText, FileProblem> {
        let _turn = self.turn()?;
        let child = self.start().map_err(|error| {
            log::error!(error = error.to_string().as_str(); "the process that reads files did not start");
            FileProblem::NoReader
        })?;
        answer_of(child, file, self.patience)
    }
}

impl ProcessReader {
    fn new(program: PathBuf, arguments: Vec<String>, patience: Duration, wait: Duration) -> Self {
        Self { program, arguments, patience, wait, free: Mutex::new(AT_ONCE), freed: Condvar::new() }
    }

    /// Waits for a free place.
    fn turn(&self) -> Result<Turn<'_>, FileProblem> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_timeout_while(free, self.wait, |free| *free == 0);
        let (mut free, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() && *free == 0 {
            return Err(FileProblem::Busy);
        }
        *free -= 1;
        Ok(Turn(self))
    }

    /// Nothing of this process goes along: no environment, no open file, no place on the disk.
    fn start(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    }
}

/// A place among the files that are read at once.
struct Turn<'reader>(&'reader ProcessReader);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Gives the file in and takes the answer out, each on a thread of its own, so that a process that does neither is ended in time.
fn answer_of(mut child: Child, file: &[u8], patience: Duration) -> Result<FileText, FileProblem> {
    let (sender, receiver) = channel();
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A process that ended early takes no more; its answer says why.
            let _ = input.map(|mut input| input.write_all(file));
        });
        scope.spawn(move || {
            let mut answer = Vec::new();
            let read = output.map(|output| output.take(LONGEST_ANSWER).read_to_end(&mut answer));
            let _ = sender.send(read.is_some_and(|read| read.is_ok()).then_some(answer));
        });
        let answer = receiver.recv_timeout(patience);
        // Also after an answer: one that is too long is still being written.
        let _ = child.kill();
        answer
    });
    let ended = child.wait();
    match answer {
        Ok(Some(answer)) => serde_json::from_slice(&answer).unwrap_or(Err(FileProblem::TooMuchWork)),
        Err(RecvTimeoutError::Timeout) => Err(FileProblem::TooMuchWork),
        Ok(None) | Err(RecvTimeoutError::Disconnected) => {
            log::error!(ended = format!("{ended:?}").as_str(); "the process that reads files could not be heard");
            Err(FileProblem::NoReader)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> ProcessReader {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        ProcessReader::new(PathBuf::from("/bin/sh"), arguments, Duration::from_millis(400), Duration::from_millis(50))
    }

    #[track_caller]
    fn check(script: &str, expected: &str) {
        let read = shell(script).read(&vec![b'x'; 1_000_000]);
        let words = read.map_or_else(|problem| problem.code().to_owned(), |file| file.text);
        assert_eq!(words, expected, "{script}");
    }

    #[test]
    fn whatever_becomes_of_the_process_the_server_goes_on() {
        check(r#"cat >/dev/null; echo '{"Ok":{"kind":"text","text":"good"}}'"#, "good");
        check(r#"echo '{"Err":{"damaged":"pdf"}}'"#, "file_damaged");
        check("kill -STOP $$", "file_too_much_work");
        check("kill -SEGV $$", "file_too_much_work");
        check("exit 3", "file_too_much_work");
        check("echo nonsense", "file_too_much_work");
        check("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "file_too_much_work");
        check("env", "file_too_much_work");
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let none = ProcessReader::new(PathBuf::from("/nowhere"), Vec::new(), PATIENCE, WAIT);
        assert_eq!(none.read(b"x"), Err(FileProblem::NoReader));
    }

    #[test]
    fn only_so_many_files_are_read_at_once() {
        let reader = shell(r#"echo '{"Ok":{"kind":"text","text":"good"}}'"#);
        let turns: Vec<Turn<'_>> = (0..AT_ONCE).map(|_| reader.turn().unwrap()).collect();
        assert_eq!(reader.read(b"x"), Err(FileProblem::Busy));
        drop(turns);
        assert!(reader.read(b"x").is_ok());
    }
}
