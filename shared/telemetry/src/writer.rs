//! Writes log lines from a thread of its own: a reader of the log that stalls stops no request.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender, TrySendError},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait; those that come on top are dropped and counted.
const QUEUE: usize = 8 * 1024;
/// How long a program that ends waits for its last lines.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Between two looks whether there is room in the queue.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

enum Message {
    Line(Vec<u8>),
    /// Answered when everything before it has been written.
    Flush(Sender<()>),
}

/// Hands lines to the thread that writes them.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    /// Writes to `out`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, lines) = mpsc::sync_channel(QUEUE);
        let dropped = Arc::<AtomicU64>::default();
        let counted = dropped.clone();
        let thread = thread::Builder::new().name("log".to_owned());
        thread.spawn(move || run(out, &lines, &counted))?;
        Ok(Self { queue, dropped })
    }

    /// Waits until the lines so far are written, for a second at most.
    pub fn flush(&self) {
        let end = Instant::now() + FLUSH_TIMEOUT;
        let (sender, done) = mpsc::channel();
        let mut message = Message::Flush(sender);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(message) {
            if Instant::now() > end {
                return;
            }
            message = back;
            thread::sleep(RETRY_PAUSE);
        }
        let _ = done.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}

fn run(mut out: impl Write, lines: &Receiver<Message>, dropped: &AtomicU64) {
    while let Ok(message) = lines.recv() {
        match message {
            // Where nobody reads any more there is nobody to tell.
            Message::Line(line) => drop(out.write_all(&line)),
            Message::Flush(done) => {
                let _ = out.flush();
                let _ = done.send(());
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            metrics::counter!("log_lines_dropped_total").increment(lost);
        }
    }
}

/// One line, whole when it is dropped.
#[derive(Debug)]
pub struct Line<'a> {
    writer: &'a Writer,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { writer: self, text: Vec::new() }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = Message::Line(std::mem::take(&mut self.text));
        if let Err(TrySendError::Full(_)) = self.writer.queue.try_send(line) {
            self.writer.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError, mpsc::sync_channel};

    use super::*;

    /// Takes nothing before it is told to.
    struct Stalled {
        go_on: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.go_on.recv();
            self.written.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stalls_holds_nobody_up_and_lines_that_are_lost_are_counted() {
        let (go_on, told) = sync_channel(2 * QUEUE);
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let writer = Writer::new(Stalled { go_on: told, written: written.clone() }).unwrap();
        let lines = QUEUE as u64 + 100;
        for _ in 0..lines {
            writer.make_writer().write_all(b"line\n").unwrap();
        }
        // One may be in the writer's hands already.
        let dropped = writer.dropped.load(Ordering::Relaxed);
        assert!((99..=100).contains(&dropped), "{dropped}");
        for _ in 0..lines {
            go_on.send(()).unwrap();
        }
        writer.flush();
        let written = written.lock().unwrap().len() as u64;
        assert_eq!(written, (lines - dropped) * "line\n".len() as u64);
    }
}
