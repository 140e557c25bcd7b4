//! The lock file: packages that must not be anywhere in the tree, whoever asks for them.

use super::Fault;
use crate::tools::Workspace;

/// Ring is the one crypto provider; a second one, or OpenSSL, needs a C build and doubles what must be trusted.
const BANNED: &[&str] = &["aws-lc-sys", "aws-lc-rs", "openssl-sys", "openssl", "native-tls"];

/// Banned packages that `confirm` finds in the tree. The lock file may also name packages that no feature
/// switches on, so `confirm` asks cargo who needs them and gives `None` when nobody does.
pub fn faults(lock: &str, confirm: impl Fn(&str) -> Option<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for name in packages(lock).filter(|name| BANNED.contains(name)) {
        if let Some(dependants) = confirm(name) {
            let what = format!("`{name}` is in the tree; switch off the feature that brings it:\n{dependants}");
            faults.push(Fault::new("Cargo.lock", what));
        }
    }
    faults
}

/// How many packages the lock file names.
pub fn count(lock: &str) -> usize {
    packages(lock).count()
}

fn packages(lock: &str) -> impl Iterator<Item = &str> {
    lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}

/// Who depends on a package, as cargo draws it. When cargo cannot say, the package counts as used.
pub fn dependants(workspace: &Workspace, package: &str) -> Option<String> {
    let mut command = workspace.cargo();
    command.args(["tree", "--workspace", "--all-features", "--target", "all", "--invert", package]);
    match command.output() {
        Ok(output) if output.status.success() => {
            let tree = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            (!tree.is_empty()).then_some(tree)
        }
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"ring\"\nversion = \"0.17.14\"\n\n[[package]]\nname = \"aws-lc-sys\"\n";

    #[test]
    fn a_banned_package_in_the_tree_is_a_fault_with_its_path() {
        let faults = faults(LOCK, |name| Some(format!("{name} <- rustls <- storywright-http")));
        assert_eq!(faults.len(), 1);
        assert!(faults[0].what.contains("aws-lc-sys <- rustls <- storywright-http"));
        assert_eq!(count(LOCK), 2);
    }

    #[test]
    fn a_package_that_no_feature_switches_on_is_none() {
        assert!(faults(LOCK, |_| None).is_empty());
    }
}
