//! What is asked for behind the question mark.

use chrono::NaiveDate;
use grove_shared::NetId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which purchases are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Whose; without it the caller's own, for admin and top4 everyone's.
    pub(crate) netid: Option<NetId>,
    /// The id of the last purchase of the page before; nothing for the first page.
    pub(crate) after: Option<u64>,
    /// How many purchases; 20 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}

/// Which days are asked for, at most a year of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Period {
    /// The first day; 30 days with the last one if nothing is said.
    pub(crate) from: Option<NaiveDate>,
    /// The last day; today if nothing is said.
    pub(crate) to: Option<NaiveDate>,
}
