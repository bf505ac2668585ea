//! The website in a real Chromium: with and without JavaScript, by keyboard, for screen readers.

mod accessibility;
mod docs;
mod journey;
mod keyboard;
mod visitor;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use visitor::Visitor;

/// A chromedriver that ends with the test.
pub(crate) struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    /// Starts one on a free port and waits until it answers.
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver: `make test` installs it, or says how to");
        let url = format!("http://127.0.0.1:{port}");
        let http = crate::world::http_client();
        while http.get(format!("{url}/status")).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { child, url }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked to end, it closes the browsers that a failed test left open; killed, it cannot.
        let address = self.url.trim_start_matches("http://");
        let asked = TcpStream::connect(address).and_then(|mut stream| {
            write!(stream, "GET /shutdown HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.read(&mut [0; 64])
        });
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The accessibility checker, which `make test` fetches.
fn axe() -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join("axe.min.js");
    std::fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("{}: `make test` fetches it", path.display()))
}

/// Where pictures of the pages go, if they are wanted.
fn picture_folder() -> Option<PathBuf> {
    std::env::var_os("GROVE_PICTURES").map(PathBuf::from)
}
