//! What the caller has used of the LLM, and what is left of today.

use super::{Answer, Caller, ok};
use crate::view::iso_day;
use serde::Serialize;
use storywright_application::meter::{Meter, meter_of};
use storywright_domain::meter::{DayUse, money};
use utoipa::ToSchema;

/// What was used on one day.
#[derive(Serialize, ToSchema)]
pub struct DayUseJson {
    /// The day, UTC.
    #[schema(format = Date, example = "2026-05-04")]
    day: String,
    /// Tokens of prompts.
    input_tokens: u64,
    /// Tokens of answers.
    output_tokens: u64,
    /// What they cost at the prices of the moment.
    #[schema(example = "0.42")]
    cost: String,
}

/// What was used today and before, and the limits of a day.
#[derive(Serialize, ToSchema)]
pub struct UsageJson {
    today: DayUseJson,
    /// Tokens that may be used on a day, prompts and answers together; 0 for no limit.
    token_limit: u64,
    /// What may be spent on a day; `0.00` for no limit.
    #[schema(example = "5.00")]
    cost_limit: String,
    /// Name of the currency; may be empty.
    #[schema(example = "EUR")]
    currency: String,
    /// Whether a limit is reached: the model is not called until the day ends at 00:00 UTC.
    used_up: bool,
    /// Days of the last 30 on which something was used, the latest first.
    days: Vec<DayUseJson>,
}

impl From<DayUse> for DayUseJson {
    fn from(of: DayUse) -> Self {
        Self {
            day: iso_day(of.day),
            input_tokens: of.usage.input,
            output_tokens: of.usage.output,
            cost: money(of.cost_micros),
        }
    }
}

impl From<Meter> for UsageJson {
    fn from(meter: Meter) -> Self {
        Self {
            used_up: meter.is_used_up(),
            today: meter.today.into(),
            token_limit: meter.token_limit,
            cost_limit: money(meter.cost_limit_micros),
            currency: meter.currency,
            days: meter.days.into_iter().map(DayUseJson::from).collect(),
        }
    }
}

/// What you have used of the LLM today and in the last 30 days, and the limits of a day. Limits of all people together are not shown.
#[utoipa::path(get, path = "/api/v1/usage", tag = "People", operation_id = "getUsage",
    responses((status = 200, description = "Tokens and costs.", body = UsageJson)))]
pub async fn show(caller: Caller) -> Answer {
    let meter = caller.run(|ports, actor| Ok(meter_of(ports, actor)?)).await?;
    Ok(ok(&UsageJson::from(meter)))
}
