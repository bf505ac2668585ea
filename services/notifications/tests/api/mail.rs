//! Mails, as a mail server sees them.

use chrono::TimeDelta;
use grove_notifications::Channel;
use serde_json::json;

use crate::{World, accepted, mail_to, sink::MailSink};

#[tokio::test]
async fn a_mail_arrives_as_it_was_sent() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("jöhn@example.edu");
    message["services"][0] = json!({
        "name": "email",
        "recipients": ["max3@example.edu"],
        "sender": "treasurer@example.edu",
        "subject": "Pizza für alle 🍕",
        "html": "<p>Im <b>Café</b></p>",
    });
    message["message"] = json!("Im Café, um sechs.\nBis dann");
    message["kind"] = json!("membership");
    let id = world.send(&message).await;
    assert_eq!(world.outcome(id).await, ["queued to max3@example.edu"]);
    assert_eq!(world.deliver(Channel::Email).await, 1);

    let mail = sink.only();
    assert_eq!((mail.sender.as_str(), mail.recipients.len()), ("treasurer@example.edu", 1));
    assert_eq!(mail.header("To"), "max3@example.edu");
    assert_eq!(mail.header("From"), "treasurer@example.edu");
    assert_eq!(mail.header("Subject"), "Pizza für alle 🍕");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.header("Message-ID").ends_with("@example.edu>"));
    assert!(!mail.header("Date").is_empty());
    assert_eq!(mail.text(), "Im Café, um sechs.\nBis dann");
    assert_eq!(mail.html().unwrap().trim(), "<p>Im <b>Café</b></p>");
    assert_eq!(world.outcome(id).await, ["sent to max3@example.edu"]);
    assert_eq!(world.deliver(Channel::Email).await, 0);
}

#[tokio::test]
async fn old_clients_ask_for_html_by_its_mimetype() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("ada1@example.edu");
    message["services"][0]["mimetype"] = json!("text/html");
    message["message"] = json!("<p>Pizza</p>");
    message["kind"] = json!("membership");
    world.send(&message).await;
    world.deliver(Channel::Email).await;
    let mail = sink.only();
    assert_eq!(mail.html().unwrap().trim(), "<p>Pizza</p>");
    assert_eq!(mail.header("From"), "ACM <acm@example.edu>");
}

#[tokio::test]
async fn recipients_do_not_see_each_other_and_a_mailbox_gets_a_mail_once() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("");
    let recipients = ["one@example.org", "two@example.org", "ONE@example.org", "one@example.org"];
    message["services"][0]["recipients"] = json!(recipients);
    world.send(&message).await;
    assert_eq!(world.deliver(Channel::Email).await, 2);
    let mut mails = sink.mails();
    mails.sort_by_key(|mail| mail.recipients.clone());
    for (mail, recipient) in mails.iter().zip(["one@example.org", "two@example.org"]) {
        assert_eq!(mail.recipients, [recipient]);
        assert_eq!(mail.header("To"), recipient);
        assert!(mail.headers("Cc").is_empty() && mail.headers("Bcc").is_empty());
    }
    assert_ne!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
}

#[tokio::test]
async fn no_text_ends_a_mail_early() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let text = "Hi\n.\nQUIT\r\n.\r\nMAIL FROM:<mallory@evil.example>\r\nRCPT TO:<all@example.edu>\r\n\
                DATA\n\nBcc: all@example.edu\n.\n\r.\r..end";
    let mut message = mail_to("ada1@example.org");
    message["message"] = json!(text);
    world.send(&message).await;
    assert_eq!(world.deliver(Channel::Email).await, 1);
    let mail = sink.only();
    assert_eq!(mail.recipients, ["ada1@example.org"]);
    assert!(mail.text().contains("MAIL FROM:<mallory@evil.example>"));
    assert!(mail.text().ends_with("..end"), "{:?}", mail.text());
    assert!(mail.headers("Bcc").is_empty());
}

#[tokio::test]
async fn what_the_server_refuses_for_good_fails_at_once_and_what_it_defers_waits() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("");
    let recipients = ["refused1@example.org", "later1@example.org", "fine1@example.org"];
    message["services"][0]["recipients"] = json!(recipients);
    let id = world.send(&message).await;
    assert_eq!(world.deliver(Channel::Email).await, 1);
    let expected = [
        "failed to refused1@example.org",
        "queued to later1@example.org",
        "sent to fine1@example.org",
    ];
    assert_eq!(world.outcome(id).await, expected);
    let deliveries = world.shown(id).await["deliveries"].clone();
    assert!(deliveries[0]["last_error"].as_str().unwrap().contains("no such mailbox"));
    assert!(deliveries[1]["last_error"].as_str().unwrap().contains("come back later"));
    // One mail that waits holds up no other.
    world.send(&mail_to("fine2@example.org")).await;
    assert_eq!(world.deliver(Channel::Email).await, 1);
    assert_eq!(world.wait(Channel::Email, 3600).await, 0);
    assert_eq!(world.shown(id).await["deliveries"][1]["attempts"], 2);
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_mail_and_made_again_when_the_server_closed_it() {
    let mut sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    for number in 0..3 {
        if number == 2 {
            sink.kill();
            sink.restart().await;
        }
        let id = world.send(&mail_to(&format!("p{number}@example.org"))).await;
        assert_eq!(world.deliver(Channel::Email).await, 1);
        assert_eq!(world.delivery(id).await["attempts"], 1);
    }
    let mut connections: Vec<_> = sink.mails().into_iter().map(|mail| mail.connection).collect();
    connections.sort();
    connections.dedup();
    assert_eq!(connections.len(), 2);
}

/// What makes the service send to an encrypted server as `user`.
fn encrypted<'a>(sink: &'a MailSink, ca_file: &'a str, password: &'a str) -> Vec<&'a str> {
    let mut arguments = sink.arguments();
    arguments.extend(["--smtp-user", "grove", "--smtp-password", password]);
    if !ca_file.is_empty() {
        arguments.extend(["--smtp-ca-file", ca_file]);
    }
    arguments
}

#[tokio::test]
async fn mail_goes_encrypted_to_a_server_whose_certificate_is_trusted_and_waits_otherwise() {
    let sink = MailSink::start_with_tls().await;
    let world = World::with(&encrypted(&sink, "", "a throwaway password")).await;
    let id = world.send(&mail_to("ada1@example.org")).await;
    assert_eq!(world.deliver(Channel::Email).await, 0);
    assert_eq!(sink.mails().len(), 0);
    let error = world.delivery(id).await["last_error"].as_str().unwrap().to_owned();
    assert!(error.contains("certificate"), "{error}");

    // The same mail goes out when the certificate is trusted.
    let ca_file = sink.ca_file();
    let trusting = World::with(&encrypted(&sink, &ca_file, "a throwaway password")).await;
    let worker = world.worker_with(Channel::Email, trusting.state.carriers.clone());
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    assert!(sink.only().encrypted);
    assert_eq!(world.outcome(id).await, ["sent to ada1@example.org"]);

    // A wrong password is our fault, not the message's: it waits for an officer.
    let world = World::with(&encrypted(&sink, &ca_file, "wrong")).await;
    let id = world.send(&mail_to("bob2@example.org")).await;
    assert_eq!(world.deliver(Channel::Email).await, 0);
    assert_eq!(world.outcome(id).await, ["queued to bob2@example.org"]);
    let error = world.delivery(id).await["last_error"].as_str().unwrap().to_owned();
    assert!(error.contains("535"), "{error}");
}

#[tokio::test]
async fn a_server_without_encryption_gets_nothing_unless_that_is_said() {
    let sink = MailSink::start().await;
    let world = World::with(&sink.arguments()).await;
    let id = world.send(&mail_to("ada1@example.org")).await;
    assert_eq!(world.deliver(Channel::Email).await, 0);
    assert_eq!(world.outcome(id).await, ["queued to ada1@example.org"]);
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn the_text_of_a_message_about_an_account_is_erased_when_it_has_arrived() {
    let sink = MailSink::start().await;
    let world = World::with_mail_to(&sink).await;
    let mut message = mail_to("ada1@example.edu");
    message["kind"] = json!("account");
    message["message"] = json!("Your link: https://grove.example.org/password/a-secret");
    let id = accepted(&world.app.service("auth").post("/notification", &message).await);
    assert_eq!(world.shown(id).await["message"], "");
    let kept = "SELECT message FROM notifications";
    let text: String = sqlx::query_scalar(kept).fetch_one(&world.pool()).await.unwrap();
    assert!(text.contains("a-secret"));
    assert_eq!(world.deliver(Channel::Email).await, 1);
    assert!(sink.only().text().ends_with("a-secret"));
    let text: String = sqlx::query_scalar(kept).fetch_one(&world.pool()).await.unwrap();
    assert_eq!(text, "");
}
