//! The configuration in use. A changed folder is taken over at the next call; a broken one is refused, and the last good one
//! goes on.

use crate::config::{ConfigError, Dialect, LlmConfig, ReadyService, Stamp};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// A configuration with what was learned while it was used.
pub(crate) struct Loaded {
    pub(crate) config: LlmConfig,
    /// By service: what it turned out not to take.
    learned: Mutex<HashMap<String, Dialect>>,
}

impl Loaded {
    fn new(config: LlmConfig) -> Arc<Self> {
        Arc::new(Self { config, learned: Mutex::default() })
    }

    /// The service with this name.
    pub(crate) fn service(&self, name: &str) -> Option<&ReadyService> {
        self.config.services.iter().find(|ready| ready.service.name == name)
    }

    /// What to ask of a service.
    pub(crate) fn dialect(&self, ready: &ReadyService) -> Dialect {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.get(&ready.service.name).unwrap_or(&ready.dialect).clone()
    }

    /// Remembers what a service takes.
    pub(crate) fn learn(&self, service: &str, dialect: Dialect) {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).insert(service.to_owned(), dialect);
    }
}

/// The folder and what was read from it last.
pub(crate) struct Live {
    folder: PathBuf,
    loaded: RwLock<Arc<Loaded>>,
    /// How the files looked that were refused last. Held while somebody reads, so that only one does.
    refused: Mutex<Option<Stamp>>,
}

impl Live {
    pub(crate) fn load(folder: PathBuf) -> Result<Self, ConfigError> {
        let config = LlmConfig::load(&folder)?;
        Ok(Self { folder, loaded: RwLock::new(Loaded::new(config)), refused: Mutex::default() })
    }

    /// What was read last.
    pub(crate) fn last(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is in the folder now, if it can be used; `changed` is called with a new one before anybody uses it.
    pub(crate) fn now(&self, changed: impl FnOnce(&LlmConfig)) -> Arc<Loaded> {
        let last = self.last();
        if last.config.stamp().again() == *last.config.stamp() {
            return last;
        }
        // Whoever finds another call reading goes on with what there is.
        let Ok(mut refused) = self.refused.try_lock() else { return last };
        if refused.as_ref().is_some_and(|stamp| stamp.again() == *stamp) {
            return last;
        }
        match self.read(&mut refused, changed) {
            Ok(new) => new,
            Err(error) => {
                log::warn!("the changed configuration is refused, the last good one goes on: {error}");
                last
            }
        }
    }

    /// Reads the folder again, changed or not.
    pub(crate) fn reload(&self, changed: impl FnOnce(&LlmConfig)) -> Result<(), ConfigError> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(&mut refused, changed).map(|_| ())
    }

    fn read(&self, refused: &mut Option<Stamp>, changed: impl FnOnce(&LlmConfig)) -> Result<Arc<Loaded>, ConfigError> {
        match LlmConfig::read(&self.folder) {
            Ok(config) => {
                changed(&config);
                let new = Loaded::new(config);
                *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
                *refused = None;
                log::info!("the LLM configuration has been read again");
                Ok(new)
            }
            Err(failure) => {
                *refused = Some(failure.stamp);
                Err(failure.error)
            }
        }
    }
}
