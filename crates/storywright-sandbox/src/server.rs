//! Starting and stopping the company, and driving it from Rust.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    middleware,
    web::{self, Data},
};

use crate::{
    backdoor, confluence,
    faults::{BadRule, FaultRule},
    front,
    jira::{self, IssueSummary},
    llm,
    log::LoggedRequest,
    mcp,
    people::Person,
    settings::Settings,
    state::Shared,
    wire,
};

/// Largest request body that is taken, in bytes.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// How to run the company.
#[derive(Debug, Clone)]
pub struct Options {
    /// Loopback address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Keeps the state in this file.
    pub state_file: Option<PathBuf>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Requests kept in the log.
    pub log_capacity: usize,
    /// Stop on Ctrl-C and SIGTERM; for the binary.
    pub stop_on_signals: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            state_file: None,
            workers: 2,
            log_capacity: 20_000,
            stop_on_signals: false,
        }
    }
}

/// Why the company did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Everybody's password lies open here, so nobody but this machine may reach it.
    #[error("`{0}` is not a loopback address: the sandbox listens on 127.0.0.1 or [::1] only")]
    NotLoopback(SocketAddr),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The state file cannot be read or written.
    #[error("cannot use the state file: {0}")]
    State(io::Error),
    /// The server's thread did not come up.
    #[error("cannot start the server: {0}")]
    Server(String),
}

/// The company, not yet open.
pub struct Sandbox;

impl Sandbox {
    /// Opens the company on a thread of its own and returns when it answers.
    ///
    /// # Errors
    /// When the address is not loopback, the port is taken, or the state file is unusable.
    pub fn start(options: Options) -> Result<Running, StartError> {
        if !options.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(options.listen));
        }
        let listen = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let base_url = format!("http://{address}");
        let shared = Shared::open(base_url, options.state_file.clone(), options.log_capacity);
        let shared = Data::new(shared.map_err(StartError::State)?);

        let (started, wait_for_start) = mpsc::channel();
        let for_server = shared.clone();
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || run(for_server, listener, &options, &started))
            .map_err(|error| StartError::Server(error.to_string()))?;
        match wait_for_start.recv() {
            Ok(Ok(handle)) => Ok(Running { shared, address, handle, thread: Some(thread) }),
            Ok(Err(error)) => Err(StartError::Server(error.to_string())),
            Err(_) => Err(StartError::Server("the server's thread ended at once".to_owned())),
        }
    }
}

fn run(
    shared: Data<Shared>,
    listener: TcpListener,
    options: &Options,
    started: &mpsc::Sender<io::Result<ServerHandle>>,
) {
    let signals = options.stop_on_signals;
    let workers = options.workers.max(1);
    // One for all threads, as their sessions are.
    let servers = Data::new(mcp::Servers::new(&shared));
    let outcome = actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(servers.clone())
                .app_data(web::PayloadConfig::new(BODY_LIMIT))
                .app_data(web::JsonConfig::default().limit(BODY_LIMIT))
                .wrap(middleware::from_fn(front::front))
                .configure(backdoor::configure)
                .configure(jira::configure)
                .configure(confluence::configure)
                .configure(llm::configure)
                .configure(mcp::configure)
                .default_service(web::to(|| async { HttpResponse::NotFound().body("nothing here\n") }))
        })
        .on_connect(wire::remember)
        .workers(workers)
        .keep_alive(Duration::from_secs(75))
        // A stream must notice that its reader has gone, also while it has nothing to say.
        .h1_allow_half_closed(false)
        .shutdown_timeout(1);
        let server = if signals { server } else { server.disable_signals() };
        let server = match server.listen(listener) {
            Ok(server) => server.run(),
            Err(error) => return started.send(Err(error)).map_err(io::Error::other),
        };
        // The receiver waits for exactly this message.
        drop(started.send(Ok(server.handle())));
        server.await
    });
    if let Err(error) = outcome {
        ::log::error!("the server ended with an error: {error}");
    }
}

/// The open company. Dropping it closes it.
pub struct Running {
    shared: Data<Shared>,
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it answers, without a slash at the end: `http://127.0.0.1:9900`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// Address and port, for raw sockets.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Jira's address, with its context path.
    #[must_use]
    pub fn jira_url(&self) -> String {
        format!("{}/jira", self.base_url())
    }

    /// Address of the same Jira as Cloud: e-mail and API token, which is the person's PAT.
    #[must_use]
    pub fn cloud_url(&self) -> String {
        format!("{}/cloud", self.base_url())
    }

    /// Confluence's address, with its context path.
    #[must_use]
    pub fn confluence_url(&self) -> String {
        format!("{}/confluence", self.base_url())
    }

    /// The LLM service's address.
    #[must_use]
    pub fn llm_url(&self) -> String {
        format!("{}/llm", self.base_url())
    }

    /// Address of the MCP server for Jira.
    #[must_use]
    pub fn mcp_jira_url(&self) -> String {
        format!("{}/mcp/jira", self.base_url())
    }

    /// Address of the MCP server for Confluence.
    #[must_use]
    pub fn mcp_confluence_url(&self) -> String {
        format!("{}/mcp/confluence", self.base_url())
    }

    /// Everybody, with credentials.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        self.shared.people()
    }

    /// One person by handle, employee ID or Jira key.
    #[must_use]
    pub fn person(&self, who: &str) -> Option<Person> {
        self.shared.person(who)
    }

    /// Changes a person, as in revoking a PAT; gives the changed person, `None` when there is none.
    pub fn change_person(&self, who: &str, change: impl FnOnce(&mut Person)) -> Option<Person> {
        self.shared.change_person(who, change)
    }

    /// Requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.log.entries(0)
    }

    /// Arms a fault and gives its number.
    ///
    /// # Errors
    /// When the rule's path is a broken regular expression.
    pub fn add_fault(&self, rule: FaultRule) -> Result<u64, BadRule> {
        self.shared.faults.add(rule)
    }

    /// Faults that still wait.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultRule> {
        self.shared.faults.list()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Every Jira issue there is, oldest first.
    #[must_use]
    pub fn issues(&self) -> Vec<IssueSummary> {
        self.shared.jira().summaries()
    }

    /// How the sites are set up.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.shared.settings()
    }

    /// Sets the sites up differently.
    pub fn set_settings(&self, settings: Settings) {
        self.shared.set_settings(settings);
    }

    /// Moves an issue to another project, as Jira's Move does: its key changes, its id stays. Gives the new key,
    /// `None` when issue or project is unknown.
    pub fn move_issue(&self, id_or_key: &str, project: &str) -> Option<String> {
        self.shared.jira().move_issue(id_or_key, project)
    }

    /// Moves the company's clock by `millis`.
    pub fn advance_clock(&self, millis: i64) {
        self.shared.clock.advance(millis);
    }

    /// Back to the seeded company: data, people, faults, log and clock.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub fn reset(&self) -> io::Result<()> {
        self.shared.reset()
    }

    /// What the binary prints at the start: addresses and people.
    #[must_use]
    pub fn welcome(&self) -> String {
        let base = self.base_url();
        let mut text = format!(
            "The pretend company is open.\n  Jira        {base}/jira\n  Jira Cloud  {base}/cloud\n  Confluence  {base}/confluence\n  \
             LLM         {base}/llm\n  MCP         {base}/mcp/jira and {base}/mcp/confluence\n  back door   {base}/__sandbox/people\n"
        );
        for person in self.people() {
            let state = match (person.deleted, person.active, person.admin) {
                (true, ..) => " (deleted)",
                (_, false, _) => " (inactive)",
                (.., true) => " (administrator)",
                _ => "",
            };
            text.push_str(&format!(
                "\n  {} {}{state}: Jira PAT {}",
                person.employee_id, person.display_name, person.jira_pat
            ));
        }
        text
    }

    /// Closes the company and waits until its thread has ended.
    pub fn stop(mut self) {
        self.close();
    }

    /// Waits until the company closes by itself, on a signal.
    pub fn wait(mut self) {
        self.join();
    }

    fn close(&mut self) {
        if self.thread.is_some() {
            // The command is sent by the call; the future only waits, and the join below does that.
            drop(self.handle.stop(false));
            self.join();
        }
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            ::log::error!("the sandbox's thread panicked");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.close();
    }
}
