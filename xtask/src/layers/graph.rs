//! The dependencies of our crates against [`super::rules`].

use serde_json::Value;

use super::Fault;
use super::rules::{ADAPTERS, OPTIONAL, OWNERS, Others, RULES, TEST_ONLY};
use crate::failure::Failure;

/// One of our crates, as its manifest describes it.
#[derive(Debug)]
pub struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
    default_features: Vec<String>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    optional: bool,
}

/// Our crates with their normal and build dependencies, from `cargo metadata --no-deps`.
pub fn crates(metadata: &Value) -> Result<Vec<Crate>, Failure> {
    let odd = || Failure::new("cargo metadata has an unknown form", "use the toolchain that README.md names");
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(odd);
    let mut crates = Vec::new();
    for package in metadata["packages"].as_array().ok_or_else(odd)? {
        let mut dependencies = Vec::new();
        for dependency in package["dependencies"].as_array().ok_or_else(odd)? {
            if dependency["kind"] != "dev" {
                let optional = dependency["optional"].as_bool().unwrap_or(false);
                dependencies.push(Dependency { name: text(&dependency["name"])?, optional });
            }
        }
        let default = package["features"]["default"].as_array();
        let default_features = default.into_iter().flatten().map(text).collect::<Result<_, _>>()?;
        crates.push(Crate { name: text(&package["name"])?, dependencies, default_features });
    }
    Ok(crates)
}

/// Every dependency that no rule allows, all at once.
pub fn faults(crates: &[Crate]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for krate in crates {
        let Some(rule) = RULES.iter().find(|rule| rule.name == krate.name) else {
            faults.push(Fault::new(&krate.name, "has no rule; give it one in xtask/src/layers/rules.rs"));
            continue;
        };
        for dependency in &krate.dependencies {
            let name = dependency.name.as_str();
            let ours = crates.iter().any(|other| other.name == name) || name.starts_with("storywright");
            let refused = if ours {
                (!rule.ours.contains(&name)).then(|| refused_of_ours(name))
            } else {
                refused_of_others(&krate.name, &rule.others, name)
            };
            faults.extend(refused.map(|what| Fault::new(&krate.name, what)));
            faults.extend(wrongly_required(krate, dependency).map(|what| Fault::new(&krate.name, what)));
        }
    }
    faults
}

fn refused_of_ours(name: &str) -> String {
    if TEST_ONLY.contains(&name) {
        format!("must not depend on `{name}`, which is for tests: make it a dev-dependency")
    } else if ADAPTERS.contains(&name) {
        format!(
            "must not depend on the adapter `{name}`: use a port of storywright-domain, and wire it in `storywright`"
        )
    } else {
        format!("must not depend on `{name}`: its rule in xtask/src/layers/rules.rs does not name it")
    }
}

fn refused_of_others(krate: &str, others: &Others, name: &str) -> Option<String> {
    if let Others::Only(allowed) = others {
        return (!allowed.contains(&name)).then(|| format!("may use only {}, not `{name}`", allowed.join(", ")));
    }
    let (_, owners) = OWNERS.iter().find(|(packages, _)| packages.contains(&name))?;
    if owners.contains(&krate) {
        return None;
    }
    Some(match owners {
        [] => format!("must not depend on `{name}`: nothing of the product uses it"),
        _ => format!("must not depend on `{name}`, which belongs to {}", owners.join(", ")),
    })
}

fn wrongly_required(krate: &Crate, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    OPTIONAL.iter().find(|(of, package)| *of == krate.name && *package == name)?;
    if !dependency.optional {
        return Some(format!("may have `{name}` only as an optional dependency"));
    }
    // A feature that is on by default would make it required in all but name.
    let on = |feature: &String| feature.contains(name) || feature == "mocks";
    krate.default_features.iter().any(on).then(|| format!("must not switch `{name}` on by default"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Value {
        let list: Vec<Value> =
            dependencies.iter().map(|name| json!({ "name": name, "kind": null, "optional": false })).collect();
        json!({ "name": name, "dependencies": list, "features": {} })
    }

    #[track_caller]
    fn check(packages: &[Value], expected: &[(&str, &str)]) {
        let crates = crates(&json!({ "packages": packages })).unwrap();
        let faults = faults(&crates);
        let found: Vec<_> = faults.iter().map(|fault| fault.place.as_str()).collect();
        let places: Vec<_> = expected.iter().map(|(place, _)| *place).collect();
        assert_eq!(found, places, "{faults:#?}");
        for (fault, (_, part)) in faults.iter().zip(expected) {
            assert!(fault.what.contains(part), "`{}` does not say `{part}`", fault.what);
        }
    }

    #[test]
    fn a_graph_that_keeps_to_the_walls_passes() {
        check(
            &[
                package("storywright-domain", &["serde", "thiserror"]),
                package("storywright-application", &["storywright-domain", "log"]),
                package("storywright-storage", &["storywright-domain", "diesel"]),
                package("storywright-web", &["storywright-domain", "storywright-application", "actix-web", "tera"]),
                package("storywright-llm", &["storywright-domain", "storywright-http", "url"]),
                package("storywright", &["storywright-web", "storywright-storage", "storywright-vault", "clap"]),
            ],
            &[],
        );
    }

    #[test]
    fn a_heavy_domain_is_refused() {
        check(
            &[package("storywright-domain", &["serde", "diesel", "log"])],
            &[("storywright-domain", "not `diesel`"), ("storywright-domain", "not `log`")],
        );
    }

    #[test]
    fn adapters_do_not_see_each_other_the_application_or_the_web() {
        check(
            &[
                package("storywright-storage", &["storywright-vault"]),
                package("storywright-atlassian", &["storywright-application"]),
                package("storywright-llm", &["storywright-web"]),
                package("storywright-http", &["storywright-llm"]),
            ],
            &[
                ("storywright-storage", "adapter `storywright-vault`"),
                ("storywright-atlassian", "`storywright-application`"),
                ("storywright-llm", "`storywright-web`"),
                ("storywright-http", "adapter `storywright-llm`"),
            ],
        );
    }

    #[test]
    fn only_the_binary_may_wire_adapters() {
        check(
            &[package("storywright-web", &["storywright-storage", "diesel", "ureq"])],
            &[
                ("storywright-web", "adapter `storywright-storage`"),
                ("storywright-web", "`diesel`, which belongs to storywright-storage"),
                ("storywright-web", "`ureq`, which belongs to storywright-http"),
            ],
        );
    }

    #[test]
    fn test_crates_stay_dev_dependencies() {
        let mut with_dev = package("storywright-web", &[]);
        with_dev["dependencies"] = json!([{ "name": "storywright-testkit", "kind": "dev", "optional": false }]);
        check(&[with_dev], &[]);
        check(
            &[
                package("storywright", &["storywright-sandbox"]),
                package("storywright-sandbox", &["storywright-domain"]),
            ],
            &[("storywright", "dev-dependency"), ("storywright-sandbox", "`storywright-domain`")],
        );
    }

    #[test]
    fn mocks_stay_optional_and_off() {
        check(&[package("storywright-domain", &["mockall"])], &[("storywright-domain", "optional")]);
        let mut optional = package("storywright-domain", &[]);
        optional["dependencies"] = json!([{ "name": "mockall", "kind": null, "optional": true }]);
        check(std::slice::from_ref(&optional), &[]);
        optional["features"] = json!({ "default": ["mocks"], "mocks": ["dep:mockall"] });
        check(&[optional], &[("storywright-domain", "by default")]);
    }

    #[test]
    fn a_crate_without_a_rule_is_refused() {
        check(&[package("storywright-extra", &[])], &[("storywright-extra", "has no rule")]);
    }

    #[test]
    fn every_rule_names_known_crates() {
        for rule in RULES {
            for name in rule.ours {
                assert!(RULES.iter().any(|other| other.name == *name), "{} names {name}", rule.name);
            }
        }
    }
}
