//! A server of this machine on a temporary folder.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use sqlx::{Connection, MySqlConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Servers by preference. Debian keeps them in /usr/sbin, which is not on everyone's PATH.
const PROGRAMS: [&str; 2] = ["mysqld", "mariadbd"];
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin"];
/// The file that says that the server ended by itself.
const ENDED: &str = "ended";
/// The kernel's contexts for it are few, and some servers at once use them up.
const NO_NATIVE_AIO: &str = "--innodb-use-native-aio=0";
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A server that ends when this is dropped, or when the process that holds it dies: a shell waits
/// for the end of its standard input, which the process holds, and ends the server then.
#[derive(Debug)]
pub(crate) struct LocalServer {
    port: u16,
    _watcher: Child,
    folder: TempDir,
}

/// The server program of this machine. `GROVE_MYSQLD` names one that is installed elsewhere.
#[expect(clippy::disallowed_methods, reason = "PATH and GROVE_MYSQLD say where programs are")]
pub(crate) fn find_program() -> Option<PathBuf> {
    if let Ok(program) = std::env::var("GROVE_MYSQLD")
        && !program.is_empty()
    {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        std::env::split_paths(&path).chain(FOLDERS.map(PathBuf::from)).collect();
    let candidates = PROGRAMS.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

impl LocalServer {
    pub(crate) async fn start(program: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("grove-mysql-").tempdir()?;
        let data = folder.path().join("data");
        // In a folder that servers share, one that starts removes the temporary tables of the others.
        let temporary = folder.path().join("tmp");
        std::fs::create_dir(&temporary)?;
        let temporary = format!("--tmpdir={}", temporary.display());
        let version = Command::new(program).arg("--version").output().await?;
        let is_mariadb = String::from_utf8_lossy(&version.stdout).contains("MariaDB");
        initialise(program, &data, &temporary, is_mariadb).await?;

        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = vec![
            "--no-defaults".to_owned(),
            temporary,
            format!("--datadir={}", data.display()),
            format!("--socket={}", folder.path().join("s").display()),
            format!("--pid-file={}", folder.path().join("pid").display()),
            format!("--port={port}"),
            "--bind-address=127.0.0.1".to_owned(),
            // Nothing here outlives the process, so nothing is flushed to the disk for safety.
            "--innodb-flush-log-at-trx-commit=0".to_owned(),
            "--innodb-doublewrite=0".to_owned(),
            "--innodb-buffer-pool-size=64M".to_owned(),
            "--performance-schema=0".to_owned(),
            NO_NATIVE_AIO.to_owned(),
            "--skip-log-bin".to_owned(),
            "--max-connections=500".to_owned(),
            "--character-set-server=utf8mb4".to_owned(),
        ];
        server.extend(as_root());
        if !is_mariadb {
            server.extend(["--mysqlx=0", "--secure-file-priv=NULL"].map(str::to_owned));
        }
        let log = folder.path().join("log");
        let watcher = watch(program, &server, &log, folder.path())?;
        let started = Self { port, _watcher: watcher, folder };
        started.wait_until_ready(&log).await?;
        Ok(started)
    }

    pub(crate) fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}", self.port)
    }

    fn has_ended(&self) -> bool {
        self.folder.path().join(ENDED).exists()
    }

    async fn wait_until_ready(&self, log: &Path) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match MySqlConnection::connect(&self.url()).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(cause) if Instant::now() > deadline || self.has_ended() => {
                    let log = std::fs::read_to_string(log).unwrap_or_default();
                    bail!("the database server did not start: {cause}\n{log}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

/// Starts the server under a shell that kills it, and removes its folder, once the shell's standard
/// input closes. The shell ignores Ctrl-C, which a terminal sends to the whole group. When the server
/// ends by itself, a file [`ENDED`] says so.
fn watch(program: &Path, args: &[String], log: &Path, folder: &Path) -> anyhow::Result<Child> {
    const SCRIPT: &str = r#"trap '' INT TERM HUP
log=$1 folder=$2; shift 2
"$@" >"$log" 2>&1 </dev/null &
server=$!
exec 3<&0
(while read -r _ <&3; do :; done; [ -e "$folder/ended" ] || kill -KILL $server) 2>/dev/null &
wait $server
: 2>/dev/null >"$folder/ended"
wait
rm -rf "$folder""#;
    Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .args([log, folder, program])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("cannot start the database server")
}

async fn initialise(
    program: &Path,
    data: &Path,
    temporary: &str,
    is_mariadb: bool,
) -> anyhow::Result<()> {
    let mut command = if is_mariadb {
        let mut command = Command::new("mariadb-install-db");
        command.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        command.args(["--skip-test-db", NO_NATIVE_AIO]);
        command
    } else {
        std::fs::create_dir(data)?;
        let mut command = Command::new(program);
        command.args(["--no-defaults", "--initialize-insecure", "--secure-file-priv=NULL"]);
        command
    };
    command.arg(format!("--datadir={}", data.display())).arg(temporary).args(as_root());
    let output = command.output().await.context("cannot prepare the database's folder")?;
    ensure!(
        output.status.success(),
        "cannot prepare the database's folder: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Both servers refuse to run as root unless they are told to; containers often are root.
fn as_root() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    root.then(|| "--user=root".to_owned())
}
