//! What a person has used of the LLM, as the profile shows it.

use crate::view::iso_day;
use serde::Serialize;
use storywright_application::meter::Meter;
use storywright_domain::meter::money;

/// Days that are listed.
const LISTED: usize = 7;

/// The meter in words and percent.
#[derive(Debug, Serialize)]
pub struct UseView {
    tokens: Gauge,
    /// Money, where tokens cost any.
    cost: Option<Gauge>,
    used_up: bool,
    /// The days before, the latest first.
    days: Vec<DayRow>,
}

/// What is used of a limit.
#[derive(Debug, Serialize)]
struct Gauge {
    used: String,
    /// Without it there is no limit.
    limit: Option<String>,
    percent: u64,
}

#[derive(Debug, Serialize)]
struct DayRow {
    day: String,
    tokens: String,
    cost: Option<String>,
}

impl UseView {
    /// The meter as it is shown.
    pub fn of(meter: &Meter) -> Self {
        let amount = |micros: u64| format!("{} {}", money(micros), meter.currency).trim_end().to_owned();
        let has_money = !meter.price.is_free() || meter.days.iter().any(|day| day.cost_micros > 0);
        let today = &meter.today;
        let before = meter.days.iter().filter(|day| day.day != today.day).take(LISTED);
        Self {
            tokens: Gauge::of(today.usage.total(), meter.token_limit, grouped),
            cost: has_money.then(|| Gauge::of(today.cost_micros, meter.cost_limit_micros, amount)),
            used_up: meter.is_used_up(),
            days: before
                .map(|day| DayRow {
                    day: iso_day(day.day),
                    tokens: grouped(day.usage.total()),
                    cost: has_money.then(|| amount(day.cost_micros)),
                })
                .collect(),
        }
    }
}

impl Gauge {
    fn of(used: u64, limit: u64, shown: impl Fn(u64) -> String) -> Self {
        let percent = used.saturating_mul(100).checked_div(limit).unwrap_or(0).min(100);
        Self { used: shown(used), limit: (limit > 0).then(|| shown(limit)), percent }
    }
}

/// `5,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::meter::{DayUse, TokenPrice};
    use storywright_domain::ports::Usage;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (5_000_000, "5,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn money_is_shown_only_where_tokens_cost_any() {
        let day = |day: i64, cost_micros: u64| DayUse { day, usage: Usage { input: 900, output: 100 }, cost_micros };
        let mut meter = Meter {
            today: day(20_000, 0),
            token_limit: 4_000,
            cost_limit_micros: 0,
            price: TokenPrice::default(),
            currency: "EUR".to_owned(),
            days: vec![day(20_000, 0), day(19_999, 0)],
        };
        let view = serde_json::to_value(UseView::of(&meter)).unwrap();
        assert_eq!(view["tokens"], serde_json::json!({"used": "1,000", "limit": "4,000", "percent": 25}));
        assert_eq!((&view["cost"], &view["used_up"]), (&serde_json::Value::Null, &serde_json::json!(false)));
        assert_eq!(view["days"], serde_json::json!([{"day": "2024-10-03", "tokens": "1,000", "cost": null}]));
        meter.price = TokenPrice { input_micros: 1, output_micros: 1 };
        (meter.today.cost_micros, meter.cost_limit_micros) = (2_500_000, 2_000_000);
        let view = serde_json::to_value(UseView::of(&meter)).unwrap();
        assert_eq!(view["cost"], serde_json::json!({"used": "2.50 EUR", "limit": "2.00 EUR", "percent": 100}));
        assert_eq!(view["used_up"], true);
    }
}
