//! A file of which some places are written by a program.

use std::{fs, path::Path};

use anyhow::Context;

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it stands, from the root.
    pub path: String,
    text: String,
}

impl Document {
    /// A document of which a program writes everything.
    pub(crate) fn new(path: String, text: String) -> Self {
        Self { path, text }
    }

    pub(crate) fn read(root: &Path, path: &str) -> anyhow::Result<Self> {
        let text = fs::read_to_string(root.join(path)).with_context(|| path.to_owned())?;
        Ok(Self::new(path.to_owned(), text))
    }

    /// Replaces what stands between two texts: the last of `after`, each of which is looked for behind
    /// the one before it, and `before`.
    pub(crate) fn put(&mut self, after: &[&str], before: &str, new: &str) -> anyhow::Result<()> {
        let find = |from: usize, what: &str| {
            let rest = self.text.get(from..).unwrap_or_default();
            rest.find(what).map(|at| from + at).with_context(|| {
                format!(
                    "{}: a service would be written where {what:?} stands, and it does not",
                    self.path
                )
            })
        };
        let mut begin = 0;
        for text in after {
            begin = find(begin, text)? + text.len();
        }
        self.text.replace_range(begin..find(begin, before)?, new);
        Ok(())
    }

    /// Replaces what stands between the lines `# begin: TITLE` and `# end: TITLE`.
    pub(crate) fn put_block(&mut self, title: &str, new: &str) -> anyhow::Result<()> {
        let begin = format!("# begin: {title}, which `make catalog` writes\n");
        let end = format!("# end: {title}\n");
        let is_end = |line: &&str| line.trim_start() == end.trim_end();
        let indent =
            self.text.lines().find(is_end).map_or(0, |line| line.len() - end.trim_end().len());
        self.put(&[&begin], &format!("{}{end}", " ".repeat(indent)), new)
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// Where the file is another than this, if it is: the first line, as it should be.
    pub(crate) fn difference(&self, root: &Path) -> Option<String> {
        let text = fs::read_to_string(root.join(&self.path)).unwrap_or_default();
        if text == self.text {
            return None;
        }
        let is_right = |(line, there): &(&str, &str)| line == there;
        let right = self.text.lines().zip(text.lines()).take_while(is_right).count();
        let wanted = self.text.lines().nth(right).unwrap_or("its end");
        Some(format!("{}, line {}: {}", self.path, right + 1, wanted.trim()))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, root: &Path) -> anyhow::Result<()> {
        let path = root.join(&self.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &self.text).with_context(|| self.path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::new("compose.yaml".to_owned(), text.to_owned())
    }

    #[test]
    fn only_what_stands_between_is_replaced() {
        let mut compose = document("a:\n  networks: [x]\nb:\n  networks: [edge, x]\n");
        compose.put(&["b:\n", "networks: [edge, "], "]", "auth, gigs").unwrap();
        assert_eq!(compose.text, "a:\n  networks: [x]\nb:\n  networks: [edge, auth, gigs]\n");
    }

    #[test]
    fn a_block_keeps_its_marks() {
        let marks = "  # begin: the services, which `make catalog` writes\n  # end: the services\n";
        let mut compose = document(marks);
        compose.put_block("the services", "  auth:\n").unwrap();
        compose.put_block("the services", "  quotes:\n").unwrap();
        assert_eq!(compose.text, marks.replace("writes\n", "writes\n  quotes:\n"));
    }

    #[test]
    fn a_file_that_differs_is_told_with_the_line() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut manifest = Document::read(root, "Cargo.toml").unwrap();
        assert_eq!(manifest.difference(root), None);
        manifest.put(&["[package]\n"], "name", "# A comment.\n").unwrap();
        let difference = manifest.difference(root);
        assert_eq!(difference.as_deref(), Some("Cargo.toml, line 2: # A comment."));
    }

    #[test]
    fn a_place_that_is_gone_is_named() {
        let gone = document("services:\n").put_block("the services", "").unwrap_err().to_string();
        assert!(
            gone.starts_with("compose.yaml: ") && gone.contains("begin: the services"),
            "{gone}"
        );
    }
}
