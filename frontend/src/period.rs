//! The days that a page is about, as its address says them.

use chrono::NaiveDate;

use crate::form::{Field, Form, Kind};

/// From which day to which; either may be open.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
    /// The fields as they were typed, and what is wrong with them.
    pub(crate) form: Form,
}

impl Period {
    /// Reads two days. While something is wrong with them, the period is open.
    pub(crate) fn read(from: &str, to: &str) -> Self {
        let day = |name, label| Field::new(Kind::Day, name, label);
        let fields = vec![day("from", "From").id("from-day"), day("to", "To").id("to-day")];
        let mut form = Form::new("", fields).with("from", from.trim()).with("to", to.trim());
        let days = (form.value("from").parse().ok(), form.value("to").parse().ok());
        if let (Some(from), Some(to)) = days
            && from > to
        {
            let (from, to): (NaiveDate, NaiveDate) = (from, to);
            form.wrong("to", format!("The last day, {to}, is before the first, {from}."));
        }
        let (from, to) = if form.check().is_ok_and(|fine| fine) { days } else { (None, None) };
        Self { from, to, form }
    }
}

#[cfg(test)]
mod tests {
    use super::Period;

    #[test]
    fn a_period_is_open_or_two_days_in_order() {
        let period = Period::read("2026-11-01", "");
        assert!(period.from.is_some() && period.to.is_none() && !period.form.is_wrong());
        assert!(!Period::read("2026-11-01", "2026-11-01").form.is_wrong());
        for (from, to) in [("abc", ""), ("", "2026-02-30"), ("2026-11-02", "2026-11-01")] {
            let period = Period::read(from, to);
            assert!(period.form.is_wrong() && period.from.is_none() && period.to.is_none());
        }
    }
}
