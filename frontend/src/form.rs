//! Forms: what a page asks for, what was typed so far, and what is wrong with it.
//!
//! A page says once what its form has, in a list of [`Field`]s. From it come the HTML (the macros of
//! `templates/_form.html`), what is checked before anyone is asked, and where an error of a service
//! belongs. Whatever is wrong is told at once, each at its field, and above all of it.

mod field;
mod kept;

use grove_shared::CallError;
use http::StatusCode;

pub(crate) use self::{
    field::{Choice, Field, Kind},
    kept::Kept,
};
use crate::{error::PageError, once::OnceKey, refusal, typed::Typed};

/// The name of the field that holds the key of a form that has one effect.
pub(crate) const KEY: &str = "key";

/// A form of a page.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// The address that it is sent to.
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
    /// What is wrong with all of it.
    pub(crate) error: Option<String>,
    /// Makes it have one effect, however often it is sent.
    pub(crate) key: Option<OnceKey>,
    /// Whether it is shown once more.
    pub(crate) again: bool,
    /// What is wrong with the key that came.
    odd_key: bool,
}

impl Form {
    /// A form to fill in.
    pub(crate) fn new(action: impl Into<String>, fields: Vec<Field>) -> Self {
        Self { action: action.into(), fields, error: None, key: None, again: false, odd_key: false }
    }

    /// The same, with a key of its own.
    pub(crate) fn once(self) -> Self {
        Self { key: Some(OnceKey::draw()), ..self }
    }

    /// The same, of which no effect is to come yet.
    pub(crate) fn without_key(self) -> Self {
        Self { key: None, ..self }
    }

    /// The same with a value in a field.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The same with what was typed.
    pub(crate) fn filled(mut self, typed: &Typed) -> Self {
        for field in &mut self.fields {
            field.values = typed.all(field.name).map(str::to_owned).collect();
        }
        if self.key.is_some() {
            self.key = OnceKey::try_from(typed.get(KEY).to_owned()).ok();
            self.odd_key = self.key.is_none();
        }
        self.again = true;
        self
    }

    /// A field by its name.
    pub(crate) fn field(&self, name: &str) -> &Field {
        self.fields.iter().find(|field| field.name == name).unwrap_or_else(|| {
            tracing::error!(name, "a page names a field that its form does not have");
            &field::NONE
        })
    }

    /// The value of a field, without space around it.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.field(name).value().trim()
    }

    /// The value of a field as it was typed.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.field(name).value()
    }

    /// Whether a box is ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        !self.field(name).values.is_empty()
    }

    /// Gives a field a value.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            field.values = vec![value.into()];
        }
    }

    /// Checks every field. Afterwards each value is as its kind has it: a NetID is in lower case.
    ///
    /// # Errors
    /// When a form that has one effect comes without its key, as none of ours does.
    pub(crate) fn check(&mut self) -> Result<bool, PageError> {
        if self.odd_key {
            return Err(PageError::Refused(
                StatusCode::BAD_REQUEST,
                "This form is incomplete. Go back, reload the page and send it again.".into(),
            ));
        }
        self.fields.iter_mut().for_each(Field::check);
        Ok(!self.is_wrong())
    }

    /// Tells what is wrong with a field.
    pub(crate) fn wrong(&mut self, name: &str, message: impl Into<String>) {
        let field = self.fields.iter_mut().find(|field| field.name == name);
        match field {
            Some(field) if field.error.is_none() => field.error = Some(message.into()),
            Some(_) => {}
            None => self.error = Some(message.into()),
        }
    }

    /// Whether this is what is wrong.
    pub(crate) fn says(&self, message: &str) -> bool {
        let mut fields = self.fields.iter();
        let here = Some(message);
        self.error.as_deref() == here || fields.any(|field| field.error.as_deref() == here)
    }

    /// Tells that this field alone is wrong.
    pub(crate) fn blame(&mut self, name: &str, message: &str) {
        self.error = None;
        for field in &mut self.fields {
            field.error = (field.name == name).then(|| message.to_owned());
        }
    }

    /// Whether anything is wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        self.error.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }

    /// The fields that something is wrong with.
    pub(crate) fn wrong_fields(&self) -> Vec<&Field> {
        self.fields.iter().filter(|field| field.error.is_some()).collect()
    }

    /// Takes over why a call was refused; that what the form names does not exist is a part of it. While
    /// it is not known whether the call had its effect, the key stays.
    ///
    /// # Errors
    /// When the failure has nothing to do with the form.
    pub(crate) fn refuse(&mut self, error: CallError) -> Result<(), PageError> {
        match error {
            CallError::Unreachable { .. } | CallError::Unavailable { .. } => {
                tracing::warn!(%error, "it is not known whether a form was carried out");
                let told = if self.key.is_some() { UNKNOWN } else { UNKNOWN_AND_REPEATED };
                self.error = Some(told.to_owned());
            }
            CallError::Refused { fields, .. } if !fields.is_empty() => {
                for wrong in fields {
                    let known = self.fields.iter().find(|field| field.is_called(&wrong.field));
                    let name = known.map_or("", |field| field.name);
                    self.wrong(name, wrong.message);
                }
                self.draw_key();
            }
            error @ CallError::Refused { .. } => {
                self.error = Some(refusal::sentence(error)?);
                self.draw_key();
            }
        }
        Ok(())
    }

    /// Offers what `other`, the same form, has to choose from.
    pub(crate) fn offer(&mut self, other: Self) {
        for (field, other) in self.fields.iter_mut().zip(other.fields) {
            field.kind = other.kind;
        }
    }

    /// Everything that was typed, for a page that sends it on.
    pub(crate) fn typed(&self) -> Vec<(&'static str, &str)> {
        let values = self.fields.iter().filter(|field| field.name != "step");
        let values =
            values.flat_map(|field| field.values.iter().map(|value| (field.name, value.as_str())));
        values.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// What was asked for has not happened, so another try is another call.
    fn draw_key(&mut self) {
        self.key = self.key.as_ref().map(|_| OnceKey::draw());
    }
}

/// Tells that there was no answer to a call that may have had its effect, and has it again each time.
const UNKNOWN_AND_REPEATED: &str = "There was no answer, so we do not know whether it was done. Look \
    first, then send it again if it was not.";
/// Tells that there was no answer to a call that may have had its effect.
const UNKNOWN: &str = "There was no answer, so we do not know yet whether it went \
    through. Send it again: it is carried out once, however often you do.";
