//! Settings: `config.json` overlaid by the environment, read once at start. A wrong one stops the start with its key, what is wrong,
//! and what to do.

mod keys;
mod raw;
mod through;

pub use keys::reference;

use raw::{RawServer, RawSettings};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use storywright_application::Reconcile;
use storywright_domain::Millis;
use storywright_domain::meter::{TokenPrice, parse_money};
use storywright_domain::remote::Site;
use storywright_domain::tool::McpServer;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}; {cure}")]
pub struct SettingError {
    /// Name of the key or variable.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub cure: String,
}

/// Everything that the program is told from outside.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of `config.json`, `header.json`, `payload.json`, `prompts.json` and `rules/`.
    pub config_folder: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Address under which people reach the server.
    pub public_url: String,
    /// The SQLite file.
    pub database: PathBuf,
    /// The keyring file.
    pub keyring: PathBuf,
    /// The administrator's list of sites.
    pub sites: Vec<Site>,
    /// The administrator's list of MCP servers.
    pub mcp_servers: Vec<McpServer>,
    /// Employee IDs that become administrators.
    pub administrators: Vec<String>,
    /// Idle time of sessions.
    pub session_idle: Millis,
    /// Absolute life of sessions.
    pub session_absolute: Millis,
    /// Life of API tokens.
    pub api_token_ttl: Millis,
    /// Open jobs of one person.
    pub max_open_jobs: usize,
    /// Tokens of one person on a day; 0 for no limit.
    pub daily_tokens_per_person: u64,
    /// Tokens of all people together on a day; 0 for no limit.
    pub daily_tokens: u64,
    /// What tokens of the LLM cost.
    pub price: TokenPrice,
    /// What one person may spend on a day, in millionths of the currency; 0 for no limit.
    pub daily_cost_micros: u64,
    /// Name of the currency.
    pub currency: String,
    /// For how long a tool list is fresh at most.
    pub tools_ttl: Millis,
    /// Most characters of sources that the model is given at once.
    pub source_chars: usize,
    /// Writing jobs running at once.
    pub writing_workers: usize,
    /// Publish jobs running at once.
    pub publish_workers: usize,
    /// Longest time of one create call.
    pub create_timeout: Millis,
    /// Lease of a job.
    pub job_lease: Millis,
    /// When an issue whose answer was lost is looked for.
    pub reconcile: Reconcile,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Templates and static files are read from this folder instead of from the binary; for development.
    pub dev_assets: Option<PathBuf>,
    /// Whether login throttling and outbound rate limits apply; off only for benchmarks.
    pub throttle: bool,
    /// Certificates trusted for every site, PEM.
    pub extra_roots_pem: Option<String>,
    /// Cost of password hashing.
    pub bcrypt_cost: u32,
}

/// Looks a variable up; a closure, so that tests need no environment.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingError`] for the first one that is wrong.
    pub fn read(get: Lookup<'_>) -> Result<Self, SettingError> {
        let config_folder = PathBuf::from(get("STORYWRIGHT_CONFIG").unwrap_or_else(|| "config".to_owned()));
        let file = raw_file(&config_folder.join("config.json"))?;
        let server = file.server;
        let listen: SocketAddr = parsed(
            get,
            "STORYWRIGHT_LISTEN",
            "server.listen",
            server.listen.as_deref(),
            "127.0.0.1:8080",
            "use an address and a port, as in 127.0.0.1:8080",
        )?;
        let public_url = text(get, "STORYWRIGHT_PUBLIC_URL", server.public_url.as_deref())
            .unwrap_or_else(|| format!("http://{listen}"));
        let settings = Self {
            listen,
            public_url: check_public_url(public_url)?,
            database: database(get, &server)?,
            keyring: PathBuf::from(
                text(get, "STORYWRIGHT_KEYRING_FILE", server.keyring_file.as_deref())
                    .unwrap_or_else(|| "var/keyring.json".to_owned()),
            ),
            sites: sites(get, file.sites)?,
            mcp_servers: mcp_servers(get, file.mcp_servers)?,
            administrators: list(get, "STORYWRIGHT_ADMINISTRATORS", server.administrators),
            session_idle: Millis::minutes(number(
                get,
                "STORYWRIGHT_SESSION_IDLE_MINUTES",
                "server.session_idle_minutes",
                server.session_idle_minutes,
                30,
                5..=120,
            )?),
            session_absolute: Millis::hours(number(
                get,
                "STORYWRIGHT_SESSION_HOURS",
                "server.session_hours",
                server.session_hours,
                12,
                1..=24,
            )?),
            api_token_ttl: Millis::minutes(number(
                get,
                "STORYWRIGHT_API_TOKEN_MINUTES",
                "server.api_token_minutes",
                server.api_token_minutes,
                480,
                1..=525_600,
            )?),
            max_open_jobs: count(get, "STORYWRIGHT_MAX_OPEN_JOBS", "server.max_open_jobs", server.max_open_jobs, 4)?,
            daily_tokens_per_person: tokens(
                get,
                "STORYWRIGHT_DAILY_TOKENS_PER_PERSON",
                "server.daily_tokens_per_person",
                server.daily_tokens_per_person,
                5_000_000,
            )?,
            daily_tokens: tokens(get, "STORYWRIGHT_DAILY_TOKENS", "server.daily_tokens", server.daily_tokens, 0)?,
            price: TokenPrice {
                input_micros: amount(
                    get,
                    "STORYWRIGHT_PRICE_INPUT_PER_MILLION",
                    "server.price_input_per_million",
                    server.price_input_per_million,
                )?,
                output_micros: amount(
                    get,
                    "STORYWRIGHT_PRICE_OUTPUT_PER_MILLION",
                    "server.price_output_per_million",
                    server.price_output_per_million,
                )?,
            },
            daily_cost_micros: amount(
                get,
                "STORYWRIGHT_DAILY_COST_PER_PERSON",
                "server.daily_cost_per_person",
                server.daily_cost_per_person,
            )?,
            currency: text(get, "STORYWRIGHT_CURRENCY", server.currency.as_deref()).unwrap_or_default(),
            tools_ttl: Millis::minutes(number(
                get,
                "STORYWRIGHT_TOOLS_TTL_MINUTES",
                "server.tools_ttl_minutes",
                server.tools_ttl_minutes,
                360,
                1..=10_080,
            )?),
            source_chars: usize::try_from(number(
                get,
                "STORYWRIGHT_SOURCE_CHARS",
                "server.source_chars",
                server.source_chars,
                300_000,
                10_000..=4_000_000,
            )?)
            .unwrap_or(300_000),
            writing_workers: count(
                get,
                "STORYWRIGHT_WRITING_WORKERS",
                "server.writing_workers",
                server.writing_workers,
                1_200,
            )?,
            publish_workers: count(
                get,
                "STORYWRIGHT_PUBLISH_WORKERS",
                "server.publish_workers",
                server.publish_workers,
                8,
            )?,
            create_timeout: Millis::seconds(number(
                get,
                "STORYWRIGHT_CREATE_TIMEOUT_SECONDS",
                "server.create_timeout_seconds",
                server.create_timeout_seconds,
                120,
                1..=600,
            )?),
            job_lease: Millis::seconds(number(
                get,
                "STORYWRIGHT_JOB_LEASE_SECONDS",
                "server.job_lease_seconds",
                server.job_lease_seconds,
                180,
                10..=3_600,
            )?),
            reconcile: reconcile(
                get,
                [server.reconcile_first_seconds, server.reconcile_again_seconds, server.absent_after_seconds],
            )?,
            trusted_proxies: list(get, "STORYWRIGHT_TRUSTED_PROXIES", server.trusted_proxies),
            dev_assets: get("STORYWRIGHT_DEV_ASSETS").map(PathBuf::from),
            throttle: get("STORYWRIGHT_THROTTLE").is_none_or(|value| value != "off"),
            extra_roots_pem: extra_roots(get, server.extra_roots_file.as_deref(), &config_folder)?,
            bcrypt_cost: u32::try_from(number(
                get,
                "STORYWRIGHT_BCRYPT_COST",
                "server.bcrypt_cost",
                server.bcrypt_cost,
                12,
                10..=15,
            )?)
            .unwrap_or(12),
            config_folder,
        };
        settings.check()?;
        Ok(settings)
    }

    /// A lease that ends before a create call could would let two workers send the same issue.
    fn check(&self) -> Result<(), SettingError> {
        if self.job_lease.0 < self.create_timeout.0 + 10_000 {
            return Err(error(
                "server.job_lease_seconds",
                format!(
                    "{} s is less than the create timeout of {} s and 10 s more",
                    self.job_lease.0 / 1_000,
                    self.create_timeout.0 / 1_000
                ),
                "raise the lease or lower server.create_timeout_seconds",
            ));
        }
        let mut seen: Vec<&str> = Vec::new();
        for site in &self.sites {
            if seen.contains(&site.id.as_str()) {
                return Err(error(
                    "sites",
                    format!("two sites have the id `{}`", site.id),
                    "give each site an id of its own",
                ));
            }
            seen.push(&site.id);
            self.check_publish_through(site)?;
        }
        Ok(())
    }
}

fn error(key: &str, problem: impl Into<String>, cure: impl Into<String>) -> SettingError {
    SettingError { key: key.to_owned(), problem: problem.into(), cure: cure.into() }
}

fn raw_file(path: &Path) -> Result<RawSettings, SettingError> {
    let text = std::fs::read_to_string(path).map_err(|problem| {
        error(
            &path.display().to_string(),
            format!("cannot be read ({problem})"),
            "set STORYWRIGHT_CONFIG to the folder that holds config.json",
        )
    })?;
    serde_json::from_str(&text).map_err(|problem| {
        error(
            &path.display().to_string(),
            format!("line {}: {problem}", problem.line()),
            "mend the line; docs/SETTINGS.md lists every key",
        )
    })
}

fn text(get: Lookup<'_>, variable: &str, from_file: Option<&str>) -> Option<String> {
    get(variable).filter(|value| !value.is_empty()).or_else(|| from_file.map(str::to_owned))
}

fn parsed<T: std::str::FromStr>(
    get: Lookup<'_>,
    variable: &str,
    key: &str,
    from_file: Option<&str>,
    default: &str,
    cure: &str,
) -> Result<T, SettingError>
where
    T::Err: std::fmt::Display,
{
    let value = text(get, variable, from_file).unwrap_or_else(|| default.to_owned());
    value
        .parse()
        .map_err(|problem| error(&format!("{variable} ({key})"), format!("`{value}` cannot be used ({problem})"), cure))
}

fn number(
    get: Lookup<'_>,
    variable: &str,
    key: &str,
    from_file: Option<i64>,
    default: i64,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, SettingError> {
    let cure = format!("use a number from {} to {}", range.start(), range.end());
    let value = match get(variable).filter(|value| !value.is_empty()) {
        Some(value) => value
            .parse()
            .map_err(|problem| error(variable, format!("`{value}` is not a number ({problem})"), cure.as_str()))?,
        None => from_file.unwrap_or(default),
    };
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(error(&format!("{variable} ({key})"), format!("{value} is out of range"), cure))
    }
}

fn count(
    get: Lookup<'_>,
    variable: &str,
    key: &str,
    from_file: Option<i64>,
    default: i64,
) -> Result<usize, SettingError> {
    number(get, variable, key, from_file, default, 1..=10_000).map(|value| usize::try_from(value).unwrap_or(1))
}

fn tokens(
    get: Lookup<'_>,
    variable: &str,
    key: &str,
    from_file: Option<i64>,
    default: i64,
) -> Result<u64, SettingError> {
    let number = number(get, variable, key, from_file, default, 0..=1_000_000_000_000)?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// An amount of money in millionths; 0 when nobody says anything.
fn amount(
    get: Lookup<'_>,
    variable: &str,
    key: &str,
    from_file: Option<serde_json::Number>,
) -> Result<u64, SettingError> {
    let Some(written) = text(get, variable, from_file.map(|number| number.to_string()).as_deref()) else {
        return Ok(0);
    };
    parse_money(&written).ok_or_else(|| {
        let cure = "use a number with a point and at most six places, as in 2.50, or 0 for none";
        error(&format!("{variable} ({key})"), format!("`{written}` is no amount of money"), cure)
    })
}

fn list(get: Lookup<'_>, variable: &str, from_file: Vec<String>) -> Vec<String> {
    match get(variable) {
        Some(value) => value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect(),
        None => from_file,
    }
}

fn sites(get: Lookup<'_>, from_file: Vec<Site>) -> Result<Vec<Site>, SettingError> {
    let Some(text) = get("STORYWRIGHT_SITES").filter(|text| !text.is_empty()) else { return Ok(from_file) };
    serde_json::from_str(&text).map_err(|problem| {
        error(
            "STORYWRIGHT_SITES",
            format!("is not a JSON list of sites ({problem})"),
            "see `sites` in docs/SETTINGS.md",
        )
    })
}

fn mcp_servers(get: Lookup<'_>, from_file: Vec<McpServer>) -> Result<Vec<McpServer>, SettingError> {
    let variable = get("STORYWRIGHT_MCP_SERVERS").filter(|text| !text.is_empty());
    let servers = match variable {
        None => from_file,
        Some(text) => serde_json::from_str(&text).map_err(|problem| {
            error(
                "STORYWRIGHT_MCP_SERVERS",
                format!("is not a JSON list of MCP servers ({problem})"),
                "see `mcp_servers` in docs/SETTINGS.md",
            )
        })?,
    };
    let mut ids = std::collections::BTreeSet::new();
    for server in &servers {
        let key = "STORYWRIGHT_MCP_SERVERS (mcp_servers)";
        storywright_mcp::origin_of(server)
            .map_err(|problem| error(key, problem.to_string(), "see `mcp_servers` in docs/SETTINGS.md"))?;
        if !ids.insert(server.id.as_str()) {
            return Err(error(key, format!("`{}` is listed twice", server.id), "give each server an id of its own"));
        }
    }
    Ok(servers)
}

fn database(get: Lookup<'_>, server: &RawServer) -> Result<PathBuf, SettingError> {
    let raw = text(get, "DATABASE_URL", server.database.as_deref()).unwrap_or_else(|| "var/storywright.db".to_owned());
    if raw.starts_with("postgres") {
        return Err(error(
            "DATABASE_URL",
            "PostgreSQL is not supported yet",
            "name an SQLite file, as in sqlite:var/storywright.db",
        ));
    }
    let path = raw.strip_prefix("sqlite://").or_else(|| raw.strip_prefix("sqlite:")).unwrap_or(&raw);
    Ok(PathBuf::from(path))
}

fn reconcile(get: Lookup<'_>, from_file: [Option<i64>; 3]) -> Result<Reconcile, SettingError> {
    let [first, again, absent] = from_file;
    let seconds = |variable: &str, key: &str, from_file, default| {
        number(get, variable, key, from_file, default, 1..=3_600).map(Millis::seconds)
    };
    let first = seconds("STORYWRIGHT_RECONCILE_FIRST_SECONDS", "server.reconcile_first_seconds", first, 30)?;
    let again = seconds("STORYWRIGHT_RECONCILE_AGAIN_SECONDS", "server.reconcile_again_seconds", again, 60)?;
    let absent = seconds("STORYWRIGHT_ABSENT_AFTER_SECONDS", "server.absent_after_seconds", absent, 300)?;
    Ok(Reconcile { first, again: [again, Millis(again.0 * 2)], absent })
}

fn check_public_url(url: String) -> Result<String, SettingError> {
    let ok = (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace);
    if ok {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(error(
            "STORYWRIGHT_PUBLIC_URL (server.public_url)",
            format!("`{url}` is no web address"),
            "use the address that people open, as in https://storywright.corp.example",
        ))
    }
}

fn extra_roots(get: Lookup<'_>, from_file: Option<&str>, folder: &Path) -> Result<Option<String>, SettingError> {
    let Some(name) = text(get, "STORYWRIGHT_EXTRA_ROOTS_FILE", from_file) else { return Ok(None) };
    let path = folder.join(name);
    std::fs::read_to_string(&path).map(Some).map_err(|problem| {
        error(
            "STORYWRIGHT_EXTRA_ROOTS_FILE (server.extra_roots_file)",
            format!("{} cannot be read ({problem})", path.display()),
            "name a PEM file with your company's certificates",
        )
    })
}

#[cfg(test)]
mod tests;
