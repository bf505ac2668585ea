//! Values as the old clients send them: numbers and truths, or text that means one.

use serde_json::Value;

use crate::error::GigError;

/// Reads a whole number; nothing when there is none.
pub(crate) fn number(field: &'static str, value: &Value) -> Result<Option<i64>, GigError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => other.to_string(),
    };
    let invalid = format!("invalid literal for int() with base 10: '{}'", shortened(&text));
    let number = text.trim().parse().map_err(|_| GigError::Invalid { field, text: invalid })?;
    Ok(Some(number))
}

/// Reads a truth; nothing when there is none.
pub(crate) fn truth(field: &'static str, value: &Value) -> Result<Option<bool>, GigError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::Bool(truth) => return Ok(Some(*truth)),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.to_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        _ => {
            let text = format!("Invalid literal for boolean(): {}", shortened(&text));
            Err(GigError::Invalid { field, text })
        }
    }
}

/// What someone sent, for showing it to them.
fn shortened(text: &str) -> String {
    text.chars().take(50).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_may_be_text() {
        for (value, number_in_it) in [
            (json!(7), Some(7)),
            (json!("7"), Some(7)),
            (json!(" -7 "), Some(-7)),
            (json!(""), None),
            (Value::Null, None),
        ] {
            assert_eq!(number("n", &value).unwrap(), number_in_it, "{value}");
        }
        for bad in [json!("7a"), json!(7.5), json!(true), json!([7]), json!("9".repeat(30))] {
            assert!(number("n", &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn truths_may_be_words() {
        for (value, truth_in_it) in [
            (json!(true), Some(true)),
            (json!("True"), Some(true)),
            (json!("0"), Some(false)),
            (json!(1), Some(true)),
            (json!(""), None),
            (Value::Null, None),
        ] {
            assert_eq!(truth("t", &value).unwrap(), truth_in_it, "{value}");
        }
        let error = truth("t", &json!("zz")).unwrap_err().to_string();
        assert_eq!(error, "Invalid literal for boolean(): zz");
    }
}
