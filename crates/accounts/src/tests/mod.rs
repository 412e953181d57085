//! Behaviour on a real database: SQLite always, PostgreSQL where `TEST_PG_URL` is set.

mod about_parties;
mod about_people;
mod about_second_factor;
mod about_tokens;

use std::collections::BTreeSet;
use std::sync::Arc;

use base::secret::Secret;
use base::{AccountId, Actor, Clock, Lang, StaffRole, Vocabularies};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use store::jobs::{Failure, Which};
use store::testing::TestStore;
use store::{Ctx, Store};

use crate::mail::{MailSettings, Mailer};
use crate::mailbox::plain_text;
use crate::people::NewAccount;
use crate::sessions::{Client, SessionView};
use crate::sign_in::{SignIn, SignedIn};
use crate::{AccountSettings, Accounts, Error, Password, actor, mail, managing, people, sign_in};

/// A password nobody guesses.
pub const PASSWORD: &str = "ba con cua lột vỏ";

/// A space of its own for a test.
pub struct Site {
    pub accounts: Accounts,
    pub mailer: Mailer,
    pub clock: Clock,
    pub store: Store,
    _keep: TestStore,
}

/// A mail that was sent.
#[derive(Debug)]
pub struct Mail {
    pub raw: String,
    pub text: String,
}

impl Mail {
    /// The secret of the link in it.
    pub fn link(&self) -> Secret {
        let (_, rest) = self.text.split_once("?token=").expect("a link with a token");
        Secret::received(rest.split_whitespace().next().unwrap())
    }

    pub fn is_to(&self, address: &str) -> bool {
        self.raw.lines().any(|l| l.starts_with("To:") && l.contains(address))
    }
}

impl Site {
    pub async fn all() -> Vec<Self> {
        Self::all_with(AccountSettings::default()).await
    }

    pub async fn all_with(settings: AccountSettings) -> Vec<Self> {
        // Whoever opens a space fills in its name.
        let settings = AccountSettings { space_name: "Innospace".to_owned(), space_name_en: "Innospace".to_owned(), ..settings };
        let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
        TestStore::all()
            .await
            .unwrap()
            .into_iter()
            .map(|keep| {
                let accounts = Accounts::open(keep.store.clone(), settings.clone(), Arc::clone(&vocabularies), keep.dir.path()).unwrap();
                let mailer = Mailer::open(&MailSettings::default(), keep.dir.path()).unwrap();
                Self { accounts, mailer, clock: keep.clock.clone(), store: keep.store.clone(), _keep: keep }
            })
            .collect()
    }

    pub fn client(&self) -> Client {
        Client { address: "192.0.2.1".into(), agent: "test".into(), device: None }
    }

    pub fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Does all jobs and gives the mails of it, taking them out of the folder.
    pub async fn post(&self) -> Vec<Mail> {
        while let Some(job) = self.store.claim_job(Which::AllBut("none")).await.unwrap() {
            assert!(mail::handles(&job.kind), "{}", job.kind);
            let done = mail::run(&self.accounts, &self.mailer, &job).await.map_err(Failure::from);
            assert_eq!(done, Ok(()));
            self.store.finish_job(&job, done).await.unwrap();
        }
        let mut paths: Vec<_> = std::fs::read_dir(self.mailer.folder().unwrap()).unwrap().map(|f| f.unwrap().path()).collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| {
                let raw = std::fs::read_to_string(&path).unwrap();
                std::fs::remove_file(path).unwrap();
                Mail { text: plain_text(&raw).unwrap(), raw }
            })
            .collect()
    }

    /// An active account.
    pub async fn person(&self, email: &str, staff: &[StaffRole]) -> AccountId {
        let new = NewAccount {
            email: email.into(),
            name: format!("Người {email}"),
            lang: Lang::Vi,
            password: Password::new(PASSWORD),
            staff: staff.iter().copied().collect(),
            demonstration: false,
        };
        people::create(&self.accounts, Ctx::system(), new).await.unwrap().id
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, Error> {
        self.sign_in_from(&self.client(), email, password).await
    }

    pub async fn sign_in_from(&self, client: &Client, email: &str, password: &str) -> Result<SignedIn, Error> {
        sign_in::sign_in(&self.accounts, client, &SignIn { email: email.into(), password: Password::new(password) }).await
    }

    pub async fn of(&self, secret: &Secret) -> Option<(Actor, SessionView)> {
        actor::of_session(&self.accounts, secret).await.unwrap()
    }

    pub async fn is_in(&self, secret: &Secret) -> bool {
        self.of(secret).await.is_some()
    }

    /// Somebody new, signed in.
    pub async fn signed_in(&self, email: &str) -> Actor {
        self.person(email, &[]).await;
        self.again(email).await
    }

    /// The same person in a new session, with today's memberships.
    pub async fn again(&self, email: &str) -> Actor {
        let secret = self.sign_in(email, PASSWORD).await.unwrap().secret;
        self.of(&secret).await.unwrap().0
    }

    /// Staff with these roles, as if the second factor had been given.
    pub async fn staff(&self, email: &str, roles: &[StaffRole]) -> Actor {
        self.person(email, roles).await;
        let mut actor = self.again(email).await;
        actor.staff = roles.iter().copied().collect::<BTreeSet<_>>();
        actor
    }

    /// The kinds of all events so far.
    pub async fn events(&self) -> Vec<String> {
        self.store.events_after(0, 10_000).await.unwrap().into_iter().map(|e| e.kind).collect()
    }

    /// A column of all rows of a table as one string, to look for what must not be there.
    pub async fn dump(&self, table: &str, column: &str) -> String {
        let db = self.store.db();
        let bytes = if self.store.is_sqlite() { format!("CAST({column} AS BLOB)") } else { format!("convert_to({column}::text, 'UTF8')") };
        let sql = format!("SELECT {bytes} AS x FROM {table}");
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let texts = rows.iter().map(|r| r.try_get::<Option<Vec<u8>>>("", "x").unwrap().unwrap_or_default());
        texts.map(|t| String::from_utf8_lossy(&t).into_owned()).collect::<Vec<_>>().join("\n")
    }
}

/// The codes of an error's faults with their places.
pub fn faults<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(String, &'static str)> {
    match result {
        Err(Error::Invalid(faults)) => faults.iter().map(|f| (f.pointer.clone(), f.code)).collect(),
        other => panic!("{other:?} has no faults"),
    }
}
