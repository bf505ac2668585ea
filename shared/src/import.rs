//! What came of reading the old system's files.

use std::fmt;

/// What an import took over, and what it left out and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Records that are new.
    pub imported: usize,
    /// Records that an earlier run brought.
    pub present: usize,
    /// Records that cannot be taken over.
    pub skipped: Vec<Skipped>,
}

/// A record that an import left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stands: a line, or the name of a record.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Report {
    /// Notes a record that is left out.
    pub fn skip(&mut self, place: impl fmt::Display, reason: impl fmt::Display) {
        self.skipped.push(Skipped { place: place.to_string(), reason: reason.to_string() });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (imported, present, skipped) = (self.imported, self.present, self.skipped.len());
        write!(f, "{imported} imported, {present} already there, {skipped} skipped")?;
        for Skipped { place, reason } in &self.skipped {
            write!(f, "\n  {place}: {reason}")?;
        }
        Ok(())
    }
}
