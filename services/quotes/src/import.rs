//! Takes over the quotes of the old system from its CSV file.

use std::io::Read;

use anyhow::Context;
use chrono::{NaiveDateTime, Utc};
use grove_shared::{import::Report, text::is_clean_multiline};
use serde::Deserialize;
use sqlx::MySqlPool;

use crate::{
    quote::{QuoteText, Source},
    store,
};

/// The columns that matter; `*_html` repeat them with markup.
#[derive(Debug, Deserialize)]
struct Row {
    quote_text: String,
    quote_sources: String,
    created_at: String,
    quote_posters: String,
}

/// Reads `data.csv` of the old quotes service. Quotes arrive approved, as they were; one that is
/// there already stays as it is.
///
/// # Errors
/// When the file has other columns, or the database fails. A bad row is skipped and reported.
pub async fn import_csv(db: &MySqlPool, file: impl Read) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let headers = reader.headers()?.clone();
    for (index, record) in reader.records().enumerate() {
        let line = index + 2;
        let row = record.and_then(|record| record.deserialize::<Row>(Some(&headers)));
        let row = match row {
            Ok(row) => row,
            Err(cause) => {
                report.skip(format!("row {line}"), cause);
                continue;
            }
        };
        match import_row(db, &row).await {
            Ok(true) => report.imported += 1,
            Ok(false) => report.present += 1,
            Err(cause) if cause.is::<sqlx::Error>() => return Err(cause),
            Err(cause) => report.skip(format!("row {line}"), format!("{cause:#}")),
        }
    }
    Ok(report)
}

async fn import_row(db: &MySqlPool, row: &Row) -> anyhow::Result<bool> {
    let text = without_markup(&row.quote_text);
    let text = QuoteText::parse(Some(&text)).map_err(anyhow::Error::msg)?;
    let source = names(&row.quote_sources);
    let source = Source::parse(Some(&source)).map_err(anyhow::Error::msg)?;
    // Some old quotes name no poster; then the one who said it stands for both.
    let poster = names(&row.quote_posters);
    let poster = Source::parse(Some(&poster)).unwrap_or_else(|_| source.clone());
    let created_at = NaiveDateTime::parse_from_str(row.created_at.trim(), "%m/%d/%y %H:%M")
        .with_context(|| format!("created_at is {:?}, not M/D/YY H:MM", row.created_at))?
        .and_local_timezone(Utc)
        .single()
        .context("created_at does not exist")?;
    match store::insert_imported(db, &text, &poster, &source, created_at).await {
        Ok(inserted) => Ok(inserted),
        Err(crate::error::QuoteError::Database(cause)) => Err(cause.into()),
        Err(cause) => Err(anyhow::Error::msg(cause)),
    }
}

/// The old system wrapped the list of names in commas: `,jsmith2,mdoe3,`.
fn names(list: &str) -> String {
    let names = without_markup(list);
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
}

fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        match tag.split_once('>') {
            Some((name, after)) if name.starts_with(|c: char| c.is_alphabetic() || c == '/') => {
                rest = after;
            }
            _ => {
                plain.push('<');
                rest = tag;
            }
        }
    }
    plain.push_str(rest);
    let mut plain = plain
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    // What nobody sees is not missed, and would be refused.
    plain.retain(|c| is_clean_multiline(c.encode_utf8(&mut [0; 4])));
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_text_stays() {
        assert_eq!(without_markup("\u{feff}a\u{200b}b\n"), "ab\n");
        assert_eq!(without_markup("a <b>bold</b> &amp; 1 < 2 <br/>"), "a bold & 1 < 2 ");
        assert_eq!(names(",jsmith2, mdoe3,"), "jsmith2, mdoe3");
    }
}
