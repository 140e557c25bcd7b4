//! What every handler shares, and the one bridge from the framework's async threads to the blocking use cases.

use crate::errors::{AppError, kinds};
use crate::limits::Limits;
use crate::settings::WebSettings;
use crate::sse::Streams;
use crate::view::Views;
use actix_web::web;
use std::sync::Arc;
use std::time::Duration;
use storywright_application::Ports;
use storywright_application::overview::CountCache;
use storywright_domain::{Millis, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Checks uploaded certificates (PEM), or says what is wrong in words for people.
pub type CertificateCheck = Arc<dyn Fn(&str) -> Result<CheckedCertificates, String> + Send + Sync>;

/// Certificates that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedCertificates {
    /// The certificates alone, in PEM: what is stored.
    pub pem: String,
    /// Whose they are, in order.
    pub certificates: Vec<CertificateFacts>,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whose it is.
    pub subject: String,
    /// Valid to.
    pub not_after: Timestamp,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Forms with files that are in memory at a time, each with up to [`crate::route::FILES`] bytes and a copy of them.
const FORMS_WITH_FILES: usize = 6;
/// How long a form with files waits for its place.
const FILES_WAIT: Duration = Duration::from_secs(10);

/// Shared by all workers; made once at start.
pub struct AppState {
    /// The ports of the use cases.
    pub ports: Arc<Ports>,
    /// Settings of the server.
    pub settings: WebSettings,
    /// Templates and static files, read once.
    pub views: Arc<Views>,
    /// How often something may be asked.
    pub limits: Limits,
    /// What lists say about drafts, counted once per version.
    pub counts: CountCache,
    /// Checks uploaded certificates.
    pub certificate_check: CertificateCheck,
    /// Event streams that are open.
    pub streams: Arc<Streams>,
    /// Requests that may wait for Jira, Confluence or the LLM at a time: half of a worker's blocking threads, so that a site that
    /// hangs never holds up the pages that need no site.
    outside: Arc<Semaphore>,
    /// Forms with files that are in memory at a time.
    files: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A template is wrong.
    #[error("the page templates cannot be used: {0}")]
    Templates(String),
}

impl AppState {
    /// Reads templates and static files and puts everything together.
    ///
    /// # Errors
    /// [`StartError`] when a template cannot be parsed.
    pub fn new(ports: Ports, settings: WebSettings, certificate_check: CertificateCheck) -> Result<Self, StartError> {
        let views = Arc::new(Views::load(settings.dev_assets.as_deref(), Arc::clone(&ports.sha256))?);
        let limits = Limits::new(settings.rates, Arc::clone(&ports.clock));
        let (closing, _) = watch::channel(false);
        let streams = Arc::new(Streams::default());
        let outside = Arc::new(Semaphore::new((settings.blocking_threads / 2).max(1)));
        Ok(Self {
            ports: Arc::new(ports),
            settings,
            views,
            limits,
            counts: CountCache::default(),
            certificate_check,
            streams,
            outside,
            files: Arc::new(Semaphore::new(FORMS_WITH_FILES)),
            closing,
        })
    }

    /// Runs a use case on the blocking pool. The only place where the server leaves its async threads.
    ///
    /// # Errors
    /// The error of the use case, in words for people.
    pub async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Ports) -> Result<T, E> + Send + 'static,
    ) -> Result<T, AppError>
    where
        T: Send + 'static,
        E: Into<AppError> + Send + 'static,
    {
        let ports = Arc::clone(&self.ports);
        web::block(move || work(&ports)).await.map_err(AppError::internal)?.map_err(Into::into)
    }

    /// [`AppState::blocking`] for a route that may call other systems (`outside`): only so much of that runs at a time, the rest
    /// waits here.
    ///
    /// # Errors
    /// The error of the use case, in words for people.
    pub async fn blocking_for<T, E>(
        &self,
        outside: bool,
        work: impl FnOnce(&Ports) -> Result<T, E> + Send + 'static,
    ) -> Result<T, AppError>
    where
        T: Send + 'static,
        E: Into<AppError> + Send + 'static,
    {
        let permit = match outside {
            true => Some(Arc::clone(&self.outside).acquire_owned().await.map_err(AppError::internal)?),
            false => None,
        };
        self.blocking(move |ports| {
            // Held until the work is over, even if the browser went away meanwhile.
            let _permit = permit;
            work(ports)
        })
        .await
    }

    /// A place for a form with files.
    ///
    /// # Errors
    /// `file_reader_busy` when none gets free in a while.
    pub async fn place_for_files(&self) -> Result<OwnedSemaphorePermit, AppError> {
        match tokio::time::timeout(FILES_WAIT, Arc::clone(&self.files).acquire_owned()).await {
            Ok(place) => place.map_err(AppError::internal),
            Err(_) => Err(AppError::new(
                &kinds::FILE_READER_BUSY,
                "Other people are sending files at the moment",
                "Try again in a moment",
            )
            .with_retry_after(Millis::seconds(5))),
        }
    }

    /// Tells open streams that the server ends.
    pub fn close(&self) {
        let _ = self.closing.send(true);
    }

    /// Becomes `true` when the server ends; streams close themselves then.
    #[must_use]
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }
}
