//! What a person has used of the LLM, and what is left of a day.

use crate::Ports;
use crate::drafting::day_of;
use storywright_domain::meter::{DayUse, TokenPrice};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};

/// Days that are shown, today among them.
const DAYS: i64 = 30;

/// A person's meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// Today.
    pub today: DayUse,
    /// Tokens that may be used on a day; 0 for no limit.
    pub token_limit: u64,
    /// What may be spent on a day, in millionths of the currency; 0 for no limit.
    pub cost_limit_micros: u64,
    /// What tokens cost now.
    pub price: TokenPrice,
    /// Name of the currency; may be empty.
    pub currency: String,
    /// Days of the last 30 on which something was used, the latest first.
    pub days: Vec<DayUse>,
}

impl Meter {
    /// Whether the model may not be called today any more.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        (self.token_limit > 0 && self.today.usage.total() >= self.token_limit)
            || (self.cost_limit_micros > 0 && self.today.cost_micros >= self.cost_limit_micros)
    }
}

/// The meter of the actor.
///
/// # Errors
/// [`StorageError`].
pub fn meter_of(ports: &Ports, actor: &Actor) -> Result<Meter, StorageError> {
    let today = day_of(ports.clock.now());
    let days = ports.storage.read(|tx| tx.use_by_day(actor.user(), today - DAYS + 1))?;
    let limits = &ports.settings.agent;
    Ok(Meter {
        today: days.iter().find(|of| of.day == today).copied().unwrap_or(DayUse { day: today, ..DayUse::default() }),
        token_limit: limits.daily_tokens,
        cost_limit_micros: limits.daily_cost_micros,
        price: limits.price,
        currency: ports.settings.currency.clone(),
        days,
    })
}
