//! The configuration folder: `config.json`, `header.json`, `payload.json`, `prompts.json`, read and checked as a whole.

mod answer_payload;
mod dialect_file;
mod error;
mod headers;
mod payload;
mod prompts;
mod services;
mod tool_payload;

pub(crate) use answer_payload::{FinishWord, FinishWords, Pointers};
pub(crate) use dialect_file::{Dialect, DialectFile, Seen};
pub use error::ConfigError;
pub(crate) use error::Problem;
pub(crate) use headers::Headers;
pub(crate) use payload::{BodyParts, Payload};
pub(crate) use prompts::{CallPrompts, Prompts};
pub(crate) use services::{Service, Structured, System, Timeouts, Tools};
pub(crate) use tool_payload::{CallPointers, OneOrMore, ToolTemplates};

use error::Source;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use storywright_http::{AllowedOrigin, OriginRules, Purpose};

/// The services with everything that is needed to speak to them. It never changes: a changed folder makes a new one.
pub struct LlmConfig {
    pub(crate) services: Vec<ReadyService>,
    pub(crate) prompts: Prompts,
    pub(crate) max_streams: usize,
    /// Whether the words of tool results are joined by a mark instead of spaces.
    pub(crate) datamarking: bool,
    /// Folder of the dialect files.
    dialects: PathBuf,
    stamp: Stamp,
}

/// A service with its headers and its payload.
pub(crate) struct ReadyService {
    pub(crate) service: Service,
    pub(crate) headers: Headers,
    pub(crate) payload: Payload,
    /// What it is asked for at first.
    pub(crate) dialect: Dialect,
}

/// How the files looked when they were read: length and time of change of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    fn of(files: Vec<PathBuf>) -> Self {
        let looks = |file: &PathBuf| {
            let data = std::fs::metadata(file).ok()?;
            Some((data.len(), data.modified().ok()?))
        };
        Self(
            files
                .into_iter()
                .map(|file| {
                    let look = looks(&file);
                    (file, look)
                })
                .collect(),
        )
    }

    /// How the same files look now.
    pub(crate) fn again(&self) -> Self {
        Self::of(self.0.iter().map(|(file, _)| file.clone()).collect())
    }
}

impl LlmConfig {
    /// Reads the folder.
    ///
    /// # Errors
    /// [`ConfigError`] for the first thing that is wrong: file, line, reason, cure.
    pub fn load(folder: &Path) -> Result<Self, ConfigError> {
        Self::read(folder).map_err(|failure| failure.error)
    }

    /// Like [`Self::load`]; a failure also says which state of the files it is about.
    pub(crate) fn read(folder: &Path) -> Result<Self, ReadFailure> {
        let mut files = vec![folder.join("config.json")];
        // Before the files are read: a change in between is seen at the next look.
        let mut stamp = Stamp::of(files.clone());
        let outcome = Self::read_files(folder, &mut files, &mut stamp);
        outcome.map_err(|error| ReadFailure { error, stamp })
    }

    fn read_files(folder: &Path, files: &mut Vec<PathBuf>, stamp: &mut Stamp) -> Result<Self, ConfigError> {
        let main = read(folder.join("config.json"))?;
        let file: services::ConfigFile = main.parse()?;
        let mut part = file.llm;
        part.check().map_err(|problem| main.error(problem))?;
        files.extend([&part.files.header, &part.files.payload, &part.files.prompts].map(|name| folder.join(name)));
        files.extend(part.services.iter().filter_map(|service| Some(folder.join(service.ca_file.as_ref()?))));
        let dialects = folder.join(&part.files.dialects);
        files.extend(part.services.iter().map(|service| dialect_path(&dialects, &service.name)));
        *stamp = Stamp::of(files.clone());

        let header = read(folder.join(&part.files.header))?;
        let payload = read(folder.join(&part.files.payload))?;
        let prompts = read(folder.join(&part.files.prompts))?;
        let header_file: headers::HeaderFile = header.parse()?;
        let payload_file: payload::PayloadFile = payload.parse()?;
        let prompt_file: prompts::PromptFile = prompts.parse()?;

        for service in &mut part.services {
            if let Some(name) = &service.ca_file {
                service.ca_pem = Some(read(folder.join(name))?.text);
            }
            origin(service).map_err(|problem| main.error(problem))?;
        }
        let names: Vec<&str> = part.services.iter().map(|service| service.name.as_str()).collect();
        header_file.check(&names).map_err(|problem| header.error(problem))?;
        payload_file.check(&names).map_err(|problem| payload.error(problem))?;
        let ready = |service: Service| -> Result<ReadyService, ConfigError> {
            Ok(ReadyService {
                headers: header_file.of(&service.name).map_err(|problem| header.error(problem))?,
                payload: payload_file.of(&service.name).map_err(|problem| payload.error(problem))?,
                dialect: found_dialect(&dialects, &service)?.unwrap_or_else(|| Dialect::configured(&service)),
                service,
            })
        };
        Ok(Self {
            services: part.services.into_iter().map(ready).collect::<Result<_, _>>()?,
            prompts: prompt_file.compile().map_err(|problem| prompts.error(problem))?,
            max_streams: part.max_streams,
            datamarking: part.datamarking,
            dialects: dialects.clone(),
            stamp: stamp.clone(),
        })
    }

    /// The places that the services are at, for the list of allowed places.
    #[must_use]
    pub fn origins(&self) -> Vec<AllowedOrigin> {
        self.services.iter().filter_map(|ready| origin(&ready.service).ok()).collect()
    }

    /// Names of the services, the default first.
    #[must_use]
    pub fn service_names(&self) -> Vec<String> {
        self.services.iter().map(|ready| ready.service.name.clone()).collect()
    }

    /// The file that says what this service was found to take. It need not be there.
    #[must_use]
    pub fn dialect_path(&self, service: &str) -> PathBuf {
        dialect_path(&self.dialects, service)
    }

    /// How the files looked when they were read.
    pub(crate) fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

/// Files that cannot be used, and how they looked: the same files need not be read again.
pub(crate) struct ReadFailure {
    pub(crate) error: ConfigError,
    pub(crate) stamp: Stamp,
}

fn origin(service: &Service) -> Result<AllowedOrigin, Problem> {
    let rules = OriginRules {
        allow_http: service.allow_http,
        allow_loopback: service.allow_loopback,
        allow_unverified_tls: false,
    };
    AllowedOrigin::parse(&service.name, Purpose::Llm, &service.base_url, rules).map_err(|error| {
        Problem::new(format!("service `{}`: {error}", service.name), "correct its `base_url`").near(&service.base_url)
    })
}

fn dialect_path(folder: &Path, service: &str) -> PathBuf {
    folder.join(format!("{service}.json"))
}

/// What a dialect file says of a service, if there is one and it is about it.
fn found_dialect(folder: &Path, service: &Service) -> Result<Option<Dialect>, ConfigError> {
    let file = dialect_path(folder, &service.name);
    if !file.exists() {
        return Ok(None);
    }
    let found: DialectFile = read(file)?.parse()?;
    Ok(found.of(service))
}

fn read(file: PathBuf) -> Result<Source, ConfigError> {
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Source { file, text }),
        Err(error) => Err(ConfigError {
            file,
            line: None,
            reason: format!("it cannot be read ({error})"),
            cure: "put it there and let the server's user read it".to_owned(),
        }),
    }
}

fn known_services<'a>(used: impl Iterator<Item = &'a String>, services: &[&str]) -> Result<(), Problem> {
    for name in used {
        if !services.contains(&name.as_str()) {
            return Err(Problem::new(
                format!("there is no service `{name}`"),
                format!("use a name of config.json: {}", services.join(", ")),
            )
            .near(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
