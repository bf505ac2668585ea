//! Values from files that change while the program runs, such as a key that is rotated.

use std::{
    fmt,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// How often the file is looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A value that is fixed, or read again when its file has changed.
pub struct Reloaded<T> {
    value: RwLock<Arc<T>>,
    source: Option<Source<T>>,
}

struct Source<T> {
    path: PathBuf,
    parse: Box<Parse<T>>,
    looked: Mutex<(Instant, Option<Version>)>,
}

type Parse<T> = dyn Fn(&str) -> anyhow::Result<T> + Send + Sync;
/// What differs when a file was written or replaced: time, number, and length.
type Version = (SystemTime, u64, u64);

impl<T> Reloaded<T> {
    /// A value that stays.
    pub fn fixed(value: T) -> Self {
        Self { value: RwLock::new(Arc::new(value)), source: None }
    }

    /// What `parse` makes of the text in the file at `path`, without the white space around it.
    ///
    /// # Errors
    /// When the file cannot be read or its text is not valid.
    pub fn from_file(
        path: PathBuf,
        parse: impl Fn(&str) -> anyhow::Result<T> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let source = Source {
            looked: Mutex::new((Instant::now(), version(&path))),
            path,
            parse: Box::new(parse),
        };
        let value = RwLock::new(Arc::new(source.read()?));
        Ok(Self { value, source: Some(source) })
    }

    /// What `parse` makes of a secret: of the value if there is one, else of the file's text. `name` is
    /// what its setting is called.
    ///
    /// # Errors
    /// When neither is given, the file cannot be read, or the text is not valid.
    pub fn from_secret(
        value: Option<&SecretString>,
        file: Option<&PathBuf>,
        name: &str,
        parse: impl Fn(&str) -> anyhow::Result<T> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        match (value, file) {
            (Some(value), _) => {
                let value = parse(value.expose_secret().trim());
                value.map(Self::fixed).with_context(|| format!("{name} is not valid"))
            }
            (None, Some(file)) => Self::from_file(file.clone(), parse),
            (None, None) => anyhow::bail!("set {name} or {name}_FILE"),
        }
    }

    /// The value, at most a second older than the file.
    pub fn get(&self) -> Arc<T> {
        self.look(LOOK_INTERVAL);
        self.value.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value as it is now, if the file has changed since it was read.
    pub fn changed(&self) -> Option<Arc<T>> {
        self.look(Duration::ZERO).then(|| self.get())
    }

    /// Reads the file if it has changed and was not looked at for `interval`. What is malformed is
    /// reported, and the value stays.
    fn look(&self, interval: Duration) -> bool {
        let Some(source) = &self.source else { return false };
        if !source.has_changed(interval) {
            return false;
        }
        match source.read() {
            Ok(value) => {
                *self.value.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
                tracing::info!("{} has changed and is read again", source.path.display());
                true
            }
            Err(cause) => {
                tracing::error!("the change of a file does not count: {cause:#}");
                false
            }
        }
    }
}

impl<T> Source<T> {
    fn has_changed(&self, interval: Duration) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.0.elapsed() < interval {
            return false;
        }
        let version = version(&self.path);
        let changed = version.is_some() && version != looked.1;
        *looked = (Instant::now(), version.or(looked.1));
        changed
    }

    fn read(&self) -> anyhow::Result<T> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path);
        let text = text.with_context(|| format!("cannot read {path}"))?;
        (self.parse)(text.trim()).with_context(|| format!("{path} is not valid"))
    }
}

fn version(path: &Path) -> Option<Version> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.ino(), file.len()))
}

impl<T> fmt::Debug for Reloaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.source.as_ref().map(|source| &source.path);
        f.debug_struct("Reloaded").field("path", &path).finish_non_exhaustive()
    }
}
