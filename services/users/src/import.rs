//! Takes over the members of the old system from its CSV file.

use std::{io::Read, ops::RangeInclusive};

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use grove_shared::{db, import::Report};
use serde::Deserialize;
use sqlx::MySqlPool;

use crate::{
    error::UserError,
    store, term,
    user::{Name, NewUser, Uin, parse_netid},
};

#[derive(Debug, Deserialize)]
struct Row {
    first_name: String,
    last_name: String,
    netid: String,
    uin: String,
    joined: String,
}

/// Reads `active_users.csv` of the old users service. Its people arrive as members whose term has
/// begun, in the campus directory already. Someone who is there already stays as they are.
///
/// # Errors
/// When the file cannot be read, or the database fails. A bad row is skipped and reported.
pub async fn import_csv(
    db: &MySqlPool,
    file: impl Read,
    now: DateTime<Utc>,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
    let headers = reader.headers()?.clone();
    for (index, record) in reader.records().enumerate() {
        let place = format!("row {}", index + 2);
        let row = record.and_then(|record| record.deserialize::<Row>(Some(&headers)));
        let user = match row.map_err(Into::into).and_then(|row| parse(&row, now)) {
            Ok(user) => user,
            Err(cause) => {
                report.skip(place, format!("{cause:#}"));
                continue;
            }
        };
        match import(db, &user, now).await {
            Ok(()) => report.imported += 1,
            Err(UserError::Exists) => report.present += 1,
            Err(UserError::UinTaken) => report.skip(place, "another person has this UIN"),
            Err(cause) => return Err(cause.into()),
        }
    }
    Ok(report)
}

fn parse(row: &Row, now: DateTime<Utc>) -> anyhow::Result<NewUser> {
    Ok(NewUser {
        netid: parse_netid(Some(&row.netid))?,
        first_name: Name::parse("first_name", Some(&row.first_name))?,
        last_name: Name::parse("last_name", Some(&row.last_name))?,
        uin: known(&row.uin).map(|uin| Uin::parse(Some(uin))).transpose()?,
        verified_at: None,
        added_to_directory: true,
        created_at: known(&row.joined).map_or(Ok(now), joined)?,
    })
}

/// The old database wrote `NULL` for what it did not know.
fn known(value: &str) -> Option<&str> {
    Some(value).filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("null"))
}

/// Reads the day, and if it is there the time, that someone joined.
fn joined(text: &str) -> anyhow::Result<DateTime<Utc>> {
    // Spreadsheets rewrite what the database wrote.
    const WITH_TIME: [&str; 5] = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%m/%d/%y %H:%M",
        "%m/%d/%Y %H:%M",
    ];
    // `%Y` takes "17" for the year 17.
    const PLAUSIBLE_YEARS: RangeInclusive<i32> = 1900..=9999;
    const DAY: [&str; 3] = ["%Y-%m-%d", "%m/%d/%y", "%m/%d/%Y"];
    let zoned = text.parse::<DateTime<Utc>>().ok();
    let time = || WITH_TIME.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || DAY.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    // It is the same day almost everywhere then.
    let noon = || day().and_then(|day| day.and_hms_opt(12, 0, 0));
    zoned
        .or_else(|| time().or_else(noon).map(|time| time.and_utc()))
        .filter(|time| PLAUSIBLE_YEARS.contains(&time.year()))
        .with_context(|| format!("joined is {text:?}, not a date as 2017-09-04 or 9/4/17"))
}

async fn import(db: &MySqlPool, user: &NewUser, now: DateTime<Utc>) -> Result<(), UserError> {
    let mut transaction = db::begin(db).await?;
    if let Some(uin) = user.uin
        && store::has_uin(&mut *transaction, uin, &user.netid).await?
    {
        return Err(UserError::UinTaken);
    }
    store::insert(&mut *transaction, user).await?;
    let term = term::begun_by(now);
    store::insert_membership(&mut *transaction, &user.netid, &term, None, now).await?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_someone_joined_is_read_in_several_forms() {
        for text in [
            "2017-09-04",
            "9/4/17",
            "09/04/2017",
            "2017-09-04 09:33:41",
            "9/4/17 9:33",
            "9/4/2017 9:33",
            "2017-09-04T09:33:41-05:00",
        ] {
            let day = joined(text).unwrap().date_naive();
            assert_eq!(day.to_string(), "2017-09-04", "{text}");
        }
        assert_eq!(joined("9/4/17").unwrap().to_string(), "2017-09-04 12:00:00 UTC");
        for text in ["yesterday", "17-09-04", "+99999-01-01"] {
            assert!(joined(text).is_err(), "{text}");
        }
    }
}
