//! What a visitor typed into a form, as it was sent.

use serde::Deserialize;

/// The name of the field that holds the token of a page, see [`crate::csrf`].
pub(crate) const CSRF: &str = "csrf";
/// Fields that are kept nowhere.
const SECRETS: [&str; 3] = ["password", "repeated", "current"];

/// What was typed, field by field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Typed(Vec<(String, String)>);

impl Typed {
    /// Reads the body of a form.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a field, or nothing.
    pub(crate) fn get(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }

    /// Every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Everything but the token of the page, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter().filter(|(name, _)| name != CSRF);
        fields.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What a person may want to see of it again.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, value)| *name != "key" && !value.trim().is_empty())
    }

    /// Whether a field is kept nowhere.
    pub(crate) fn is_secret(name: &str) -> bool {
        SECRETS.contains(&name)
    }

    /// The same without what is kept nowhere.
    pub(crate) fn without_secrets(&self) -> Self {
        let fields = self.0.iter().filter(|(name, _)| !Self::is_secret(name));
        Self(fields.cloned().collect())
    }
}
