//! `storywright lint` on long files: stories a second, memory beside ten times the file, and lines of 32 KB.

use crate::Failure;
use crate::process::{child_seconds, peak_mb, program};
use crate::report::{Report, Target, percentile};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Stories of the smaller file, more than the linter remembers; the larger has ten times as many.
const STORIES: usize = 300_000;
/// Memory in MB that ten times the file may take more, whatever its size: one doubling of a table.
const MORE: f64 = 16.0;
/// Length of a hostile line in bytes.
const LINE: usize = 32 * 1_024;
/// Kinds of hostile lines that are timed.
const KINDS: usize = 60;
/// Lines of one kind: the system counts processor time in hundredths of a second.
const OF_A_KIND: usize = 20;

const ROLES: [&str; 8] =
    ["support agent", "accountant", "warehouse clerk", "nurse", "site owner", "auditor", "teacher", "dispatcher"];
const VERBS: [&str; 8] = ["approve", "export", "search", "archive", "reassign", "compare", "print", "share"];
const THINGS: [&str; 8] = [
    "refunds",
    "delivery notes",
    "open invoices",
    "lesson plans",
    "audit entries",
    "vouchers",
    "routes",
    "lab results",
];
const ENDS: [&str; 6] = [
    "customers are paid back on the same day",
    "nobody has to ask twice",
    "the month can be closed in time",
    "mistakes are found before they are paid",
    "my colleagues see what was agreed",
    "the law is kept",
];
const PLACES: [&str; 6] = ["of my branch", "by date", "on the phone", "for one customer", "in bulk", "of last year"];
/// What makes lines hard to read: openings without ends, markers in rows, text without words.
const PIECES: [&str; 16] = [
    "as a ",
    "i want to ",
    "so that ",
    "(",
    ")",
    "[",
    "and view ",
    "it ",
    "e.g. ",
    "US-1 ",
    "in order to ",
    "- ",
    "ä",
    "etc. ",
    "und suchen ",
    "afin de ",
];

/// Numbers that are the same in each run: the high bits of a linear congruence (Knuth, MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % most
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Throughput and memory.
pub fn measure(report: &mut Report, quick: bool) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let stories = if quick { STORIES / 20 } else { STORIES };
    let mut peaks = Vec::new();
    for (times, count) in [(1, stories), (10, stories * 10)] {
        let file = folder.path().join(format!("{count}.txt"));
        write_stories(&file, count)?;
        let run = lint(&file)?;
        #[expect(clippy::cast_precision_loss, reason = "a count below 2^52")]
        let count = count as f64;
        report.add(
            format!("lint, {times}x file, stories for each second of one core"),
            count / run.core,
            "1/s",
            Some(Target::AtLeast(20_000.0)),
        );
        report.add(format!("lint, {times}x file, stories a second"), count / run.wall, "1/s", None);
        report.add(format!("lint, {times}x file, most memory"), run.peak, "MB", None);
        peaks.push(run.peak);
    }
    if let [small, large] = peaks.as_slice() {
        // The linter remembers so many stories and no more; its tables may double once more while old ones make room for new ones.
        let more = large - small;
        report.add("lint, memory that the 10x file takes more", more, "MB", Some(Target::AtMost(MORE)));
    }
    let mut times = Vec::new();
    let mut numbers = Numbers(1);
    let file = folder.path().join("lines.txt");
    for _ in 0..if quick { 8 } else { KINDS } {
        std::fs::write(&file, hostile_lines(&mut numbers))?;
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        times.push(lint(&file)?.core * 1_000.0 / OF_A_KIND as f64);
    }
    times.sort_by(f64::total_cmp);
    report.add("lint, a line of 32 KB, processor time, median kind", percentile(&times, 0.5), "ms", None);
    let slowest = percentile(&times, 1.0);
    report.add("lint, a line of 32 KB, processor time, slowest kind", slowest, "ms", Some(Target::AtMost(30.0)));
    Ok(())
}

/// Stories as backlogs have them: most are well told, some miss a part, some say too much, some are there twice.
fn write_stories(file: &Path, count: usize) -> Result<(), Failure> {
    let mut numbers = Numbers(7);
    let mut lines = BufWriter::new(std::fs::File::create(file)?);
    for number in 0..count {
        let (role, verb, thing) = (numbers.of(&ROLES), numbers.of(&VERBS), numbers.of(&THINGS));
        let (place, end) = (numbers.of(&PLACES), numbers.of(&ENDS));
        match numbers.below(10) {
            0 => writeln!(lines, "As a {role}, I want to {verb} {thing} {place}."),
            1 => writeln!(
                lines,
                "As a {role}, I want to {verb} and print {thing} {place} (see US-{number}), so that {end}."
            ),
            2 => writeln!(lines, "{verb} {thing} {place} quickly, etc."),
            _ => writeln!(lines, "As a {role}, I want to {verb} {thing} {place} with number {number}, so that {end}."),
        }?;
    }
    Ok(lines.flush()?)
}

/// Lines of one kind: each is a row of the same few pieces, which is what hides behind squares of its length.
fn hostile_lines(numbers: &mut Numbers) -> String {
    let pieces: Vec<&str> = (0..=numbers.below(4)).map(|_| numbers.of(&PIECES)).collect();
    let mut lines = String::with_capacity(OF_A_KIND * (LINE + LINE / 64));
    for number in 1..=OF_A_KIND {
        while lines.len() < number * LINE {
            lines.push_str(numbers.of(&pieces));
        }
        lines.push('\n');
    }
    lines
}

struct Run {
    /// Seconds from start to end.
    wall: f64,
    /// Seconds of processor time.
    core: f64,
    /// Most resident memory in MB.
    peak: f64,
}

/// Lints a file and reads all that comes of it, as a pipe would.
fn lint(file: &Path) -> Result<Run, Failure> {
    let core_before = child_seconds()?;
    let begin = Instant::now();
    let mut child = Command::new(program("storywright")?)
        .args(["lint", "--format", "json"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = child.stdout.take().ok_or("no output")?;
    let mut buffer = vec![0; 1 << 16];
    let (mut read, mut rounds, mut peak) = (0, 0_u32, 0.0);
    loop {
        // The account of a process is gone when it has ended, so it is read while there is still something to write.
        if rounds.is_multiple_of(64) {
            peak = peak_mb(child.id()).unwrap_or(peak);
        }
        rounds += 1;
        match output.read(&mut buffer)? {
            0 => break,
            more => read += more,
        }
    }
    let status = child.wait()?;
    let wall = begin.elapsed().as_secs_f64();
    // 1 says that there are findings which are errors, as there should be.
    if read == 0 || !matches!(status.code(), Some(0 | 1)) {
        return Err(format!("lint of {} ended with {status} after {read} bytes", file.display()).into());
    }
    Ok(Run { wall, core: child_seconds()? - core_before, peak })
}
