//! Values as old clients send them: numbers and truths, or text that means one.
//!
//! A form of a contract has a [`Lenient`] where old clients send anything. What is missing, null or empty
//! is the same: nothing. A handler reads a form as [`Object`], so that nothing else passes for one.

use std::str::FromStr;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::Value;
use utoipa::ToSchema;

/// A value that may be missing, or of another type than it should.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Option<Value>)]
pub struct Lenient(Option<Value>);

/// A value means nothing of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be read")]
pub struct Unreadable(
    /// The value as someone sent it, shortened: for showing it to them.
    pub String,
);

impl Lenient {
    /// Whether there is nothing.
    pub fn is_missing(&self) -> bool {
        match &self.0 {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(_) => false,
        }
    }

    /// Reads text, without space around it; a number is the text of its digits.
    ///
    /// # Errors
    /// When it is neither.
    pub fn text(&self) -> Result<Option<String>, Unreadable> {
        match &self.0 {
            _ if self.is_missing() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            _ => Err(self.unreadable()),
        }
    }

    /// Reads a number, or whatever else is written as text.
    ///
    /// # Errors
    /// When it is no `N`.
    pub fn number<N: FromStr>(&self) -> Result<Option<N>, Unreadable> {
        let number = self.text()?.map(|text| text.parse());
        number.transpose().map_err(|_| self.unreadable())
    }

    /// Reads a truth: true or false, 1 or 0, or one of these as text in any case.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn truth(&self) -> Result<Option<bool>, Unreadable> {
        if let Some(Value::Bool(truth)) = self.0 {
            return Ok(Some(truth));
        }
        let Some(text) = self.text()? else { return Ok(None) };
        match text.to_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(self.unreadable()),
        }
    }

    /// Reads a list, which may be empty.
    ///
    /// # Errors
    /// When it is none.
    pub fn list(&self) -> Result<Option<Vec<Self>>, Unreadable> {
        match &self.0 {
            _ if self.is_missing() => Ok(None),
            Some(Value::Array(values)) => {
                Ok(Some(values.iter().cloned().map(Self::from).collect()))
            }
            _ => Err(self.unreadable()),
        }
    }

    fn unreadable(&self) -> Unreadable {
        const MOST_CHARS: usize = 50;
        let text = match &self.0 {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        Unreadable(text.chars().take(MOST_CHARS).collect())
    }
}

impl<T: Into<Value>> From<T> for Lenient {
    fn from(value: T) -> Self {
        Self(Some(value.into()))
    }
}

/// A JSON object that reads as a `T`. A type with named members reads from an array as well, one member
/// after the other, and from an empty one if none has to be there.
#[derive(Debug, Clone, Copy)]
pub struct Object<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if !value.is_object() {
            return Err(D::Error::custom("The body has to be a JSON object"));
        }
        serde_json::from_value(value).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Form {
        name: Lenient,
        #[serde(default)]
        count: u32,
    }

    #[test]
    fn what_is_missing_null_or_empty_is_nothing() {
        for form in
            [json!({}), json!({ "name": null }), json!({ "name": "" }), json!({ "name": " " })]
        {
            let Object(form): Object<Form> = serde_json::from_value(form).unwrap();
            assert!(form.name.is_missing());
            assert_eq!((form.name.text(), form.name.truth()), (Ok(None), Ok(None)));
            assert_eq!(form.name.number::<i64>(), Ok(None));
        }
    }

    #[test]
    fn numbers_may_be_text_and_text_a_number() {
        for value in [json!(7), json!("7"), json!(" 7 ")] {
            let value = Lenient::from(value);
            assert_eq!(value.number(), Ok(Some(7)));
            assert_eq!(value.text(), Ok(Some("7".to_owned())));
        }
        assert_eq!(Lenient::from("-7").number(), Ok(Some(-7)));
        assert_eq!(Lenient::from("-7").number::<u32>(), Err(Unreadable("-7".to_owned())));
        for bad in [json!("7a"), json!(7.5), json!(true), json!([7]), json!("9".repeat(30))] {
            assert!(Lenient::from(bad.clone()).number::<i64>().is_err(), "{bad}");
        }
        for bad in [json!(true), json!([7]), json!({})] {
            assert!(Lenient::from(bad.clone()).text().is_err(), "{bad}");
        }
    }

    #[test]
    fn truths_may_be_words() {
        for (value, truth) in [
            (json!(true), true),
            (json!("True"), true),
            (json!(1), true),
            (json!(false), false),
            (json!("0"), false),
        ] {
            assert_eq!(Lenient::from(value).truth(), Ok(Some(truth)));
        }
        assert_eq!(Lenient::from("z".repeat(99)).truth(), Err(Unreadable("z".repeat(50))));
        assert!(Lenient::from(json!([true])).truth().is_err());
    }

    #[test]
    fn a_list_is_one_of_values() {
        let list = Lenient::from(json!([1, "2"])).list().unwrap().unwrap();
        let numbers = list.iter().map(Lenient::number::<u8>).collect::<Vec<_>>();
        assert_eq!(numbers, [Ok(Some(1)), Ok(Some(2))]);
        assert_eq!(Lenient::from("").list(), Ok(None));
        assert_eq!(Lenient::from(json!([])).list(), Ok(Some(Vec::new())));
        assert!(Lenient::from("1").list().is_err());
    }

    #[test]
    fn an_array_is_no_object() {
        let read = |text| serde_json::from_str::<Object<Form>>(text);
        assert_eq!(read(r#"{ "count": 3 }"#).unwrap().0.count, 3);
        for other in ["[]", "[\"Tea\", 3]", "null", "\"x\"", "3"] {
            let refused = read(other).unwrap_err().to_string();
            assert!(refused.starts_with("The body has to be a JSON object"), "{refused}");
        }
        let wrong = read(r#"{ "count": "3" }"#).unwrap_err().to_string();
        assert!(wrong.starts_with("invalid type: string \"3\""), "{wrong}");
    }
}
