//! Sending letters: over SMTP, or into files on a machine without it.
//!
//! What always holds: whatever stands in a name or subject ends up on one header line; every letter has a plain text
//! and an HTML form. Not here: what letters say (`letters`), when jobs are claimed (the server), reading the files back
//! (`mailbox`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::response::{Category, Detail, Severity};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};
use store::follow::report;
use store::jobs::{Failure, Job};
use uuid::Uuid;

use crate::settings::Hidden;
use crate::{Accounts, letters};

pub use crate::letters::{CONFIRM_PATH, FORGOT_PATH, Letter, MEMBERSHIPS_PATH, RESET_PATH, SIGN_UP_PATH, about, saying};

/// How mail leaves the space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Each letter becomes a `.eml` file in a folder.
    #[default]
    File,
    /// Over SMTP.
    Smtp,
}

/// How the connection to the SMTP server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Encrypted after a greeting in the clear; refused if the server cannot.
    #[default]
    Starttls,
    /// Encrypted from the first byte.
    Implicit,
    /// Not at all: only for a server on the same machine.
    None,
}

/// The settings of mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// How mail leaves.
    pub transport: Transport,
    /// The sender, `Name <address>` or an address.
    pub from: String,
    /// Where letters become files; empty: `mail` in the data directory.
    pub directory: PathBuf,
    /// The SMTP server.
    pub host: String,
    /// Its port; 0: 587 for `starttls`, 465 for `implicit`, 25 for `none`.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// The user there; empty: none.
    pub user: String,
    /// The user's password.
    pub password: Hidden,
    /// Seconds in which a server must have taken a letter, from connecting to its last word; at most 240.
    pub timeout_s: u64,
}

impl MailSettings {
    /// The folder where letters become files, if they do.
    #[must_use]
    pub fn folder(&self, data: &Path) -> Option<PathBuf> {
        let named = if self.directory.as_os_str().is_empty() { data.join("mail") } else { self.directory.clone() };
        matches!(self.transport, Transport::File).then_some(named)
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            transport: Transport::File,
            from: "Innospace <no-reply@innospace.example>".to_owned(),
            directory: PathBuf::new(),
            host: String::new(),
            port: 0,
            tls: Tls::Starttls,
            user: String::new(),
            password: Hidden::default(),
            timeout_s: 20,
        }
    }
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// What the letter is about could not be read.
    #[error("the letter could not be written")]
    Letter(#[from] crate::Error),
    /// No address.
    #[error("not an address that mail can be sent to")]
    Address(#[from] AddressError),
    /// The letter does not fit the form of mail.
    #[error("the letter could not be put into an envelope")]
    Form(#[from] lettre::error::Error),
    /// The SMTP server.
    #[error("the mail server did not take the letter")]
    Smtp(#[from] smtp::Error),
    /// The SMTP server, for good.
    #[error("the mail server refuses the letter")]
    Refused(#[source] smtp::Error),
    /// The SMTP server said nothing in time.
    #[error("the mail server did not take the letter within {0} seconds")]
    Silent(u64),
    /// The folder.
    #[error("the letter could not be written to {}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

impl From<MailError> for Failure {
    fn from(error: MailError) -> Self {
        let is_final = match error {
            MailError::Address(_) | MailError::Form(_) | MailError::Refused(_) => true,
            MailError::Letter(_) | MailError::Smtp(_) | MailError::Silent(_) | MailError::File { .. } => false,
        };
        Self { why: report(&error), is_final }
    }
}

/// A job is another worker's after five minutes: a letter must have left or failed well before.
const LONGEST_SECONDS: u64 = 240;

/// Sends letters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Files(PathBuf),
    /// The server, and the seconds that it may take. Lettre's own limit is for connecting alone: a server that takes the
    /// connection and then says nothing would be waited for without end.
    Smtp(AsyncSmtpTransport<Tokio1Executor>, u64),
}

impl Mailer {
    /// Prepares the way that the settings name; nothing is sent yet.
    ///
    /// # Errors
    /// If the sender is no address, or the folder cannot be made.
    pub fn open(settings: &MailSettings, data: &Path) -> Result<Self, MailError> {
        let from: Mailbox = settings.from.parse()?;
        let way = match settings.folder(data) {
            Some(folder) => {
                std::fs::create_dir_all(&folder).map_err(|cause| MailError::File { path: folder.clone(), cause })?;
                Way::Files(folder)
            }
            None => Way::Smtp(smtp(settings)?, settings.timeout_s.clamp(1, LONGEST_SECONDS)),
        };
        Ok(Self { from, way })
    }

    /// The folder where letters become files, if they do.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.way {
            Way::Files(folder) => Some(folder),
            Way::Smtp(..) => None,
        }
    }

    /// Sends one letter. It is known by the job that sends it: one that is sent again after a crash has the same
    /// `Message-ID`, by which mail programs show it once, and the same file.
    ///
    /// # Errors
    /// [`MailError`]; whether trying again later may help, the [`Failure`] made of it says.
    pub async fn send(&self, accounts: &Accounts, letter: &Letter, id: Uuid) -> Result<(), MailError> {
        let clock = accounts.store.clock();
        let to = Mailbox::new(letter.name.as_deref().map(one_line).filter(|n| !n.is_empty()), letter.email.parse::<Address>()?);
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(one_line(&letter.subject))
            .date(clock.now().into())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())));
        if let Some(link) = &letter.stop {
            message = message.header(ListUnsubscribe(format!("<{link}>"))).header(OneClick);
        }
        let message = message.multipart(MultiPart::alternative_plain_html(letter.text.clone(), html(letter)))?;
        match &self.way {
            Way::Smtp(transport, seconds) => {
                let sent = tokio::time::timeout(Duration::from_secs(*seconds), hand_over(transport, message));
                sent.await.map_err(|_| MailError::Silent(*seconds))??;
            }
            Way::Files(folder) => {
                // Named by time, so that they list in order; renamed, so that a reader never sees half a letter.
                let path = folder.join(format!("{id}.eml"));
                let draft = folder.join(format!("{id}.part"));
                let written = match tokio::fs::write(&draft, message.formatted()).await {
                    Ok(()) => tokio::fs::rename(&draft, &path).await,
                    Err(cause) => Err(cause),
                };
                written.map_err(|cause| MailError::File { path, cause })?;
            }
        }
        Ok(())
    }
}

/// Gives a letter to the server, and finds out of what it refuses whether that is the letter.
async fn hand_over(transport: &AsyncSmtpTransport<Tokio1Executor>, message: Message) -> Result<(), MailError> {
    let Err(error) = transport.send(message).await else { return Ok(()) };
    // A server that takes nothing from us at all answers with the same codes: it may be mended, or the settings may.
    if is_for_good(&error) && transport.test_connection().await.is_ok_and(|is_taken| is_taken) {
        return Err(MailError::Refused(error));
    }
    Err(error.into())
}

/// Whether an answer is about the letter or its addressee and lasting: 55x, or 501 for an address (RFC 5321, 4.2.1 and 4.2.3).
/// What the server says of the session or of who we are is for the operator to mend, and then the letter goes.
fn is_for_good(error: &smtp::Error) -> bool {
    error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion
            && (code.category == Category::MailSystem || (code.category == Category::Syntax && code.detail == Detail::One))
    })
}

/// Where letters of this kind are stopped (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }
    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// That a plain POST there is enough (RFC 8058).
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

fn smtp(settings: &MailSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let host = settings.host.as_str();
    let mut builder = match settings.tls {
        Tls::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?,
        Tls::Implicit => AsyncSmtpTransport::<Tokio1Executor>::relay(host)?,
        Tls::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
    };
    builder = builder.timeout(Some(Duration::from_secs(settings.timeout_s.max(1))));
    if settings.port != 0 {
        builder = builder.port(settings.port);
    }
    if !settings.user.is_empty() {
        builder = builder.credentials(Credentials::new(settings.user.clone(), settings.password.0.clone()));
    }
    Ok(builder.build())
}

/// True for the kinds of jobs that [`run`] does.
#[must_use]
pub fn handles(job: &str) -> bool {
    letters::handles(job)
}

/// Does a mail job: writes its letter, with a new link where it has one, and sends it.
///
/// # Errors
/// As [`Mailer::send`].
pub async fn run(accounts: &Accounts, mailer: &Mailer, job: &Job) -> Result<(), MailError> {
    match letters::letter(accounts, job).await? {
        Some(letter) => mailer.send(accounts, &letter, job.id).await,
        None => Ok(()),
    }
}

/// What goes into a header: one line without control characters, at most 200 characters.
fn one_line(text: &str) -> String {
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !base::text::is_forbidden(*c)).take(200).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same words as HTML: paragraphs, and addresses that can be clicked.
fn html(letter: &Letter) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head><body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">",
        letter.lang,
        escaped(&letter.subject)
    );
    for paragraph in letter.text.split("\n\n").filter(|p| !p.trim().is_empty()) {
        out.push_str("<p>");
        for (n, line) in paragraph.trim().lines().enumerate() {
            if n > 0 {
                out.push_str("<br>");
            }
            let line = line.trim();
            let text = escaped(line);
            // A line that is an address and nothing else.
            if (line.starts_with("https://") || line.starts_with("http://")) && !line.contains(char::is_whitespace) {
                out.push_str(&format!("<a href=\"{text}\">{text}</a>"));
            } else {
                out.push_str(&text);
            }
        }
        out.push_str("</p>");
    }
    out.push_str("</body></html>");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_cannot_begin_a_new_header() {
        assert_eq!(one_line("Lan\r\nBcc: all@example.vn"), "Lan Bcc: all@example.vn");
        assert_eq!(one_line("a\u{202e}b\0\tc"), "ab c");
    }

    #[test]
    fn what_people_write_is_no_markup() {
        let letter = Letter {
            name: None,
            email: "a@b.vn".into(),
            lang: base::Lang::Vi,
            subject: "<b>".into(),
            text: "Chào <script>\n\nhttps://a.vn/x?y=1&z=\"2\"\n".into(),
            stop: None,
        };
        let html = html(&letter);
        assert!(!html.contains("<script>") && !html.contains("<b>"));
        assert!(html.contains("<a href=\"https://a.vn/x?y=1&amp;z=&quot;2&quot;\">"));
    }

    #[test]
    fn a_letter_that_can_go_nowhere_is_not_tried_again_and_one_that_was_not_answered_is() {
        let nowhere: MailError = "no address".parse::<Address>().unwrap_err().into();
        let formless: MailError = lettre::error::Error::MissingTo.into();
        assert!(Failure::from(nowhere).is_final && Failure::from(formless).is_final);
        assert!(!Failure::from(MailError::Silent(20)).is_final);
    }

    #[test]
    fn settings_never_show_the_password() {
        let settings: MailSettings = serde_json::from_value(serde_json::json!({"password": "xyzzy"})).unwrap();
        assert!(!format!("{settings:?}").contains("xyzzy"));
        assert!(!serde_json::to_string(&settings).unwrap().contains("xyzzy"));
    }
}
