//! The fields of a gig, in the form that offers one and in the one that changes it.

use crate::{
    amount::Amount,
    form::{Field, Form, Kind},
};

/// What makes a gig; `hint` says what happens to the reward.
pub(super) fn fields(hint: String) -> Vec<Field> {
    let title = Field::new(Kind::Text, "title", "Title").required("Give it a title.").most(100);
    let details = Field::new(Kind::Area, "details", "Details")
        .most(150)
        .hint("What is to be done, where and until when; at most 150 characters.");
    let credits = Field::new(Kind::Credits, "credits", "Reward in credits")
        .required("Enter the reward: a whole number of credits, at least 1.")
        .unreadable("The reward must be a whole number of credits, at least 1.")
        .hint(hint);
    vec![title, details, credits]
}

/// The reward; 0 in a form that was not checked.
pub(super) fn reward(form: &Form) -> i64 {
    Amount::read_credits(form.value("credits")).map_or(0, |amount| amount.0)
}
