//! Both databases have the same migrations under the same names.

use std::collections::BTreeSet;
use std::path::Path;

use super::Fault;
use crate::failure::{Explain, Failure};

/// Names that only one of `sqlite` and `postgres` has. An empty `postgres` folder is not compared.
pub fn faults(folder: &Path) -> Result<Vec<Fault>, Failure> {
    let sqlite = names(&folder.join("sqlite"))?;
    let postgres = names(&folder.join("postgres"))?;
    if postgres.is_empty() {
        return Ok(Vec::new());
    }
    let missing = |name: &String, from: &str| {
        Fault::new(format!("migrations/{from}"), format!("has no `{name}`: write it for both databases"))
    };
    let in_postgres = sqlite.difference(&postgres).map(|name| missing(name, "postgres"));
    Ok(in_postgres.chain(postgres.difference(&sqlite).map(|name| missing(name, "sqlite"))).collect())
}

fn names(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    let doing = format!("list {}", folder.display());
    let remedy = "check the permissions of the folder";
    let mut names = BTreeSet::new();
    for entry in folder.read_dir().explain(&doing, remedy)? {
        let entry = entry.explain(&doing, remedy)?;
        if entry.path().is_dir() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_must_match_once_postgres_has_any() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| std::fs::create_dir_all(folder.path().join(name)).unwrap();
        make("sqlite/0001_people");
        make("postgres");
        assert_eq!(faults(folder.path()).unwrap(), []);
        make("postgres/0002_drafts");
        let found = faults(folder.path()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].place.as_str(), found[1].place.as_str()), ("migrations/postgres", "migrations/sqlite"));
        make("sqlite/0002_drafts");
        make("postgres/0001_people");
        assert_eq!(faults(folder.path()).unwrap(), []);
    }
}
