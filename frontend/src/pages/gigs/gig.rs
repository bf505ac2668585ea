//! One gig: what it is, who wants to do it, and ending it.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_gigs_api::{self as gigs, ClaimFilter, ClaimState, GigChange, GigState};
use grove_http::extract::Path;
use grove_shared::Client;

use super::{Gig, LIST, offer, page_of};
use crate::{
    amount::Amount,
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    form::Form,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page, see_other},
    session::{KnownVisitor, SignedIn},
    typed::Typed,
};

#[derive(Debug, Template)]
#[template(path = "gigs/gig.html")]
struct GigPage {
    frame: Frame,
    person: Arc<Person>,
    gig: Gig,
    /// Those of other people that the visitor may see.
    claims: Vec<Claim>,
    /// The visitor's own, the latest.
    own: Option<Claim>,
    form: Form,
}

/// Someone's wish to do the gig.
#[derive(Debug)]
struct Claim {
    id: u64,
    claimant: String,
    state: ClaimState,
    made: Moment,
}

impl Claim {
    fn new(claim: gigs::Claim) -> Self {
        let gigs::Claim { id, claimant, state, created_at, .. } = claim;
        Self { id, claimant, state, made: Moment(created_at) }
    }

    fn is_pending(&self) -> bool {
        self.state == ClaimState::Pending
    }
}

/// Claims of every kind, also those that were rejected or taken back.
const ALL_STATES: &str = "pending,accepted,rejected,withdrawn";

fn claims_on(gig: u64) -> ClaimFilter {
    ClaimFilter { gig_id: Some(gig), state: Some(ALL_STATES.to_owned()), ..ClaimFilter::default() }
}

impl GigPage {
    async fn load(
        person: Arc<Person>,
        frame: Frame,
        gateway: &Gateway,
        id: u64,
    ) -> Result<Self, PageError> {
        let (gig, claims) = tokio::try_join!(
            gateway.call(gigs::find(id)),
            gateway.call(gigs::claims(&claims_on(id)))
        )?;
        let claims = claims.into_iter().map(Claim::new);
        let (own, claims): (Vec<_>, Vec<_>) =
            claims.partition(|claim| claim.claimant == person.netid);
        let form = form(&gig)
            .with("title", gig.title.as_str())
            .with("details", gig.details.as_str())
            .with("credits", gig.credits.to_string());
        let form = frame.restored(form);
        let own = own.into_iter().max_by_key(|claim| claim.id);
        let gig = Gig::new(gig, &person);
        Ok(Self { frame, person, gig, claims, own, form })
    }

    /// The issuer decides on claims; on those that the chapter pays for any officer does.
    fn may_accept(&self) -> bool {
        let officer = self.person.is_officer();
        self.gig.is_open() && if self.gig.admin_task { officer } else { self.gig.mine }
    }

    fn may_reject(&self) -> bool {
        self.gig.is_undecided() && (self.gig.mine || self.person.is_officer())
    }

    fn may_close(&self) -> bool {
        let officer = self.gig.admin_task && self.person.is_officer();
        self.gig.is_undecided() && (self.gig.mine || officer)
    }

    /// While nobody claims it, so that nobody does a gig that has become another one.
    fn may_edit(&self) -> bool {
        let payer = !self.gig.admin_task || self.person.is_officer();
        self.gig.mine && payer && self.gig.is_open() && !self.claims.iter().any(Claim::is_pending)
    }

    fn may_delete(&self) -> bool {
        self.gig.mine || self.person.is_officer()
    }

    fn may_claim(&self) -> bool {
        let free = self.own.as_ref().is_none_or(|own| own.state == ClaimState::Withdrawn);
        self.gig.is_open() && !self.gig.mine && free
    }

    /// What ending the gig does to the reward.
    fn given_back(&self) -> String {
        let Gig { reward, issuer, .. } = &self.gig;
        match (self.gig.is_undecided(), self.gig.admin_task, self.gig.mine) {
            (false, ..) => "No credits move.".to_owned(),
            (true, true, _) => format!("The chapter keeps its {reward}."),
            (true, false, true) => format!("Your {reward} come back to you."),
            (true, false, false) => format!("The {reward} go back to {issuer}."),
        }
    }

    /// Whether the visitor waits for the payment.
    fn is_unpaid(&self) -> bool {
        let accepted = |own: &Claim| own.state == ClaimState::Accepted;
        self.gig.payment_failed && self.own.as_ref().is_some_and(accepted)
    }

    /// What is told of a claim, and in which colour.
    fn standing(&self, claim: &Claim) -> (&'static str, &'static str) {
        match claim.state {
            ClaimState::Pending => ("Pending", "badge badge-warn"),
            ClaimState::Accepted if self.gig.payment_failed => {
                ("Accepted, the payment did not go through", "badge badge-bad")
            }
            ClaimState::Accepted if self.gig.state == GigState::Paying => {
                ("Accepted, the payment is on its way", "badge badge-good")
            }
            ClaimState::Accepted => ("Accepted and paid", "badge badge-good"),
            ClaimState::Rejected => ("Rejected", "badge badge-bad"),
            ClaimState::Withdrawn => ("Withdrawn", "badge"),
        }
    }
}

pub(crate) async fn show(
    KnownVisitor(person): KnownVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(id): Path<u64>,
) -> Result<Response, PageError> {
    Ok(Page(GigPage::load(person, frame, &gateway, id).await?).into_response())
}

/// The form that changes a gig.
fn form(gig: &gigs::Gig) -> Form {
    let hint = if gig.admin_task {
        "The chapter pays it.".to_owned()
    } else {
        format!(
            "If it is more than {}, the rest is set aside of your credits now; if it is less, the \
             rest comes back to you.",
            Amount(gig.credits)
        )
    };
    Form::new(format!("{}/edit", page_of(gig.id)), offer::fields(hint))
}

/// The issuer may, which the service checks.
pub(crate) async fn edit(
    _: SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let fields = offer::fields(String::new());
    let mut form = Form::new(format!("{}/edit", page_of(id)), fields).filled(&typed);
    if form.check()? {
        let change = GigChange {
            title: Some(form.value("title").to_owned()),
            details: Some(form.value("details").to_owned()),
            credits: offer::reward(&form).into(),
            ..GigChange::default()
        };
        match gateway.call(gigs::update(id, &change)).await {
            Ok(_) => {
                flash.success("The gig is changed.");
                return Ok(see_other(&page_of(id)));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page_of(id), &form)
}

pub(crate) async fn close(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(gigs::close(id)).await)?.is_some() {
        flash.success("The gig is closed, and its reward goes back to where it came from.");
    }
    Ok(see_other(&page_of(id)))
}

pub(crate) async fn delete(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(gigs::delete(id)).await)?.is_none() {
        return Ok(see_other(&page_of(id)));
    }
    flash.success("The gig is deleted.");
    Ok(see_other(LIST))
}
