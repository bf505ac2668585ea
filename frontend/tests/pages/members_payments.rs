//! Paying by card: credits, and dues.

use grove_credits_api::{MembershipPrice, Payment, PaymentOptions};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, named},
    members::signed_in,
    members_credits::{key, with_history},
};

pub(crate) fn options(card: bool) -> PaymentOptions {
    let membership = MembershipPrice { dues: 4000, fee: 150 };
    PaymentOptions { card, minimum: 500, maximum: 5000, membership }
}

pub(crate) fn payment(id: u64, state: &str, url: &str) -> Payment {
    let url = Some(url.to_owned());
    Payment { id, state: named(state), amount: 500, url, failure: None }
}

#[tokio::test]
async fn funds_are_added_on_the_page_of_the_payment_company() {
    let gateway = with_history(&[], None).await;
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(true));
    let begun = payment(4, "pending", "https://pay.example/c/4?a=1&b=2");
    gateway.answers(Method::POST, "/credits/top-ups", 200, begun);
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/credits/addFunds").await;
    assert!(page.body.contains("min=\"5\" max=\"50\"") && page.body.contains("$5.00 to $50.00"));

    let key = key(&page);
    let fields = [("dollars", "12.50"), ("key", key.as_str())];
    let page = browser.submit_and_follow("/credits/addFunds", &fields).await;
    assert_eq!(page.status, 200, "a page with a link, since form-action stops redirects elsewhere");
    assert!(page.body.contains("href=\"https://pay.example/c/4?a=1&#38;b=2\""));
    assert!(page.body.contains("$12.50") && page.body.contains("pay.example</strong>"));
    assert!(page.header("content-security-policy").contains("form-action 'self';"));
    let call = &gateway.calls(&Method::POST, "/credits/top-ups")[0];
    assert_eq!(call.body, json!({ "amount": 1250 }));
    assert_eq!(call.headers["idempotency-key"], key.as_str());

    for dollars in ["4.99", "50.01", "x", "-5", ""] {
        let fields = [("dollars", dollars), ("key", "k")];
        let page = browser.submit_and_follow("/credits/addFunds", &fields).await;
        assert!(page.is_wrong_form(), "{dollars}");
        assert!(page.body.contains("must be from $5.00 to $50.00"));
    }
    assert_eq!(gateway.writes().len(), 1);
    let odd = payment(4, "pending", "javascript:alert(1)");
    gateway.answers(Method::POST, "/credits/top-ups", 200, odd);
    let page = browser.submit("/credits/addFunds", &[("dollars", "5"), ("key", "k")]).await;
    assert!(page.location() == "/credits?payment=4" && !page.body.contains("javascript:"));
    let paid = payment(4, "succeeded", "https://pay.example/c/4");
    gateway.answers(Method::POST, "/credits/top-ups", 200, paid);
    let page = browser.submit("/credits/addFunds", &[("dollars", "5"), ("key", "k")]).await;
    assert_eq!(page.location(), "/credits?payment=4", "nobody pays twice");
}

#[tokio::test]
async fn without_card_payment_the_pages_say_how_else_to_pay() {
    let gateway = with_history(&[], None).await;
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(false));
    let mut browser = signed_in(&gateway, &[]);
    let page = browser.get("/credits/addFunds").await;
    assert!(page.body.contains("Card payment is off") && !page.body.contains("name=\"dollars\""));
    let page = Browser::new(&gateway).get("/credits/purchaseMembership").await;
    assert!(page.body.contains("Card payment is off") && page.body.contains("$40.00"));
    assert!(!page.body.contains("name=\"netid\""));
    let refusal = json!({ "error": "Card payment is not set up here" });
    gateway.answers(Method::POST, "/credits/top-ups", 409, refusal);
    let fields = [("dollars", "5"), ("key", "k")];
    let page = browser.submit_and_follow("/credits/addFunds", &fields).await;
    assert!(page.is_wrong_form() && page.body.contains("not set up here"));
}

#[tokio::test]
async fn someone_who_comes_back_from_paying_learns_what_became_of_it() {
    let gateway = with_history(&[], None).await;
    let cases = [
        ("succeeded", None, "has arrived: 500 credits ($5.00)"),
        (
            "failed",
            Some("Your card was declined."),
            "Your card was declined. No credits were added.",
        ),
        ("pending", None, "continue to payment"),
    ];
    let mut browser = signed_in(&gateway, &[]);
    for (state, failure, expected) in cases {
        let failure = failure.map(str::to_owned);
        let payment = Payment { failure, ..payment(4, state, "https://pay.example/") };
        gateway.answers(Method::GET, "/credits/top-ups/4", 200, payment);
        let page = browser.get("/credits?payment=4").await;
        assert!(page.body.contains(expected), "{state}");
        assert_eq!(page.body.contains("https://pay.example/"), state == "pending");
    }
    gateway.answers(Method::GET, "/credits/top-ups/4", 503, json!({ "error": "down" }));
    assert!(browser.get("/credits?payment=4").await.body.contains("not known right now"));
    for odd in ["5", "..", "%22%3E"] {
        let page = browser.get(&format!("/credits?payment={odd}")).await;
        assert!(page.status == 200 && !page.body.contains("Your payment"), "{odd}");
    }
}

#[tokio::test]
async fn anybody_who_joined_pays_the_dues_by_card() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/credits/payment-options", 200, options(true));
    let begun = payment(9, "pending", "https://pay.example/9");
    gateway.answers(Method::POST, "/credits/membership-payments", 200, begun);
    let mut stranger = Browser::new(&gateway);
    let page = stranger.get("/credits/purchaseMembership").await;
    for part in ["$40.00", "$1.50", "$41.50", "name=\"netid\""] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("class=\"subnav\""));
    let key = key(&page);
    let fields = [("netid", " Erossi2"), ("key", &key)];
    let page = stranger.submit_and_follow("/credits/purchaseMembership", &fields).await;
    assert!(page.body.contains("href=\"https://pay.example/9\"") && page.body.contains("$41.50"));
    let call = &gateway.calls(&Method::POST, "/credits/membership-payments")[0];
    assert_eq!(call.body, json!({ "netid": "erossi2" }));
    assert_eq!(call.headers["idempotency-key"], key.as_str());

    for (status, error) in [(404, "Unrecognized user"), (409, "The dues are paid already")] {
        let refusal = json!({ "error": error });
        gateway.answers(Method::POST, "/credits/membership-payments", status, refusal);
        let page = stranger.submit_and_follow("/credits/purchaseMembership", &fields).await;
        assert!(page.is_wrong_form());
        assert!(page.body.contains(error) && page.body.contains("value=\"erossi2\""));
    }
    let page = stranger.get("/credits/purchaseMembership?payment=9").await;
    assert!(page.body.contains("If you have just paid"));
    let page = signed_in(&gateway, &[]).get("/credits/purchaseMembership").await;
    assert!(page.body.contains("You are a member.") && !page.body.contains("name=\"key\""));
}
