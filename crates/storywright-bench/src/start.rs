//! Start time and memory at rest.

use crate::Failure;
use crate::company::Company;
use crate::report::{Report, Target, percentile};

/// Starts the server several times on a migrated database.
pub fn measure(report: &mut Report, quick: bool) -> Result<(), Failure> {
    let mut company = Company::start("sandbox-writer")?;
    let mut times = Vec::new();
    for _ in 0..if quick { 2 } else { 9 } {
        times.push(company.restart()?.as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    report.add("start to first 200 on /readyz, median", percentile(&times, 0.5), "ms", Some(Target::AtMost(150.0)));
    report.add("start to first 200 on /readyz, slowest", percentile(&times, 1.0), "ms", None);
    report.add("resident memory, idle", company.server.resident_mb()?, "MB", Some(Target::AtMost(40.0)));
    Ok(())
}
