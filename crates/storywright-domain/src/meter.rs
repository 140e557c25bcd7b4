//! What the LLM costs: prices of tokens, and what a person used on a day. Money is counted in millionths of a currency that nobody here knows.

use crate::ports::Usage;

/// What a million tokens cost, in millionths of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenPrice {
    /// Tokens of prompts.
    pub input_micros: u64,
    /// Tokens of answers.
    pub output_micros: u64,
}

impl TokenPrice {
    /// Whether tokens cost nothing: there is no money to show.
    #[must_use]
    pub fn is_free(self) -> bool {
        self == Self::default()
    }

    /// What so many tokens cost, in millionths of the currency, rounded up.
    #[must_use]
    pub fn cost_micros(self, usage: Usage) -> u64 {
        let part = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let whole = part(usage.input, self.input_micros).saturating_add(part(usage.output, self.output_micros));
        u64::try_from(whole.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// What a person used on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayUse {
    /// The day, counted from 1970-01-01 UTC.
    pub day: i64,
    /// Tokens.
    pub usage: Usage,
    /// What they cost when they were used, in millionths of the currency.
    pub cost_micros: u64,
}

/// An amount of money with two places: `12.34`; more places where it is less than a hundredth.
#[must_use]
pub fn money(micros: u64) -> String {
    let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
    if whole == 0 && (1..10_000).contains(&part) {
        return format!("0.{}", format!("{part:06}").trim_end_matches('0'));
    }
    let hundredths = micros.saturating_add(5_000) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Reads an amount of money with up to six places, as millionths; `None` when it is none.
#[must_use]
pub fn parse_money(text: &str) -> Option<u64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cost_what_a_million_costs() {
        let price = TokenPrice { input_micros: 3_000_000, output_micros: 15_000_000 };
        assert_eq!(price.cost_micros(Usage { input: 1_000_000, output: 100_000 }), 4_500_000);
        assert_eq!(price.cost_micros(Usage { input: 1, output: 0 }), 3);
        let cents = TokenPrice { input_micros: 1, output_micros: 0 };
        assert_eq!(cents.cost_micros(Usage { input: 1, output: 9 }), 1, "rounded up");
        assert_eq!(TokenPrice::default().cost_micros(Usage { input: 9, output: 9 }), 0);
        let dear = TokenPrice { input_micros: u64::MAX, output_micros: u64::MAX };
        assert_eq!(dear.cost_micros(Usage { input: u64::MAX, output: u64::MAX }), u64::MAX);
    }

    #[test]
    fn money_is_read_and_shown() {
        for (text, micros) in [("3", 3_000_000), ("0.25", 250_000), ("12.345678", 12_345_678), (" 0 ", 0)] {
            assert_eq!(parse_money(text), Some(micros), "{text}");
        }
        for text in ["", ".5", "-1", "1,5", "1e3", "1.1234567", "99999999999999999999"] {
            assert_eq!(parse_money(text), None, "{text}");
        }
        for (micros, text) in
            [(0, "0.00"), (12_345_678, "12.35"), (999_999, "1.00"), (420, "0.00042"), (10_000, "0.01")]
        {
            assert_eq!(money(micros), text);
        }
    }
}
