//! A field of a form: what it is called, what was typed, and what is wrong with it.

use std::borrow::Cow;

use chrono::NaiveDate;
use grove_shared::NetId;

use crate::amount::Amount;

/// A field of a form.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// What it is called in the form that is sent.
    pub(crate) name: &'static str,
    /// What it is called in the page.
    pub(crate) id: Cow<'static, str>,
    pub(crate) label: Cow<'static, str>,
    pub(crate) kind: Kind,
    /// What was typed or chosen.
    pub(crate) values: Vec<String>,
    pub(crate) error: Option<String>,
    pub(crate) hint: Cow<'static, str>,
    pub(crate) placeholder: &'static str,
    pub(crate) autocomplete: &'static str,
    /// The most characters.
    pub(crate) most: Option<usize>,
    /// The fewest characters.
    pub(crate) fewest: Option<usize>,
    /// Whether one types into it at once, unless something is wrong.
    pub(crate) focus: bool,
    /// Whether it is shown and sent, and not typed into.
    pub(crate) fixed: bool,
    /// What to tell when it is empty and must not be.
    missing: Option<Cow<'static, str>>,
    /// What to tell when it cannot be read.
    unreadable: Cow<'static, str>,
    /// What a service calls it.
    alias: &'static str,
}

/// A field that no form has.
pub(super) static NONE: Field = Field::blank("", Cow::Borrowed(""), Kind::Hidden);

/// How a field looks, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line.
    Text,
    /// Several lines.
    Area,
    /// Several lines, in a low box, of names.
    ShortArea,
    /// Many lines.
    LongArea,
    /// A line that is not shown, nor kept.
    Password,
    /// A NetID; of a mail address, what is before the `@`.
    NetId,
    /// An address of the web.
    Url,
    /// A mail address.
    Email,
    /// A day, or nothing.
    Day,
    /// A whole number of credits, at least 1.
    Credits,
    /// A whole number of credits that may be negative.
    Difference,
    /// A whole number within bounds.
    Number(i64, i64),
    /// Dollars, within bounds in cents.
    Dollars(i64, i64),
    /// A box to tick.
    Tick,
    /// One of some.
    Radios(Vec<Choice>),
    /// One of many.
    Select(Vec<Choice>),
    /// Some of some.
    Ticks(Vec<Choice>),
    /// Not shown.
    Hidden,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    /// Why it cannot be chosen; nothing when it can.
    pub(crate) closed: &'static str,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), closed: "" }
    }
}

impl Field {
    const fn blank(name: &'static str, label: Cow<'static, str>, kind: Kind) -> Self {
        Self {
            name,
            id: Cow::Borrowed(name),
            label,
            kind,
            values: Vec::new(),
            error: None,
            hint: Cow::Borrowed(""),
            placeholder: "",
            autocomplete: "off",
            most: None,
            fewest: None,
            focus: false,
            fixed: false,
            missing: None,
            unreadable: Cow::Borrowed(""),
            alias: "",
        }
    }

    pub(crate) fn new(kind: Kind, name: &'static str, label: impl Into<Cow<'static, str>>) -> Self {
        let field = Self::blank(name, label.into(), kind);
        match &field.kind {
            Kind::NetId => field.most(100).unreadable("Enter a NetID, such as jsmith2."),
            Kind::Credits => {
                field.most(12).unreadable("This must be a whole number of credits, at least 1.")
            }
            Kind::Difference => {
                field.most(12).unreadable("This must be a whole number of credits.")
            }
            Kind::Url => {
                field.unreadable("This must be an address of the web: https:// and what follows.")
            }
            Kind::Email => {
                field.unreadable("This must be a mail address, such as hello@example.edu.")
            }
            Kind::Day => field.unreadable("This must be a day, such as 2026-11-30."),
            Kind::Number(least, most) => {
                let unreadable = format!("This must be a whole number from {least} to {most}.");
                field.unreadable(unreadable)
            }
            Kind::Password => field.most(1024),
            _ => field,
        }
    }

    /// It must not be empty; else this is told.
    pub(crate) fn required(self, missing: impl Into<Cow<'static, str>>) -> Self {
        Self { missing: Some(missing.into()), ..self }
    }

    /// What it is called in the page, where another field has its name for an id.
    pub(crate) fn id(self, id: impl Into<Cow<'static, str>>) -> Self {
        Self { id: id.into(), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// What to tell when it cannot be read.
    pub(crate) fn unreadable(self, unreadable: impl Into<Cow<'static, str>>) -> Self {
        Self { unreadable: unreadable.into(), ..self }
    }

    pub(crate) fn placeholder(self, placeholder: &'static str) -> Self {
        Self { placeholder, ..self }
    }

    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    /// The most characters.
    pub(crate) fn most(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The fewest characters.
    pub(crate) fn fewest(self, fewest: usize) -> Self {
        Self { fewest: Some(fewest), ..self }
    }

    /// One types into it at once.
    pub(crate) fn focus(self) -> Self {
        Self { focus: true, ..self }
    }

    /// One sees it, and does not type into it.
    pub(crate) fn fixed(self) -> Self {
        Self { fixed: true, ..self }
    }

    /// What a service calls it, if that is something else.
    pub(crate) fn alias(self, alias: &'static str) -> Self {
        Self { alias, ..self }
    }

    pub(crate) fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    pub(crate) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|chosen| chosen == value)
    }

    pub(crate) fn is_required(&self) -> bool {
        self.missing.is_some()
    }

    /// Whether a service means this field by that name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        !name.is_empty() && (self.name == name || self.alias == name)
    }

    /// By which control it is filled in.
    pub(crate) fn control(&self) -> &'static str {
        match self.kind {
            Kind::Hidden => "hidden",
            Kind::Tick => "tick",
            Kind::Radios(_) => "radios",
            Kind::Ticks(_) => "ticks",
            Kind::Select(_) => "select",
            Kind::Area => "area",
            Kind::ShortArea => "short area",
            Kind::LongArea => "long area",
            _ => "line",
        }
    }

    /// What there is to choose.
    pub(crate) fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::Radios(choices) | Kind::Select(choices) | Kind::Ticks(choices) => choices,
            _ => &[],
        }
    }

    /// The type of a line.
    pub(crate) fn line_type(&self) -> &'static str {
        match self.kind {
            Kind::Password => "password",
            Kind::Url => "url",
            Kind::Email => "email",
            Kind::Day => "date",
            Kind::Number(..) | Kind::Dollars(..) => "number",
            _ => "text",
        }
    }

    /// The least, the most, and the step of a number.
    pub(crate) fn bounds(&self) -> Option<(i64, i64, &'static str)> {
        match self.kind {
            Kind::Number(least, most) => Some((least, most, "1")),
            Kind::Dollars(least, most) => Some((least / 100, most / 100, "0.01")),
            _ => None,
        }
    }

    /// Whether it is typed on a pad of digits.
    pub(crate) fn has_digits(&self) -> bool {
        matches!(self.kind, Kind::Credits | Kind::Difference)
    }

    /// Whether it is a name for programs, not a word.
    pub(crate) fn is_code(&self) -> bool {
        self.kind == Kind::NetId
    }

    /// Whether it is shown what was typed.
    pub(crate) fn shows_value(&self) -> bool {
        self.kind != Kind::Password
    }

    /// The ids of what describes it.
    pub(crate) fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let error = self.error.is_some().then(|| format!("{}-error", self.id));
        hint.into_iter().chain(error).collect::<Vec<_>>().join(" ")
    }

    /// Checks what was typed, and brings it into the form of its kind.
    pub(super) fn check(&mut self) {
        if self.error.is_some() {
            return;
        }
        let blank = self.values.iter().all(|value| value.trim().is_empty());
        self.error = match &self.missing {
            Some(missing) if blank => Some(missing.to_string()),
            _ if blank => None,
            _ => self.read(),
        };
    }

    fn read(&mut self) -> Option<String> {
        let value = self.value();
        let count = value.chars().count();
        if let Some(most) = self.most.filter(|most| count > *most) {
            return Some(format!("{}: at most {most} characters, these are {count}.", self.label));
        }
        if let Some(fewest) = self.fewest.filter(|fewest| count < *fewest) {
            return Some(format!("{}: at least {fewest} characters.", self.label));
        }
        let text = value.trim();
        let readable = match &self.kind {
            Kind::NetId => {
                let netid = text.split('@').next().unwrap_or_default().to_lowercase();
                let readable = netid.parse::<NetId>().is_ok();
                self.values = vec![if readable { netid } else { value.to_owned() }];
                readable
            }
            Kind::Credits => Amount::read_credits(text).is_some_and(|amount| amount.0 > 0),
            Kind::Difference => Amount::read_credits(text).is_some(),
            Kind::Number(least, most) => {
                text.parse::<i64>().is_ok_and(|number| (*least..=*most).contains(&number))
            }
            Kind::Dollars(least, most) => Amount::read_dollars(text)
                .is_some_and(|amount| (*least..=*most).contains(&amount.0)),
            Kind::Day => text.parse::<NaiveDate>().is_ok(),
            Kind::Url => crate::links::web_url(text).is_some(),
            Kind::Email => crate::links::mail_address(text).is_some(),
            Kind::Radios(choices) => choices.iter().any(|choice| choice.value == value),
            // What else the page offers the service knows best.
            _ => true,
        };
        (!readable).then(|| match &self.missing {
            Some(missing) if self.unreadable.is_empty() => missing.to_string(),
            _ => self.unreadable.to_string(),
        })
    }
}
