//! The `grove` program as a person at a terminal uses it.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::world::{Caller, PASSWORD, World, token_of};

fn grove(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grove"));
    command.current_dir(folder);
    command
}

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn every_command_explains_itself() {
    for command in [
        &[][..],
        &["run"],
        &["migrate"],
        &["seed"],
        &["import"],
        &["import", "users"],
        &["account"],
        &["account", "add"],
        &["account", "roles"],
        &["account", "reset"],
        &["account", "disable"],
        &["client"],
        &["client", "add"],
        &["client", "list"],
        &["client", "check"],
        &["client", "rotate"],
        &["client", "remove"],
        &["doctor"],
        &["keys"],
    ] {
        let output = run(grove(Path::new(".")).args(command).arg("--help"), "");
        assert!(output.status.success(), "{command:?}");
        assert!(text(&output.stdout).contains("Usage:"), "{command:?}");
    }
}

#[test]
fn without_a_chapter_a_command_says_what_to_do_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(grove(folder.path()).args(["client", "list"]).env_remove("DATABASE_URL"), "");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("DATABASE_URL"), "{}", text(&output.stderr));
}

/// Variables of each kind that is read, set as compose passes on what `.env` leaves empty.
const EMPTY: [&str; 7] = [
    "CHAPTER_LINKS",
    "CHAPTER_LOGO",
    "MACHINE_URL",
    "MAIL_RATE",
    "OTLP_ENDPOINT",
    "SMTP_HOST",
    "STRIPE_SECRET_KEY_FILE",
];

/// `grove run` in a folder of its own, until it is dropped or stopped.
struct Running {
    child: std::process::Child,
    folder: tempfile::TempDir,
    website: String,
    gateway: String,
}

impl Running {
    /// Starts a chapter on a throwaway server of its own and waits until it says where it is.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = grove(folder.path())
            .args(["run", "--free-ports"])
            .env_remove("DATABASE_URL")
            .envs(EMPTY.map(|name| (name, "")))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut website, mut gateway) = (String::new(), String::new());
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let url = line.split_whitespace().find(|word| word.starts_with("http://"));
            match (line.split_whitespace().next(), url) {
                (Some("Website"), Some(url)) => url.clone_into(&mut website),
                (Some("API"), Some(url)) => url.clone_into(&mut gateway),
                (Some("Ctrl-C"), _) => break,
                _ => {}
            }
        }
        assert!(!website.is_empty() && !gateway.is_empty(), "it did not start");
        Self { child, folder, website, gateway }
    }

    fn stop(&mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listens(url: &str) -> bool {
    let address = url.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    std::net::TcpStream::connect(address).is_ok()
}

#[test]
fn a_run_serves_the_site_and_leaves_no_process_port_or_file_behind() {
    let mut running = Running::start();
    assert!(listens(&running.website) && listens(&running.gateway));
    assert!(running.folder.path().join("data/run/logs/quotes.log").exists());
    let second = run(grove(running.folder.path()).args(["run"]).env_remove("DATABASE_URL"), "");
    let refusal = text(&second.stderr);
    assert!(refusal.contains("runs in this folder already"), "{refusal}");
    assert!(running.stop().success());
    assert!(!listens(&running.website) && !listens(&running.gateway));
    assert_eq!(std::fs::read_dir(running.folder.path()).unwrap().count(), 0);
}

#[test]
fn the_doctor_tells_what_is_well_and_what_is_not() {
    let running = Running::start();
    let nowhere = "http://127.0.0.1:1";
    let doctor = |website: &str| {
        let arguments = ["doctor", "--gateway-admin", nowhere, "--website", website];
        run(grove(running.folder.path()).args(arguments).env_remove("DATABASE_URL"), "")
    };
    let found = doctor(&running.website);
    let said = text(&found.stdout);
    assert!(!found.status.success() && said.matches("WRONG").count() == 1, "{said}");
    for line in ["ok    the website answers", "ok    quotes: schema up to date"] {
        assert!(said.contains(line), "{said}");
    }
    assert!(
        said.contains("the gateway does not tell") && said.contains("docker compose logs gateway")
    );
    assert!(text(&doctor(nowhere).stdout).contains("WRONG the website does not answer"));
}

#[test]
fn a_run_that_is_killed_takes_its_database_with_it() {
    let mut running = Running::start();
    let url = std::fs::read_to_string(running.folder.path().join("data/run/database-url")).unwrap();
    let port = url.rsplit(':').next().unwrap().trim().to_owned();
    assert!(listens(&format!("http://127.0.0.1:{port}")));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while listens(&format!("http://127.0.0.1:{port}")) {
        assert!(Instant::now() < deadline, "the database still runs");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn accounts_and_clients_are_made_changed_and_ended() {
    let mut running = tokio::task::spawn_blocking(Running::start).await.unwrap();
    let folder = running.folder.path();
    let grove_do = |args: &[&str], input: &str| {
        run(grove(folder).args(args).env_remove("DATABASE_URL"), input)
    };

    let weak = grove_do(&["account", "add", "boss1", "--password-stdin"], "short");
    assert!(!weak.status.success() && text(&weak.stderr).contains("15"), "{}", text(&weak.stderr));
    let add = [
        "account",
        "add",
        "boss1",
        "--first-name",
        "Ida",
        "--last-name",
        "Boss",
        "--role",
        "admin",
        "--member",
        "--password-stdin",
    ];
    let second = ["account", "add", "boss2", "--role", "admin", "--password-stdin"];
    assert!(grove_do(&second, PASSWORD).status.success());
    let added = grove_do(&add, PASSWORD);
    assert!(added.status.success(), "{}", text(&added.stderr));

    let token = text(&grove_do(&["client", "add", "phone"], "").stdout).trim().to_owned();
    assert_eq!(token.len(), 43);
    assert_eq!(text(&grove_do(&["client", "check"], &token).stdout).trim(), "phone");
    assert!(!grove_do(&["client", "check"], "nonsense").status.success());
    let list = text(&grove_do(&["client", "list"], "").stdout);
    assert!(list.contains("phone") && !list.contains(&token));

    let client = Caller::at(&running.gateway, &token);
    let login = serde_json::json!({ "netid": "boss1", "password": PASSWORD });
    let signed_in = client.post("/users/login", &login).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.json);
    let session = signed_in.json["data"]["token"].as_str().map(str::to_owned);
    let boss = Caller { session, ..client.clone() };
    assert_eq!(boss.get("/users").await.status, 200);

    assert!(grove_do(&["account", "disable", "boss1"], "").status.success());
    boss.until("/quotes", 401).await;
    assert!(grove_do(&["client", "remove", "phone"], "").status.success());
    client.until("/groups", 403).await;
    tokio::task::spawn_blocking(move || running.stop()).await.unwrap();
}

#[tokio::test]
async fn old_files_are_taken_over_with_a_report() {
    let world = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("active_users.csv");
    let row = "Ida,Boss,iboss2,612345678,2018-01-01 00:00:00";
    std::fs::write(
        &users,
        format!("first_name,last_name,netid,uin,joined\n{row}\nNo,Body,?,NULL,\n"),
    )
    .unwrap();
    let now = grove_shared::Clock::system().now();
    for (imported, present) in [(1, 0), (0, 1)] {
        let file = std::fs::File::open(&users).unwrap();
        let report = grove::commands::import::users(&world.database, file, now).await.unwrap();
        assert_eq!((report.imported, report.present, report.skipped.len()), (imported, present, 1));
    }
    let member = world.client().get("/users/iboss2/is_member").await;
    assert_eq!(member.json["data"]["is_member"], true);

    let wish = serde_json::json!({ "netid": "iboss2" });
    assert_eq!(world.client().post("/password/reset", &wish).await.status, 200);
    world.use_link(token_of(&world.mail("iboss2", "token=").await), PASSWORD).await;
    world.sign_in("iboss2", PASSWORD).await;
    world.end().await;
}
