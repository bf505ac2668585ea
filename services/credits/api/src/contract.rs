//! What the callers of the ledger rely on, for the real one and for the [`fake`](crate::fake).

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use grove_shared::{CallError, Client, NetId};

use crate::{
    Hold, HoldState, InternalTransfer, NewHold, Party, SystemAccount, capture, find_hold, hold,
    member_balance, open_account, release, transfer,
};

const SALES: Party = Party::System(SystemAccount::MerchSales);
const ESCROW: Party = Party::System(SystemAccount::GigEscrow);
const MINT: Party = Party::System(SystemAccount::Mint);

/// Who takes part: services of these names, two members with 500 credits each and no holds, and somebody
/// who is no member. No key was used before.
#[derive(Debug)]
pub struct Cast<C> {
    /// The service gigs.
    pub gigs: C,
    /// The service merch.
    pub merch: C,
    /// The service users.
    pub users: C,
    /// Two members.
    pub members: [NetId; 2],
    /// No member, who becomes one at the end.
    pub nobody: NetId,
}

/// Plays everything once.
///
/// # Panics
/// When the ledger does not keep the contract.
pub async fn suite<C: Client>(cast: &Cast<C>) {
    balances_are_told_to_services(cast).await;
    a_transfer_is_made_once_for_each_key(cast).await;
    a_transfer_is_refused_for_a_reason(cast).await;
    a_hold_is_captured_once(cast).await;
    a_hold_is_released_once(cast).await;
    a_hold_is_refused_for_a_reason(cast).await;
    an_account_is_opened_once(cast).await;
}

async fn balances_are_told_to_services<C: Client>(cast: &Cast<C>) {
    let [one, _] = &cast.members;
    for service in [&cast.gigs, &cast.merch] {
        let balance = service.call(member_balance(one)).await.unwrap();
        assert_eq!((&balance.netid, balance.balance, balance.held), (one, 500, 0));
        assert_eq!(status(service.call(member_balance(&cast.nobody)).await), 404);
    }
    assert_eq!(status(cast.users.call(member_balance(one)).await), 403);
}

async fn a_transfer_is_made_once_for_each_key<C: Client>(cast: &Cast<C>) {
    let Cast { gigs, members: [one, other], .. } = cast;
    let reserve = moves(member(one), ESCROW, 40);
    let first = gigs.call(transfer(&reserve).once("reserve")).await.unwrap();
    assert_eq!((first.user.as_deref(), first.amount), (Some(one.as_str()), -40));
    assert_eq!((first.counterparty.as_ref(), &*first.actor), (Some(&ESCROW), "service:gigs"));
    let again = gigs.call(transfer(&reserve).once("reserve")).await.unwrap();
    assert_eq!(again, first);
    let more = moves(member(one), ESCROW, 41);
    assert_eq!(status(gigs.call(transfer(&more).once("reserve")).await), 422);
    let pay = moves(ESCROW, member(other), 40);
    let paid = gigs.call(transfer(&pay).once("pay")).await.unwrap();
    assert_eq!((paid.user.as_deref(), paid.amount), (Some(other.as_str()), 40));
    assert_ne!(paid.id, first.id);
    assert_eq!(available(cast, one).await, 460);
    assert_eq!(available(cast, other).await, 540);
}

async fn a_transfer_is_refused_for_a_reason<C: Client>(cast: &Cast<C>) {
    let Cast { gigs, merch, users, members: [one, two], nobody } = cast;
    let expected = [
        (gigs, moves(member(one), ESCROW, 461), 402),
        (gigs, moves(ESCROW, member(one), 1), 402),
        (gigs, moves(member(one), ESCROW, 0), 400),
        (gigs, moves(member(one), ESCROW, -5), 400),
        (gigs, moves(member(one), ESCROW, 10_000_001), 400),
        (gigs, described(moves(member(one), ESCROW, 1), &"x".repeat(201)), 400),
        (gigs, described(moves(member(one), ESCROW, 1), "two\nlines"), 400),
        (gigs, moves(member(one), member(two), 1), 403),
        (gigs, moves(member(one), MINT, 1), 403),
        (gigs, moves(SALES, member(one), 1), 403),
        (gigs, moves(MINT, member(nobody), 1), 404),
        (merch, moves(MINT, member(one), 1), 403),
        (merch, moves(SALES, member(one), 1), 402),
        (users, moves(MINT, member(one), 1), 403),
    ];
    for (service, new, refusal) in expected {
        let refused = service.call(transfer(&new).once("refused")).await;
        assert_eq!(status(refused), refusal, "{new:?}");
    }
    assert_eq!(status(gigs.call(transfer(&moves(MINT, member(one), 1))).await), 400);
    // What was refused left its key free.
    gigs.call(transfer(&moves(MINT, member(one), 40)).once("refused")).await.unwrap();
    assert_eq!(available(cast, one).await, 500);
}

async fn a_hold_is_captured_once<C: Client>(cast: &Cast<C>) {
    let Cast { gigs, merch, members: [one, _], .. } = cast;
    let new = holds(one, 300);
    let made = merch.call(hold(&new).once("captured")).await.unwrap();
    assert_eq!((made.netid.as_ref(), made.amount, made.state), (Some(one), 300, HoldState::Held));
    assert_eq!(made.expires_at.unwrap() - made.created_at, chrono::TimeDelta::days(7));
    assert_eq!(available(cast, one).await, 200);
    assert_eq!(status(merch.call(hold(&holds(one, 201)).once("too much")).await), 402);
    assert_eq!(status(merch.call(capture(made.id, MINT)).await), 403);
    assert_eq!(status(gigs.call(capture(made.id, SALES)).await), 403);
    for _ in 0..2 {
        let captured = merch.call(capture(made.id, SALES)).await.unwrap();
        assert_eq!(captured, Hold { state: HoldState::Captured, ..made.clone() });
    }
    assert_eq!(status(merch.call(release(made.id)).await), 409);
    assert_eq!(merch.call(find_hold(made.id)).await.unwrap().state, HoldState::Captured);
    // The first answer again, whatever became of the hold.
    assert_eq!(merch.call(hold(&new).once("captured")).await.unwrap(), made);
    let balance = merch.call(member_balance(one)).await.unwrap();
    assert_eq!((balance.balance, balance.held, balance.available), (200, 0, 200));
}

async fn a_hold_is_released_once<C: Client>(cast: &Cast<C>) {
    let Cast { merch, members: [_, other], .. } = cast;
    let new = NewHold { expires_in: Some(3600), ..holds(other, 540) };
    let made = merch.call(hold(&new).once("released")).await.unwrap();
    assert_eq!(made.expires_at.unwrap() - made.created_at, chrono::TimeDelta::hours(1));
    assert_eq!(available(cast, other).await, 0);
    for _ in 0..2 {
        let released = merch.call(release(made.id)).await.unwrap();
        assert_eq!(released, Hold { state: HoldState::Released, ..made.clone() });
    }
    assert_eq!(status(merch.call(capture(made.id, SALES)).await), 409);
    assert_eq!(available(cast, other).await, 540);
}

async fn a_hold_is_refused_for_a_reason<C: Client>(cast: &Cast<C>) {
    let Cast { gigs, merch, members: [one, _], nobody, .. } = cast;
    let lasting = |seconds| NewHold { expires_in: Some(seconds), ..holds(one, 1) };
    for (service, new, refusal) in [
        (merch, holds(one, 0), 400),
        (merch, lasting(0), 400),
        (merch, lasting(30 * 24 * 60 * 60 + 1), 400),
        (merch, holds(nobody, 1), 404),
        (gigs, holds(one, 1), 403),
    ] {
        let refused = service.call(hold(&new).once("refused hold")).await;
        assert_eq!(status(refused), refusal, "{new:?}");
    }
    for id in [0, 999_999] {
        assert_eq!(status(merch.call(find_hold(id)).await), 404);
        assert_eq!(status(merch.call(capture(id, SALES)).await), 404);
        assert_eq!(status(merch.call(release(id)).await), 404);
    }
    merch.call(hold(&holds(one, 1)).once("key")).await.unwrap();
    assert_eq!(status(merch.call(hold(&holds(one, 2)).once("key")).await), 422);
}

async fn an_account_is_opened_once<C: Client>(cast: &Cast<C>) {
    let Cast { gigs, users, nobody, .. } = cast;
    assert_eq!(status(gigs.call(open_account(nobody)).await), 403);
    let opened = users.call(open_account(nobody)).await.unwrap();
    assert_eq!((&opened.netid, opened.balance, opened.held), (nobody, 500, 0));
    gigs.call(transfer(&moves(member(nobody), ESCROW, 10)).once("new")).await.unwrap();
    assert_eq!(users.call(open_account(nobody)).await.unwrap().balance, 490);
    assert_eq!(available(cast, nobody).await, 490);
}

fn member(netid: &NetId) -> Party {
    Party::Member(netid.clone())
}

fn moves(from: Party, to: Party, amount: i64) -> InternalTransfer {
    InternalTransfer { from, to, amount, description: "A gig".to_owned() }
}

fn described(transfer: InternalTransfer, description: &str) -> InternalTransfer {
    InternalTransfer { description: description.to_owned(), ..transfer }
}

fn holds(netid: &NetId, amount: i64) -> NewHold {
    let description = "Can of soda".to_owned();
    NewHold { netid: netid.clone(), amount, description, expires_in: None }
}

async fn available<C: Client>(cast: &Cast<C>, netid: &NetId) -> i64 {
    cast.gigs.call(member_balance(netid)).await.unwrap().available
}

/// The status of a refusal.
fn status<T: Debug>(refused: Result<T, CallError>) -> u16 {
    match refused {
        Err(CallError::Refused { status, .. }) => status.as_u16(),
        other => panic!("{other:?} is no refusal"),
    }
}
