//! Mails as files, for a chapter that is only tried out.

use std::{
    collections::HashSet,
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use super::letter::{Letter, SendError};

/// A folder of mails, each in a file: `0001-jsmith2@example.edu.txt`.
#[derive(Debug)]
pub struct MailFolder {
    folder: PathBuf,
    known: Mutex<Known>,
}

/// What is in the folder.
#[derive(Debug, Default)]
struct Known {
    last_number: usize,
    keys: HashSet<String>,
}

const MESSAGE_ID: &str = "Message-ID: ";

impl MailFolder {
    /// The folder at that path, which is made if it is missing.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let mut known = Known::default();
        for file in std::fs::read_dir(&folder)? {
            let file = file?;
            let name = file.file_name();
            // What a crash left half written is no mail, and has no number before a dash.
            let number = name.to_str().and_then(|name| name.split_once('-')?.0.parse().ok());
            let Some(number) = number else { continue };
            known.last_number = known.last_number.max(number);
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            let key = text.lines().find_map(|line| line.strip_prefix(MESSAGE_ID));
            known.keys.extend(key.map(str::to_owned));
        }
        Ok(Self { folder, known: Mutex::new(known) })
    }

    /// Writes a mail, once for each key.
    pub(super) fn put(&self, letter: &Letter) -> Result<(), SendError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.keys.contains(&letter.key) {
            return Ok(());
        }
        let number = known.last_number + 1;
        self.write(number, letter).map_err(|cause| SendError::Unavailable(cause.to_string()))?;
        known.last_number = number;
        known.keys.insert(letter.key.clone());
        tracing::info!("mail to {}", letter.recipient);
        Ok(())
    }

    fn write(&self, number: usize, letter: &Letter) -> io::Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
        let name: String =
            letter.recipient.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        let subject = letter.subject.as_deref().unwrap_or_default();
        let text = format!(
            "To: {}\nSubject: {subject}\n{MESSAGE_ID}{}\n\n{}\n",
            letter.recipient, letter.key, letter.text
        );
        let partial = self.folder.join(format!(".{number:04}.partial"));
        std::fs::write(&partial, text)?;
        std::fs::rename(partial, self.folder.join(format!("{number:04}-{name}.txt")))
    }
}
