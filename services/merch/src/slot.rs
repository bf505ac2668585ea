//! The places of the machine: A1 to E9.

use std::fmt;

use crate::error::MerchError;

/// A slot: a row from A to E and a column from 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    row: char,
    column: u8,
}

impl Slot {
    /// Reads a slot such as `A1`.
    pub(crate) fn parse(text: &str) -> Result<Self, MerchError> {
        let mut chars = text.chars();
        match (chars.next(), chars.next().and_then(|c| c.to_digit(10)), chars.next()) {
            (Some(row @ 'A'..='E'), Some(column @ 1..=9), None) => {
                Ok(Self { row, column: u8::try_from(column).unwrap_or_default() })
            }
            _ => Err(MerchError::InvalidLocation),
        }
    }

    pub(crate) fn row(self) -> String {
        self.row.to_string()
    }

    pub(crate) fn column(self) -> u8 {
        self.column
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.row, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::Slot;

    #[test]
    fn there_are_five_rows_of_nine() {
        for good in ["A1", "E9", "C5"] {
            assert_eq!(Slot::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", "A", "A0", "F1", "A10", "a1", "1A", "A1 ", "É1", "A١"] {
            assert!(Slot::parse(bad).is_err(), "{bad}");
        }
    }
}
