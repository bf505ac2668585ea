//! Histories, as pages and as files.

use axum::{body::Body, extract::State, response::IntoResponse};
use chrono::NaiveDate;
use futures_util::{StreamExt, stream};
use grove_credits_api::{AccountSums, History, HistoryRequest, Party, Transaction};
use grove_http::{
    ApiError,
    extract::{Json, Query},
};
use grove_identity::caller::{Admin, Member};
use grove_shared::{NetId, config::ChapterTime};
use http::header;
use sqlx::MySqlPool;

use super::members::{nothing, visible};
use crate::{
    AppState, Members,
    error::CreditsError,
    request,
    store::transactions::{self, Filter, told},
};

/// Transactions on a page, if nothing else is asked for.
const PAGE: u32 = 100;
/// Transactions that are read at once for a file.
const PART: u32 = 1000;

/// What the viewer may see of what is asked for: the own account, or for officers any or all.
fn filter(
    request: &HistoryRequest,
    viewer: &Member,
    time: ChapterTime,
    limit: u32,
) -> Result<Filter, CreditsError> {
    let netid = match request.netid.as_deref().filter(|netid| !netid.is_empty()) {
        Some(netid) if netid.parse::<NetId>().is_err() => {
            return Err(CreditsError::field("netid", request::NOBODY));
        }
        Some(netid) => Some(visible(viewer, netid)?),
        None if viewer.is_one_of::<Admin>() => None,
        None => Some(viewer.netid.clone()),
    };
    if let (Some(first), Some(last)) = (request.from, request.to)
        && first > last
    {
        return Err(CreditsError::field("from", "The first day is after the last"));
    }
    Ok(Filter {
        netid,
        before: request.after.unwrap_or(u64::MAX),
        from: told(time.start_of(request.from.unwrap_or(NaiveDate::MIN))),
        to: told(time.end_of(request.to.unwrap_or(NaiveDate::MAX))),
        limit,
    })
}

/// A page of a history, the newest first
///
/// The caller's own; for admins that of anybody, or of everybody if no NetID is given.
#[utoipa::path(
    get,
    path = "/credits/transactions",
    params(HistoryRequest),
    responses(
        (status = 200, description = "The page, and what is on the account if it is of one", body = History),
        (status = 400, description = "The NetID is nobody's, or the first day is after the last"),
        (status = 404, description = "The caller may not see this account"),
    ),
)]
pub(crate) async fn list(
    viewer: Member,
    State(AppState { db, members, time, .. }): State<AppState>,
    Query(request): Query<HistoryRequest>,
) -> Result<Json<History>, ApiError> {
    let limit = request.limit.unwrap_or(PAGE).clamp(1, 1000);
    // One more, to know whether there is a next page.
    let filter = filter(&request, &viewer, time, limit + 1)?;
    let account = match &filter.netid {
        Some(netid) => Some(sums(&members, &viewer, netid).await?),
        None => None,
    };
    let mut transactions = transactions::history(&db, &filter).await?;
    let next = cut(&mut transactions, limit);
    Ok(Json(History { transactions, account, next }))
}

async fn sums(
    members: &Members,
    viewer: &Member,
    netid: &NetId,
) -> Result<AccountSums, CreditsError> {
    let balance = match members.balance(netid).await? {
        Some(balance) => balance,
        None if *netid == viewer.netid => nothing(netid.clone()),
        None => return Err(CreditsError::field("netid", request::NOBODY)),
    };
    let (held, available) = (balance.held, balance.available);
    Ok(AccountSums { balance: balance.balance, held, available })
}

/// Keeps the lines of the first `limit` transactions; returns the last of them if there are more.
fn cut(lines: &mut Vec<Transaction>, limit: u32) -> Option<u64> {
    let mut ids: Vec<u64> = lines.iter().map(|line| line.id).collect();
    ids.dedup();
    let last = *ids.get(usize::try_from(limit).ok()?.checked_sub(1)?)?;
    let more = lines.last().is_some_and(|line| line.id < last);
    lines.retain(|line| line.id >= last);
    more.then_some(last)
}

/// A history as a file of comma-separated values
///
/// All of it, the newest first, with a line of titles; it is read as it is sent.
#[utoipa::path(
    get,
    path = "/credits/export",
    params(HistoryRequest),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv"),
        (status = 400, description = "The NetID is nobody's, or the first day is after the last"),
        (status = 404, description = "The caller may not see this account"),
    ),
)]
pub(crate) async fn export(
    viewer: Member,
    State(AppState { db, time, .. }): State<AppState>,
    Query(request): Query<HistoryRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let filter = filter(&request, &viewer, time, PART)?;
    let titles = [
        "id",
        "time",
        "netid",
        "amount",
        "description",
        "by",
        "reverses",
        "reversed by",
        "counterparty",
    ];
    let titles = csv([titles.map(str::to_owned)])?;
    // The first part before the reply begins: a database that is away is 503 and no file.
    let first = part(&db, filter).await?;
    let rest = stream::try_unfold(first.1, move |filter| {
        let db = db.clone();
        async move {
            let Some(filter) = filter else { return Ok(None) };
            part(&db, filter).await.map(Some)
        }
    });
    let begin = stream::iter([Ok(titles), Ok(first.0)]);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"credits.csv\""),
    ];
    Ok((headers, Body::from_stream(begin.chain(rest))))
}

/// Some lines of the file, and what to ask for next unless these were the last.
async fn part(db: &MySqlPool, filter: Filter) -> Result<(Vec<u8>, Option<Filter>), CreditsError> {
    let lines = transactions::history(db, &filter).await?;
    let next = lines.last().map(|line| Filter { before: line.id, ..filter });
    Ok((csv(lines.into_iter().map(cells))?, next))
}

fn cells(line: Transaction) -> [String; 9] {
    let number = |id: Option<u64>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        line.id.to_string(),
        line.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        line.user.unwrap_or_default(),
        line.amount.to_string(),
        text(&line.description),
        text(&line.actor),
        number(line.reverses),
        number(line.reversed_by),
        match line.counterparty {
            Some(Party::Member(netid)) => netid.to_string(),
            Some(Party::System(account)) => format!("chapter: {account}"),
            None => String::new(),
        },
    ]
}

fn csv(lines: impl IntoIterator<Item = [String; 9]>) -> Result<Vec<u8>, ApiError> {
    let mut file = csv::Writer::from_writer(Vec::new());
    for line in lines {
        file.write_record(line).map_err(ApiError::internal)?;
    }
    file.into_inner().map_err(|cause| ApiError::internal(cause.into_error()))
}

/// A cell in which no spreadsheet finds a formula (OWASP, CSV Injection), also one that takes a semicolon for
/// the end of a cell, or a full-width sign for a sign.
fn text(cell: &str) -> String {
    let mut safe = String::with_capacity(cell.len());
    let mut begins = true;
    for c in cell.chars() {
        if begins && "=+-@\t\r＝＋－＠".contains(c) {
            safe.push('\'');
        }
        begins = c == ';' || (begins && c.is_whitespace());
        safe.push(c);
    }
    safe
}
