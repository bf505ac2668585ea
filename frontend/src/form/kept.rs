//! What was typed, until the form is shown again: after a redirect, so that Back and Reload never ask
//! whether to send it once more, and after signing in again.
//!
//! It is in a sealed cookie of the browser that typed it, for a quarter of an hour, without passwords. A
//! page shows it only at an address that asks for it: `?again`.

use std::borrow::Cow;

use http::Uri;
use serde::{Deserialize, Serialize};

use super::{Field, Form, KEY, Kind};
use crate::{
    exchange::{Exchange, FORM},
    once::OnceKey,
    seal::SealingKey,
    typed::Typed,
};

const SECONDS: i64 = 15 * 60;
/// Browsers drop cookies of more than 4096 bytes, of which the name takes some.
const MOST_CHARS: usize = 3900;
/// The parameter of the address that asks for what was typed.
const AGAIN: &str = "again";

/// A form that was sent and is to be shown again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Kept<'a> {
    action: Cow<'a, str>,
    typed: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    errors: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    error: Option<Cow<'a, str>>,
}

impl<'a> Kept<'a> {
    /// What was typed into a form.
    pub(crate) fn of(form: &'a Form) -> Self {
        let shown = form.fields.iter().filter(|field| field.kind != Kind::Password);
        let values = |field: &'a Field| {
            field.values.iter().map(|value| (field.name.into(), value.as_str().into()))
        };
        let key = form.key.iter().map(|key| (KEY.into(), key.as_str().into()));
        let errors = form
            .fields
            .iter()
            .filter_map(|field| Some((field.name.into(), field.error.as_deref()?.into())));
        Self {
            action: form.action.as_str().into(),
            typed: shown.flat_map(values).chain(key).collect(),
            errors: errors.collect(),
            error: form.error.as_deref().map(Into::into),
        }
    }

    /// What was sent to an address before anything could be done with it.
    pub(crate) fn of_typed(action: &'a str, typed: &'a Typed) -> Self {
        let typed = typed.iter().filter(|(name, _)| !Typed::is_secret(name));
        let typed = typed.map(|(name, value)| (name.into(), value.into())).collect();
        Self { action: action.into(), typed, ..Self::default() }
    }

    /// What the next page shows and nobody typed.
    pub(crate) fn of_values(page: &'a str, values: &'a [(&'a str, &'a str)]) -> Self {
        let typed = values.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Self { action: page.into(), typed: typed.collect(), ..Self::default() }
    }

    /// Whether anything was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.typed.iter().all(|(name, value)| name == KEY || value.trim().is_empty())
    }

    /// Leaves it to the next page; says whether it is short enough.
    pub(crate) fn keep(&self, exchange: &Exchange, key: &SealingKey) -> bool {
        let content = serde_json::to_vec(self).unwrap_or_default();
        let sealed = key.seal(FORM, &content).ok();
        let Some(sealed) = sealed.filter(|sealed| sealed.len() <= MOST_CHARS) else { return false };
        exchange.set_cookie(FORM, &sealed, Some(SECONDS));
        true
    }

    /// The address of a page that shows what is kept.
    pub(crate) fn page(page: &str) -> String {
        let (page, place) = match page.split_once('#') {
            Some((page, place)) => (page, format!("#{place}")),
            None => (page, String::new()),
        };
        if is_asked_for(page) {
            return format!("{page}{place}");
        }
        let separator = if page.contains('?') { '&' } else { '?' };
        format!("{page}{separator}{AGAIN}{place}")
    }
}

impl Kept<'static> {
    /// What was kept for this form, if the page is asked for it.
    pub(crate) fn find(exchange: &Exchange, key: &SealingKey, action: &str) -> Option<Self> {
        if !is_asked_for(exchange.target()) {
            return None;
        }
        let content = key.open(FORM, &exchange.cookie(FORM)?)?;
        let kept: Self = serde_json::from_slice(&content).ok()?;
        (kept.action == action).then_some(kept)
    }

    /// The value that was kept of a field.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.typed.iter().find(|(field, _)| field == name).map(|(_, value)| &**value)
    }

    /// Puts it into a form.
    pub(crate) fn restore(self, form: &mut Form) {
        for field in &mut form.fields {
            let values = self.typed.iter().filter(|(name, _)| name == field.name);
            field.values = values.map(|(_, value)| value.clone().into_owned()).collect();
            let error = self.errors.iter().find(|(name, _)| name == field.name);
            field.error = error.map(|(_, message)| message.clone().into_owned());
        }
        if form.key.is_some()
            && let Some(key) = self.value(KEY)
            && let Ok(key) = OnceKey::try_from(key.to_owned())
        {
            form.key = Some(key);
        }
        form.error = self.error.map(Cow::into_owned);
        form.again = true;
    }
}

fn is_asked_for(target: &str) -> bool {
    let query = target.parse::<Uri>().ok().and_then(|uri| uri.query().map(str::to_owned));
    query.is_some_and(|query| query.split('&').any(|part| part == AGAIN))
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn a_page_is_asked_for_what_was_typed_once() {
        for (page, again) in [
            ("/a", "/a?again"),
            ("/a?again", "/a?again"),
            ("/a?b=c", "/a?b=c&again"),
            ("/a?b=c&again", "/a?b=c&again"),
            ("/a#people", "/a?again#people"),
        ] {
            assert_eq!(Kept::page(page), again);
        }
    }
}
