//! Amounts of credits, as pages show them and people type them.

use std::fmt;

/// An amount of credits. One credit is one US cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i64);

impl fmt::Display for Amount {
    /// `1,234 credits ($12.34)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_sign(if self.0 < 0 { "−" } else { "" }))
    }
}

impl Amount {
    /// An amount that a service counts without sign.
    pub fn of(credits: impl TryInto<i64>) -> Self {
        Self(credits.try_into().unwrap_or(i64::MAX))
    }

    /// A change: `+1,234 credits (+$12.34)`
    pub fn signed(self) -> String {
        self.with_sign(match self.0 {
            ..=-1 => "−",
            0 => "",
            1.. => "+",
        })
    }

    /// `$12.34`
    pub fn dollars(self) -> String {
        let sign = if self.0 < 0 { "−" } else { "" };
        let credits = self.0.unsigned_abs();
        format!("{sign}${}.{:02}", grouped(credits / 100), credits % 100)
    }

    fn with_sign(self, sign: &str) -> String {
        let unit = if self.0.unsigned_abs() == 1 { "credit" } else { "credits" };
        let (credits, dollars) =
            (grouped(self.0.unsigned_abs()), Self(self.0.saturating_abs()).dollars());
        format!("{sign}{credits} {unit} ({sign}{dollars})")
    }

    /// Reads a whole number of credits: `1234`, `1,234`, `-5`.
    pub fn read_credits(text: &str) -> Option<Self> {
        text.trim().replace([',', ' '], "").replace('−', "-").parse().ok().map(Self)
    }

    /// Reads dollars, with or without cents: `12`, `12.5`, `$12.50`.
    pub fn read_dollars(text: &str) -> Option<Self> {
        let text = text.trim();
        let (dollars, cents) = text
            .strip_prefix('$')
            .unwrap_or(text)
            .split_once('.')
            .unwrap_or((text.strip_prefix('$').unwrap_or(text), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if dollars.is_empty() || cents.len() > 2 || !digits(dollars) || !digits(cents) {
            return None;
        }
        let cents: i64 = format!("{cents:0<2}").parse().ok()?;
        dollars.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents).map(Self)
    }
}

/// `1234567` as `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amounts_are_credits_and_dollars() {
        for (credits, text) in [
            (0, "0 credits ($0.00)"),
            (1, "1 credit ($0.01)"),
            (1234, "1,234 credits ($12.34)"),
            (-50, "−50 credits (−$0.50)"),
            (123_456_789, "123,456,789 credits ($1,234,567.89)"),
        ] {
            assert_eq!(Amount(credits).to_string(), text);
        }
        assert!(Amount(i64::MIN).to_string().starts_with("−9,223"));
        assert_eq!(Amount(100).signed(), "+100 credits (+$1.00)");
        assert_eq!(Amount(-1).signed(), "−1 credit (−$0.01)");
        assert_eq!(Amount(0).signed(), "0 credits ($0.00)");
    }

    #[test]
    fn people_type_amounts_in_several_ways() {
        for (text, credits) in [("5", 5), (" 1,234 ", 1234), ("-7", -7), ("−7", -7)] {
            assert_eq!(Amount::read_credits(text), Some(Amount(credits)), "{text}");
        }
        for text in ["", "x", "1.5", "99999999999999999999"] {
            assert_eq!(Amount::read_credits(text), None, "{text}");
        }
        for (text, cents) in [("5", 500), ("$12.50", 1250), ("12.5", 1250), (" 7. ", 700)] {
            assert_eq!(Amount::read_dollars(text), Some(Amount(cents)), "{text}");
        }
        for text in ["", "$", "-5", "5.001", "5,5", ".5", "99999999999999999999"] {
            assert_eq!(Amount::read_dollars(text), None, "{text}");
        }
    }
}
