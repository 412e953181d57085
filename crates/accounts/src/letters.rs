//! What the space writes to people about their accounts and parties: which letter a job asks for, to whom, with which
//! link. The words are in `base/messages/*/mail.ftl`.
//!
//! What always holds: a job holds ids, and perhaps the page that somebody was on the way to; the secret of a link is made
//! here, when the letter is written; a letter that is no longer due is not written.

use base::messages::say;
use base::{AccountId, Lang, MembershipId};
use serde::Deserialize;
use store::jobs::Job;
use uuid::Uuid;

use crate::people::{self, AccountStatus, lang_of};
use crate::rows::account;
use crate::sign_up::{self, Purpose};
use crate::{Accounts, Error, acts, membership};

/// The page that a link in a mail opens to confirm an address; `?token=` follows. It must only show a button that
/// posts the token: programs that look through mail open links.
pub const CONFIRM_PATH: &str = "/account/confirm";
/// The page to set a new password; `?token=` follows.
pub const RESET_PATH: &str = "/account/reset";
/// The page to ask for a new password.
pub const FORGOT_PATH: &str = "/account/forgot";
/// The page to sign up.
pub const SIGN_UP_PATH: &str = "/account/sign-up";
/// The page with one's memberships and invitations.
pub const MEMBERSHIPS_PATH: &str = "/account/memberships";

/// A letter before it is put into an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The addressee's name, if we know it.
    pub name: Option<String>,
    /// The addressee's address.
    pub email: String,
    /// The language it is written in.
    pub lang: Lang,
    /// One line.
    pub subject: String,
    /// Paragraphs with an empty line between them.
    pub text: String,
    /// The link that stops letters like this one, for mail programs that show a button for it.
    pub stop: Option<String>,
}

#[derive(Deserialize)]
struct AboutAccount {
    account: AccountId,
    /// The page of ours that somebody was on the way to.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct AboutMembership {
    membership: MembershipId,
}

/// What a kind of job writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Link(Purpose),
    Notice(&'static str, &'static str),
    Taken,
    Invitation,
    Nothing,
}

fn kind(job: &str) -> Option<Kind> {
    Some(match job {
        "mail.confirm_email" => Kind::Link(Purpose::Confirm),
        "mail.reset_password" => Kind::Link(Purpose::Reset),
        "mail.already_registered" => Kind::Notice("already-registered", FORGOT_PATH),
        "mail.password_changed" => Kind::Notice("password-changed", FORGOT_PATH),
        "mail.second_factor_set" => Kind::Notice("second-factor-set", FORGOT_PATH),
        "mail.second_factor_removed" => Kind::Notice("second-factor-removed", FORGOT_PATH),
        "mail.second_factor_taken" => Kind::Taken,
        "mail.recovery_code_used" => Kind::Notice("recovery-code-used", FORGOT_PATH),
        "mail.party_invitation" => Kind::Invitation,
        "mail.nothing" => Kind::Nothing,
        _ => return None,
    })
}

/// True for the kinds of jobs that this crate leaves behind.
pub(crate) fn handles(job: &str) -> bool {
    kind(job).is_some()
}

/// The letter a job asks for, or none if it is no longer due.
pub(crate) async fn letter(accounts: &Accounts, job: &Job) -> Result<Option<Letter>, Error> {
    match kind(&job.kind) {
        None | Some(Kind::Nothing) => Ok(None),
        Some(Kind::Link(purpose)) => with_link(accounts, job, purpose).await,
        Some(Kind::Notice(key, path)) => {
            let account = addressee(accounts, job).await?;
            Ok(account.map(|a| to_account(accounts, &a, key, &[], &page(accounts, path))))
        }
        Some(Kind::Taken) => second_factor_taken(accounts, job).await,
        Some(Kind::Invitation) => invitation(accounts, job).await,
    }
}

#[derive(Deserialize)]
struct AboutAct {
    act: Uuid,
}

/// That an administrator took the second factor away, and why.
async fn second_factor_taken(accounts: &Accounts, job: &Job) -> Result<Option<Letter>, Error> {
    let about: AboutAct = serde_json::from_value(job.payload.clone()).map_err(|e| store::StoreError::corrupt("job", e))?;
    let reason = acts::reason_of(accounts.store.db(), about.act).await?.unwrap_or_default();
    let account = addressee(accounts, job).await?;
    let args = [("reason", reason.as_str())];
    Ok(account.map(|a| to_account(accounts, &a, "second-factor-taken", &args, &page(accounts, FORGOT_PATH))))
}

fn told(job: &Job) -> Result<AboutAccount, Error> {
    Ok(serde_json::from_value(job.payload.clone()).map_err(|e| store::StoreError::corrupt("job", e))?)
}

async fn addressee(accounts: &Accounts, job: &Job) -> Result<Option<account::Model>, Error> {
    Ok(people::find(accounts.store.db(), told(job)?.account).await?)
}

async fn with_link(accounts: &Accounts, job: &Job, purpose: Purpose) -> Result<Option<Letter>, Error> {
    let Some(account) = addressee(accounts, job).await? else { return Ok(None) };
    let (key, path, due) = match (purpose, AccountStatus::stored(&account.status)) {
        (Purpose::Confirm, status) => ("confirm-email", CONFIRM_PATH, status == AccountStatus::Unconfirmed),
        (Purpose::Reset, status) => ("reset-password", RESET_PATH, status != AccountStatus::Disabled),
    };
    if !due {
        return Ok(None);
    }
    let secret = sign_up::new_link(accounts, AccountId(account.id), purpose).await?;
    let mut link = format!("{}?token={}", page(accounts, path), secret.reveal());
    let next = told(job)?.next;
    if !next.is_empty() {
        link.push_str("&next=");
        link.extend(form_urlencoded::byte_serialize(next.as_bytes()));
    }
    Ok(Some(to_account(accounts, &account, key, &[], &link)))
}

async fn invitation(accounts: &Accounts, job: &Job) -> Result<Option<Letter>, Error> {
    let about: AboutMembership = serde_json::from_value(job.payload.clone()).map_err(|e| store::StoreError::corrupt("job", e))?;
    let Some(found) = membership::letter(accounts.store.db(), about.membership).await? else { return Ok(None) };
    let (name, lang) = found.account.map_or((None, Lang::Vi), |(name, lang)| (Some(name), lang));
    let (key, path) = if name.is_some() { ("party-invitation", MEMBERSHIPS_PATH) } else { ("party-invitation-new", SIGN_UP_PATH) };
    let party = found.names.best(lang).unwrap_or_default().to_owned();
    Ok(Some(write(accounts, name, found.email, lang, key, &[("party", &party)], &page(accounts, path))))
}

fn page(accounts: &Accounts, path: &str) -> String {
    format!("{}{path}", accounts.settings.public_url.trim_end_matches('/'))
}

fn to_account(accounts: &Accounts, account: &account::Model, key: &str, args: &[(&str, &str)], link: &str) -> Letter {
    write(accounts, Some(account.name.clone()), account.email.clone(), lang_of(&account.lang), key, args, link)
}

/// A letter about anything to one account, for other crates: the sentences `mail-<key>-subject` and `mail-<key>` with
/// these arguments besides `space` and `link`; `path` is the page it leads to. None if the account may not sign in.
///
/// # Errors
/// If the database fails.
pub async fn about(accounts: &Accounts, to: AccountId, key: &str, args: &[(&str, &str)], path: &str) -> Result<Option<Letter>, Error> {
    let account = people::find(accounts.store.db(), to).await?;
    let account = account.filter(|a| AccountStatus::stored(&a.status) == AccountStatus::Active);
    Ok(account.map(|a| to_account(accounts, &a, key, args, &page(accounts, path))))
}

/// A letter in other words than the messages of this crate, for whoever makes its sentences: the greeting and the footer
/// are added. `stop` is the whole address that stops letters like it. None if the account may not sign in.
///
/// # Errors
/// If the database fails.
pub async fn saying(
    accounts: &Accounts,
    to: AccountId,
    subject: String,
    body: &str,
    stop: Option<String>,
) -> Result<Option<Letter>, Error> {
    let account = people::find(accounts.store.db(), to).await?;
    let account = account.filter(|a| AccountStatus::stored(&a.status) == AccountStatus::Active);
    Ok(account.map(|a| {
        let lang = lang_of(&a.lang);
        let text = enclosed(accounts, lang, Some(&a.name), body);
        Letter { name: Some(a.name), email: a.email, lang, subject, text, stop }
    }))
}

/// The body between greeting and footer.
fn enclosed(accounts: &Accounts, lang: Lang, name: Option<&str>, body: &str) -> String {
    let greeting = match name {
        Some(name) => say(lang, "mail-greeting", &[("name", name)]),
        None => say(lang, "mail-greeting-unknown", &[]),
    };
    let footer = say(lang, "mail-footer", &[("space", accounts.settings.space_name_in(lang)), ("link", &page(accounts, "/"))]);
    format!("{greeting}\n\n{body}\n\n{footer}\n")
}

fn write(accounts: &Accounts, name: Option<String>, email: String, lang: Lang, key: &str, args: &[(&str, &str)], link: &str) -> Letter {
    let space = accounts.settings.space_name_in(lang);
    let mut all: Vec<(&str, &str)> = vec![("space", space), ("link", link)];
    all.extend_from_slice(args);
    let body = say(lang, &format!("mail-{key}"), &all);
    let subject = say(lang, &format!("mail-{key}-subject"), &all);
    let text = enclosed(accounts, lang, name.as_deref(), &body);
    Letter { name, email, lang, subject, text, stop: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_said(lang: Lang, key: &str) -> bool {
        let args = ["space", "link", "party", "reason", "min", "max", "length", "count", "code", "list", "title"].map(|name| (name, "x"));
        say(lang, key, &args) != key
    }

    #[test]
    fn every_letter_has_its_words_in_both_languages() {
        let letters = [
            "confirm-email",
            "reset-password",
            "already-registered",
            "password-changed",
            "second-factor-set",
            "second-factor-removed",
            "second-factor-taken",
            "recovery-code-used",
            "party-invitation",
            "party-invitation-new",
            // Asked for by others through `about`.
            "listing-published",
            "listing-changes-requested",
            "listing-rejected",
            "listing-expires-soon",
            "listing-expired",
        ];
        for lang in Lang::ALL {
            for key in letters {
                assert!(is_said(lang, &format!("mail-{key}")) && is_said(lang, &format!("mail-{key}-subject")), "{lang} {key}");
            }
        }
    }

    #[test]
    fn every_fault_of_this_crate_has_its_sentence_in_both_languages() {
        let faults = [
            "act-reason-short",
            "already-member",
            "bad-cursor",
            "email-form",
            "email-taken",
            "forbidden-character",
            "future-date",
            "name-missing",
            "one-line",
            "party-not-yours",
            "password-classes",
            "password-guessable",
            "password-short",
            "roles-missing",
            "scope-staff",
            "scopes-missing",
            "tax-code-check-digit",
            "tax-code-form",
            "tax-code-personal",
            "tax-code-taken",
            "token-days",
            "too-long",
            "too-many",
            "too-many-members",
            "too-many-tokens",
            "unknown-code",
            "unknown-verification",
            "web-address",
        ];
        for lang in Lang::ALL {
            for key in faults {
                assert!(is_said(lang, &format!("fault-{key}")), "{lang} {key}");
            }
        }
    }
}
