//! Figures and their targets.

use crate::Failure;
use serde_json::json;

/// What was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Target {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

impl Target {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtMost(limit) => format!("at most {limit}"),
            Self::AtLeast(limit) => format!("at least {limit}"),
        }
    }
}

impl Report {
    /// Adds a figure, and shows it at once: a long run should say what it has.
    pub fn add(&mut self, what: impl Into<String>, value: f64, unit: &'static str, target: Option<Target>) {
        let row = Row { what: what.into(), value, unit, target };
        eprintln!("  {}", line(&row));
        self.rows.push(row);
    }

    /// Prints the table.
    pub fn print(&self) {
        println!("\n{:<66} {:>12} {:<8} target", "figure", "value", "unit");
        for row in &self.rows {
            println!("{}", line(row));
        }
    }

    /// Keeps the figures as JSON beside the screenshots.
    pub fn save(&self) -> Result<(), Failure> {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| json!({"figure": row.what, "value": row.value, "unit": row.unit, "target": row.target.map(Target::words), "met": row.target.map(|target| target.met(row.value))}))
            .collect();
        std::fs::create_dir_all("artefacts")?;
        std::fs::write("artefacts/bench.json", serde_json::to_string_pretty(&rows)?)?;
        Ok(())
    }
}

fn line(row: &Row) -> String {
    let verdict = match row.target {
        Some(target) if target.met(row.value) => format!("{} (met)", target.words()),
        Some(target) => format!("{} (MISSED)", target.words()),
        None => String::new(),
    };
    format!("{:<66} {:>12.3} {:<8} {verdict}", row.what, row.value, row.unit)
}

/// The value below which this share of the sorted values lies.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index of a list in memory"
    )]
    let at = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[at.min(sorted.len() - 1)]
}
