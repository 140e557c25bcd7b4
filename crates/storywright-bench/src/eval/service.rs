//! The LLM service that `--llm` names: its part of a company's configuration, and who is known there.

use crate::Failure;
use serde_json::{Value, json};
use std::path::Path;

/// Names of the variables that say who asks the service.
const CREDENTIAL: &str = "STORYWRIGHT_EVAL_CREDENTIAL";
const EMPLOYEE: &str = "STORYWRIGHT_EVAL_EMPLOYEE_ID";

/// A service of a configuration, and the person in whose name it is asked.
pub struct Service {
    /// Its name in the configuration.
    pub name: String,
    /// Credential of its holder.
    pub credential: String,
    /// Employee ID by which the service knows the holder.
    pub employee: String,
    /// `llm` of `config.json` with this service alone, and with files that are found from anywhere.
    llm: Value,
}

impl Service {
    /// Reads what there is to know, before anything is started.
    pub fn read(name: &str, folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| format!("{}: {error}; --config names the folder", folder.display());
        let folder = folder.canonicalize().map_err(cannot)?;
        let path = folder.join("config.json");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let own: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let llm = part(&own, name, &folder).map_err(|problem| format!("{}: {problem}", path.display()))?;
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        match (set(CREDENTIAL), set(EMPLOYEE)) {
            (Some(credential), Some(employee)) => Ok(Self { name: name.to_owned(), credential, employee, llm }),
            (credential, employee) => {
                let missing: Vec<&str> = [
                    credential.is_none().then_some("STORYWRIGHT_EVAL_CREDENTIAL to your credential of the service"),
                    employee
                        .is_none()
                        .then_some("STORYWRIGHT_EVAL_EMPLOYEE_ID to the employee ID that it knows you by"),
                ]
                .into_iter()
                .flatten()
                .collect();
                Err(format!("set {}", missing.join(", and ")).into())
            }
        }
    }

    /// Puts the service into a configuration in place of those that are there.
    pub fn put_into(&self, config: &mut Value) {
        config["llm"] = self.llm.clone();
    }
}

/// The part of a configuration that the service needs.
fn part(own: &Value, name: &str, folder: &Path) -> Result<Value, String> {
    let services = own["llm"]["services"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut service = services.iter().find(|service| service["name"] == name).cloned().ok_or_else(|| {
        let names: Vec<String> =
            services.iter().filter_map(|service| Some(format!("`{}`", service["name"].as_str()?))).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        format!("there is no service `{name}` under llm.services, only {there}")
    })?;
    let found = |file: &str| json!(folder.join(file).display().to_string());
    if let Some(certificates) = service["ca_file"].as_str().map(found) {
        service["ca_file"] = certificates;
    }
    let mut llm = own["llm"].clone();
    let files =
        [("header", "header.json"), ("payload", "payload.json"), ("prompts", "prompts.json"), ("dialects", "dialects")];
    for (key, otherwise) in files {
        llm["files"][key] = found(own["llm"]["files"][key].as_str().unwrap_or(otherwise));
    }
    llm["services"] = json!([service]);
    Ok(llm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({"llm": {"datamarking": true, "files": {"prompts": "own/prompts.json"}, "services": [
            {"name": "corp", "ca_file": "corp.pem"}, {"name": "lab"},
        ]}});
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        folder
    }

    #[track_caller]
    fn refused(name: &str, set: &[&str], expected: &str) {
        let folder = folder();
        let variable = |name: &str| set.contains(&name).then(|| "x".to_owned());
        let Err(failure) = Service::read(name, folder.path(), variable) else { panic!("it is taken") };
        assert!(failure.to_string().ends_with(expected), "{failure}");
    }

    #[test]
    fn what_is_missing_is_told_before_anything_is_started() {
        refused("Corp", &[], "there is no service `Corp` under llm.services, only `corp`, `lab`");
        refused("corp", &[EMPLOYEE], "set STORYWRIGHT_EVAL_CREDENTIAL to your credential of the service");
        refused(
            "corp",
            &[],
            "to your credential of the service, and STORYWRIGHT_EVAL_EMPLOYEE_ID to the employee ID that it knows you by",
        );
    }

    #[test]
    fn files_are_found_from_the_folder_of_another_configuration() {
        let folder = folder();
        let service = Service::read("corp", folder.path(), |_| Some("x".to_owned())).unwrap();
        let root = folder.path().canonicalize().unwrap();
        let at = |file: &str| json!(root.join(file).display().to_string());
        let mut config = json!({"llm": {"services": [{"name": "sandbox"}]}, "sites": []});
        service.put_into(&mut config);
        assert_eq!(config["llm"]["services"], json!([{"name": "corp", "ca_file": at("corp.pem")}]));
        assert_eq!(config["llm"]["files"]["prompts"], at("own/prompts.json"));
        assert_eq!(config["llm"]["files"]["payload"], at("payload.json"));
        assert_eq!(config["llm"]["datamarking"], true, "what the company has set for all services holds");
    }
}
