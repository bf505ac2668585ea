//! Asking to become a member.

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::api::users::NewUser;
use http::StatusCode;

use crate::{
    csrf::{FIELD, Protected},
    error::PageError,
    gateway::{Gateway, GatewayError},
    render::{Frame, Page, see_other},
    session::Visitor,
};

#[derive(Debug, Template)]
#[template(path = "join.html")]
struct Join {
    frame: Frame,
    form: Wish,
    sigs: Vec<Choice>,
    error: Option<String>,
}

/// What was typed so far.
#[derive(Debug, Default)]
struct Wish {
    first_name: String,
    last_name: String,
    netid: String,
    uin: String,
    sigs: Vec<String>,
}

/// A group to tick.
#[derive(Debug)]
struct Choice {
    name: String,
    chosen: bool,
}

impl Wish {
    /// Reads the fields; each further field that is ticked is the name of a group, as on the old
    /// website.
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut wish = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "first_name" => wish.first_name = value,
                "last_name" => wish.last_name = value,
                "netid" => wish.netid = value.trim().to_lowercase(),
                "uin" => value.trim().clone_into(&mut wish.uin),
                "sig" => wish.sigs.push(value),
                FIELD => {}
                _ if value == "on" => wish.sigs.push(name),
                _ => {}
            }
        }
        wish
    }

    fn person(&self) -> NewUser {
        NewUser {
            first_name: Some(self.first_name.clone()),
            last_name: Some(self.last_name.clone()),
            netid: Some(self.netid.clone()),
            uin: Some(self.uin.clone()),
        }
    }
}

/// The form. The groups are an extra: without them one can still join.
async fn form(frame: Frame, gateway: &Gateway, form: Wish, error: Option<String>) -> Page<Join> {
    let sigs = gateway.groups("sigs").await.unwrap_or_default();
    let choose = |name: String| Choice { chosen: form.sigs.contains(&name), name };
    let sigs = sigs.into_iter().map(|sig| choose(sig.name)).collect();
    Page(Join { frame, form, sigs, error })
}

pub(crate) async fn show(Visitor(person): Visitor, frame: Frame, gateway: Gateway) -> Response {
    if person.is_some() {
        return see_other("/intranet");
    }
    form(frame, &gateway, Wish::default(), None).await.into_response()
}

pub(crate) async fn submit(
    frame: Frame,
    gateway: Gateway,
    Protected(fields): Protected<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let wish = Wish::read(fields);
    match gateway.join(&wish.person(), &wish.sigs).await {
        Ok(_) => Ok(see_other("/join/next")),
        Err(GatewayError::Refused { status: StatusCode::BAD_REQUEST, message, .. }) => {
            let page = form(frame, &gateway, wish, Some(message)).await;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Template)]
#[template(path = "join_next.html")]
pub(crate) struct Next {
    frame: Frame,
}

/// The steps that remain.
pub(crate) async fn next(frame: Frame) -> Page<Next> {
    Page(Next { frame })
}
