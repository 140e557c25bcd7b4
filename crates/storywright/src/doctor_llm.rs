//! `storywright doctor llm`: asks an LLM service what it can do, says what to do about it, and writes its dialect file.
//!
//! The credential is a person's own, so it comes from a file, a variable or standard input: never from the command line, where
//! histories and process lists would keep it.

use crate::settings::Settings;
use crate::wiring::StartError;
use jiff::Timestamp;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatAccess, ChatModel as _, Clock, IdSource};
use storywright_domain::{RequestId, Secret, UserId};
use storywright_http::{Egress, EgressOptions};
use storywright_llm::{ConfiguredChat, Observation, Verdict};
use storywright_vault::{SystemClock, SystemIds};

/// What to ask, and with what.
#[derive(clap::Args)]
pub struct LlmArgs {
    /// Service of config.json; the first one if left out.
    #[arg(long)]
    service: Option<String>,
    /// File that holds the cookie or token. Otherwise STORYWRIGHT_LLM_CREDENTIAL or STORYWRIGHT_LLM_CREDENTIAL_FILE, otherwise the
    /// first line of standard input.
    #[arg(long)]
    credential_file: Option<PathBuf>,
    /// Print the dialect file instead of writing it.
    #[arg(long)]
    dry_run: bool,
}

/// Asks and prints one line each. Fails when stories cannot be written with the service.
pub fn examine(
    args: &LlmArgs,
    settings: &Settings,
    get: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitCode, StartError> {
    let clock = SystemClock::default();
    let now = clock.now();
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
    let options = EgressOptions {
        extra_roots_pem: settings.extra_roots_pem.clone(),
        ..EgressOptions::new(env!("CARGO_PKG_VERSION"), Arc::new(clock), Arc::clone(&ids))
    };
    let chat = ConfiguredChat::load(&settings.config_folder, Egress::new(Vec::new(), options), Arc::clone(&ids))?;
    let names = chat.services();
    let service = match &args.service {
        Some(name) if !names.contains(name) => {
            return Err(format!("there is no LLM service `{name}`: use one of {}", names.join(", ")).into());
        }
        Some(name) => name.clone(),
        None => names.into_iter().next().unwrap_or_default(),
    };
    let access = ChatAccess {
        user: UserId(0),
        service,
        credential: credential(args, get)?,
        request_id: RequestId::from_number(ids.id()),
    };
    println!("Asking `{}`; this takes about eight short calls.", access.service);
    let probe = chat.probe(&access, &mut |seen| println!("{}", line(&seen)), &Cancellation::new())?;
    if !probe.is_usable {
        println!("Stories cannot be written with it yet. No file was written.");
        return Ok(ExitCode::FAILURE);
    }
    let file = probe.file.clone();
    let profile = probe.profile(&Timestamp::from_millisecond(now.0)?.to_string());
    if args.dry_run {
        print!("{profile}");
    } else {
        write(&file, &profile).map_err(|error| {
            format!("{} cannot be written ({error}): let your user write there, or use --dry-run", file.display())
        })?;
        println!(
            "Wrote {}: it is used from the next call on. Run this again after a change of the service.",
            file.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn line(seen: &Observation) -> String {
    let word = match seen.verdict {
        Verdict::Good => "ok   ",
        Verdict::Lesser => "less ",
        Verdict::Wrong => "WRONG",
    };
    let cure = if seen.cure.is_empty() { String::new() } else { format!("\n      -> {}", seen.cure) };
    format!("{word} {}: {}{cure}", seen.what, seen.saw)
}

fn credential(args: &LlmArgs, get: &dyn Fn(&str) -> Option<String>) -> Result<Secret, StartError> {
    let of_file = |file: &Path| -> Result<String, StartError> {
        std::fs::read_to_string(file)
            .map_err(|error| format!("the credential file {} cannot be read ({error})", file.display()).into())
    };
    let text = match (&args.credential_file, get("STORYWRIGHT_LLM_CREDENTIAL"), get("STORYWRIGHT_LLM_CREDENTIAL_FILE"))
    {
        (Some(file), ..) => of_file(file)?,
        (None, Some(text), _) => text,
        (None, None, Some(file)) => of_file(Path::new(&file))?,
        (None, None, None) => {
            if std::io::stdin().is_terminal() {
                eprintln!("Paste your cookie or token for the service, then press Enter:");
            }
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line
        }
    };
    let text = text.trim();
    if text.is_empty() {
        return Err("there is no credential: give --credential-file, STORYWRIGHT_LLM_CREDENTIAL, or paste it".into());
    }
    Ok(Secret::new(text.to_owned()))
}

/// Written beside and then put in place, so that a running server never reads half a file.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("json.new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, file)
}
