//! Mails as files, for a chapter that is only tried out.

use std::path::Path;

use grove_notifications::Channel;

use crate::{World, mail_to};

fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn each_mail_becomes_a_file_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let world = World::with(&["--mail-folder", path]).await;
    world.send(&mail_to("out1@example.org")).await;
    world.send(&mail_to("out2@example.org")).await;
    assert_eq!(world.deliver(Channel::Email).await, 2);
    assert_eq!(files(folder.path()), ["0001-out1@example.org.txt", "0002-out2@example.org.txt"]);
    let text = std::fs::read_to_string(folder.path().join("0001-out1@example.org.txt")).unwrap();
    assert!(text.starts_with("To: out1@example.org\nSubject: Pizza\n"), "{text}");
    assert!(text.ends_with("\n\nIn the lounge, at six.\n"), "{text}");

    // A process that dies before it noted that sends again; the next one knows the mail.
    sqlx::query("UPDATE deliveries SET state = 'queued'").execute(&world.pool()).await.unwrap();
    let carriers = world.config.carriers().unwrap().into();
    let worker = world.worker_with(Channel::Email, carriers);
    world.clock.advance(chrono::TimeDelta::minutes(10));
    assert_eq!(worker.deliver_due().await.unwrap(), 2);
    assert_eq!(files(folder.path()).len(), 2);
    world.send(&mail_to("out3@example.org")).await;
    worker.deliver_due().await.unwrap();
    assert_eq!(files(folder.path())[2], "0003-out3@example.org.txt");
}

#[tokio::test]
async fn what_a_crash_left_half_written_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let world = World::with(&["--mail-folder", path]).await;
    world.send(&mail_to("out1@example.org")).await;
    let key = "SELECT message_key FROM deliveries";
    let key: String = sqlx::query_scalar(key).fetch_one(&world.pool()).await.unwrap();
    let half = format!("To: out1@example.org\nSubject: Pizza\nMessage-ID: {key}\n\nIn the lou");
    std::fs::write(folder.path().join(".0001.partial"), half).unwrap();

    let carriers = world.config.carriers().unwrap().into();
    let worker = world.worker_with(Channel::Email, carriers);
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    assert_eq!(files(folder.path()), ["0001-out1@example.org.txt"]);
}
