//! The chapter that the website presents: names, texts and logo, all of them configuration.

use std::{path::PathBuf, str::FromStr};

use anyhow::{Context, ensure};
use clap::{Args, FromArgMatches};
use url::Url;

/// The chapter's names, texts and logo.
#[derive(Debug, Clone, Args)]
pub struct ChapterConfig {
    /// The short name, as members say it.
    #[arg(long = "chapter-name", env = "CHAPTER_NAME", default_value = "ACM")]
    pub name: String,
    /// The full name.
    #[arg(
        long = "chapter-full-name",
        env = "CHAPTER_FULL_NAME",
        default_value = "Association for Computing Machinery"
    )]
    pub full_name: String,
    /// The university that the chapter belongs to.
    #[arg(
        long = "chapter-university",
        env = "CHAPTER_UNIVERSITY",
        default_value = "Example University"
    )]
    pub university: String,
    /// One sentence under the name on the first page.
    #[arg(
        long = "chapter-tagline",
        env = "CHAPTER_TAGLINE",
        default_value = "We build things, break things and learn things together."
    )]
    pub tagline: String,
    /// What the chapter is, in a paragraph.
    #[arg(
        long = "chapter-about",
        env = "CHAPTER_ABOUT",
        default_value = "We are the student chapter of people who like computing: newcomers and \
                         veterans, from every department. Our special interest groups meet every \
                         week, build projects, teach each other and run the infrastructure that \
                         you are looking at. Meetings are open to everyone."
    )]
    pub about: String,
    /// The postal address; lines are separated by semicolons.
    #[arg(
        long = "chapter-address",
        env = "CHAPTER_ADDRESS",
        default_value = "Computing Building, Room 100;1 Campus Way;Example City",
        value_delimiter = ';'
    )]
    pub address: Vec<String>,
    /// The mail address for questions.
    #[arg(long = "chapter-mail", env = "CHAPTER_MAIL", default_value = "hello@example.edu")]
    pub mail: String,
    /// What a year of membership costs, in the chapter's words.
    #[arg(long = "chapter-dues", env = "CHAPTER_DUES", default_value = "$40 a year")]
    pub dues: String,
    /// Other places on the web: `name=url`, separated by commas.
    #[arg(
        long = "chapter-links",
        env = "CHAPTER_LINKS",
        default_value = "Code=https://code.example.edu,Chat=https://chat.example.edu,\
                         Wiki=https://wiki.example.edu",
        value_delimiter = ','
    )]
    pub links: Vec<Link>,
    /// The chapter's history: `year=what happened`, separated by `|`.
    #[arg(
        long = "chapter-history",
        env = "CHAPTER_HISTORY",
        default_value = HISTORY,
        value_delimiter = '|'
    )]
    pub history: Vec<Milestone>,
    /// File that holds the logo, in place of Grove's own.
    #[arg(long = "chapter-logo", env = "CHAPTER_LOGO")]
    pub logo: Option<PathBuf>,
}

const HISTORY: &str = "1968=A dozen students who share one terminal start to meet on Thursdays.|\
    1971=The group becomes a chartered student chapter of the association.|\
    1979=The first special interest group forms around a kit computer in the basement.|\
    1988=The chapter runs its own machine, with mail for every member.|\
    1995=The first student-run conference fills the largest lecture hall on campus.|\
    2004=Members build a vending machine that is paid with a student card.|\
    2014=The first hackathon: thirty-six hours, four hundred guests.|\
    2020=Every meeting moves online for a year, and attendance grows.|\
    2026=The chapter rewrites its infrastructure, and calls it Grove.";

impl Default for ChapterConfig {
    /// What is configured when nothing is, whatever the environment holds.
    fn default() -> Self {
        let command =
            Self::augment_args(clap::Command::new("chapter")).mut_args(|arg| arg.env(None));
        let matches = command.get_matches_from(["chapter"]);
        Self::from_arg_matches(&matches).unwrap_or_else(|cause| cause.exit())
    }
}

/// A place on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What visitors read.
    pub name: String,
    /// Where it leads: always http or https.
    pub url: Url,
}

impl FromStr for Link {
    type Err = anyhow::Error;

    /// Reads `name=url`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (name, url) = text.trim().split_once('=').context("a link is name=url")?;
        let url = Url::parse(url).with_context(|| format!("the URL of {name}"))?;
        ensure!(matches!(url.scheme(), "http" | "https"), "{name} leads to neither http nor https");
        Ok(Self { name: name.to_owned(), url })
    }
}

/// Something that the chapter remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// When it happened.
    pub year: String,
    /// What happened.
    pub text: String,
}

impl FromStr for Milestone {
    type Err = anyhow::Error;

    /// Reads `year=what happened`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (year, text) = text.trim().split_once('=').context("a milestone is year=text")?;
        Ok(Self { year: year.trim().to_owned(), text: text.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_without_configuration_has_names_and_a_history() {
        let chapter = ChapterConfig::default();
        assert_eq!(chapter.name, "ACM");
        assert!(chapter.history.len() > 5 && chapter.links.len() == 3);
    }

    #[test]
    fn a_link_leads_to_the_web_only() {
        assert!("Code=https://code.example.edu/x=y".parse::<Link>().is_ok());
        assert!("Code=javascript:alert(1)".parse::<Link>().is_err());
        assert!("nonsense".parse::<Link>().is_err());
    }
}
