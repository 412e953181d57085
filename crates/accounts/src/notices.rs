//! Notices: what somebody should know of, in the space and by mail, each once.
//!
//! A notice is left in the transaction of what it tells of. It holds ids and facts; its words are made when it is read
//! or sent, in the reader's language and from what the reader may see at that moment (`server::notices`). A notice with
//! the same `once` for the same account is left only the first time, so whoever tells may run again.
//! Not here: the words, and who is to be told of what.

use base::clock::last_morning;
use base::{AccountId, Actor, Cursor, Limit, NoticeId, Page, PartyId, PartyRole};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Ctx, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::rows::{notice, notice_choice};
use crate::{Accounts, Error, membership};

/// The job that sends one notice by mail: its payload is [`NoticeMail`].
pub const MAIL_JOB: &str = "mail.notice";
/// The job that sends the notices of a day in one letter: its payload is [`DigestMail`].
pub const DIGEST_JOB: &str = "mail.notice_digest";
base::words! {
    /// What a notice tells of. Whoever is told chooses per kind how; the words are `notice-<kind>` with `-` for `_`.
    NoticeKind {
        /// Somebody shows interest in a listing of one's party.
        InterestReceived = "interest_received",
        /// One's interest was answered, or a question about it was asked.
        InterestAnswered = "interest_answered",
        /// An interest waits for one's answer and its day is near or over.
        InterestDue = "interest_due",
        /// A deal of one's party was opened or came to another stage.
        DealMoved = "deal_moved",
        /// Somebody wrote in a deal, or made an offer.
        DealMessage = "deal_message",
        /// A task or a milestone in a deal is due.
        TaskDue = "task_due",
        /// Something confidential was opened to one, under an agreement that is to be read and accepted.
        DisclosureGranted = "disclosure_granted",
        /// Somebody accepted the agreement, or opened what was confided.
        DisclosureUsed = "disclosure_used",
        /// An administrator opened in an emergency what one's party confides.
        GlassBroken = "glass_broken",
        /// A counterpart for one's listing was found.
        MatchFound = "match_found",
        /// A saved search has something new.
        SearchNews = "search_news",
        /// Another member or a member of staff asks for one's consent or statement.
        ConsentAsked = "consent_asked",
        /// One's party took in another, or was taken in.
        PartyMerged = "party_merged",
        /// The story of a deal of one's party is public.
        StoryPublished = "story_published",
        /// A party took its consent to a story back.
        StoryWithdrawn = "story_withdrawn",
    }
}

base::words! {
    /// How somebody is told; in the space every notice is listed whatever was chosen.
    Way {
        /// A letter at once.
        AtOnce = "at_once",
        /// One letter a day with what is new.
        Daily = "daily",
        /// No letter.
        Off = "off",
    }
}

impl NoticeKind {
    /// How somebody who chose nothing is told.
    #[must_use]
    pub fn usual_way(self) -> Way {
        match self {
            Self::DealMessage | Self::MatchFound | Self::TaskDue | Self::DisclosureUsed => Way::Daily,
            // Each saved search says itself when it writes.
            Self::SearchNews => Way::Off,
            Self::InterestReceived
            | Self::InterestAnswered
            | Self::InterestDue
            | Self::DealMoved
            | Self::DisclosureGranted
            | Self::GlassBroken
            | Self::ConsentAsked
            | Self::PartyMerged
            | Self::StoryPublished
            | Self::StoryWithdrawn => Way::AtOnce,
        }
    }

    /// Whether its reader chooses how they are told. Each saved search says so itself, and of an emergency nobody stays
    /// untold.
    #[must_use]
    pub fn is_chosen(self) -> bool {
        !matches!(self, Self::SearchNews | Self::GlassBroken)
    }

    /// The kinds whose way is chosen.
    pub fn to_choose() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| kind.is_chosen())
    }
}

/// What is to be told.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// What it tells of.
    pub kind: NoticeKind,
    /// What kind of thing it leads to, such as `interest` or `deal`.
    pub about_kind: &'static str,
    /// To which.
    pub about: Uuid,
    /// Further ids and facts its words are made from; no personal or confidential text.
    pub facts: Value,
    /// Names what happened, so that nobody is told twice: `interest_received:<id>`.
    pub once: String,
}

/// A notice as its reader gets it, still without words.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// Who is told.
    pub account: AccountId,
    /// What it tells of.
    pub kind: NoticeKind,
    /// What kind of thing it leads to.
    pub about_kind: String,
    /// To which.
    pub about: Uuid,
    /// Further ids and facts.
    pub facts: Value,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// Which notice to send.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct NoticeMail {
    /// The notice.
    pub notice: NoticeId,
}

/// Which notices to send in one letter.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct DigestMail {
    /// To whom.
    pub account: AccountId,
    /// The notices carry this mark.
    pub digest: Uuid,
}

/// How somebody is told of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// Of what.
    pub kind: NoticeKind,
    /// How.
    pub way: Way,
}

/// Tells one account, unless it was told of this before; gives whether it was new. For use inside the transaction of
/// what happened.
///
/// # Errors
/// If the database fails.
pub async fn tell(tx: &Tx, account: AccountId, new: &NewNotice) -> Result<bool, StoreError> {
    let told = notice::Entity::find()
        .filter(notice::Column::AccountId.eq(account.0))
        .filter(notice::Column::Once.eq(new.once.as_str()))
        .count(tx.db())
        .await?;
    if told > 0 {
        return Ok(false);
    }
    let way = way(tx.db(), account, new.kind).await?;
    let id = NoticeId(tx.new_id());
    let mail = match way {
        Way::AtOnce => "sent",
        Way::Daily => "waiting",
        Way::Off => "none",
    };
    let row = notice::ActiveModel {
        id: Set(id.0),
        account_id: Set(account.0),
        kind: Set(new.kind.as_str().to_owned()),
        about_kind: Set(new.about_kind.to_owned()),
        about_id: Set(new.about),
        facts: Set(new.facts.to_string()),
        once: Set(new.once.clone()),
        mail: Set(mail.to_owned()),
        digest_id: Set(None),
        created_at: Set(tx.now()),
        read_at: Set(None),
    };
    notice::Entity::insert(row).exec_without_returning(tx.db()).await?;
    if way == Way::AtOnce {
        tx.enqueue(MAIL_JOB, &NoticeMail { notice: id }, tx.now()).await?;
    }
    Ok(true)
}

/// How an account is told of a kind.
///
/// # Errors
/// If the database fails.
pub async fn way_of(accounts: &Accounts, account: AccountId, kind: NoticeKind) -> Result<Way, StoreError> {
    way(accounts.store.db(), account, kind).await
}

async fn way(db: &impl ConnectionTrait, account: AccountId, kind: NoticeKind) -> Result<Way, StoreError> {
    if !kind.is_chosen() {
        return Ok(kind.usual_way());
    }
    let chosen = notice_choice::Entity::find_by_id((account.0, kind.as_str().to_owned())).one(db).await?;
    Ok(chosen.and_then(|row| row.way.parse().ok()).unwrap_or_else(|| kind.usual_way()))
}

/// Tells the members of a party that have one of these roles, but not `except` (whoever did it).
///
/// # Errors
/// If the database fails.
pub async fn tell_party(
    tx: &Tx,
    party: PartyId,
    roles: &[PartyRole],
    except: Option<AccountId>,
    new: &NewNotice,
) -> Result<(), StoreError> {
    for account in membership::confirmed_with_any(tx.db(), party, roles).await? {
        if Some(account) != except {
            tell(tx, account, new).await?;
        }
    }
    Ok(())
}

/// Whoever asks: their notices, the newest first.
///
/// # Errors
/// [`Error::Refused`] for nobody, [`Error::Cursor`] for a cursor of another list.
pub async fn list(accounts: &Accounts, actor: &Actor, unread: bool, limit: Limit, cursor: Option<&str>) -> Result<Page<Notice>, Error> {
    let account = actor.signed_in()?;
    let after: Option<(DateTime<Utc>, NoticeId)> = cursor.map(Cursor::read).transpose().map_err(|_| Error::Cursor)?;
    let mut own = Condition::all().add(notice::Column::AccountId.eq(account.0));
    if unread {
        own = own.add(notice::Column::ReadAt.is_null());
    }
    let db = accounts.store.db();
    let total = notice::Entity::find().filter(own.clone()).count(db).await?;
    let mut query = notice::Entity::find().filter(own);
    if let Some((at, id)) = after {
        let order = notice::Column::CreatedAt;
        query = query.filter(Condition::any().add(order.lt(at)).add(Condition::all().add(order.eq(at)).add(notice::Column::Id.lt(id.0))));
    }
    let rows = query.order_by_desc(notice::Column::CreatedAt).order_by_desc(notice::Column::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let items: Vec<Notice> = rows.into_iter().take(keep).map(to_notice).collect::<Result<_, _>>()?;
    let last = items.last().map(|n| (n.created_at, n.id));
    Ok(Page { next: last.filter(|_| more).map(|key| Cursor::write(&key)), items, total })
}

/// How many notices somebody has not read.
///
/// # Errors
/// If the database fails.
pub async fn count_unread(accounts: &Accounts, account: AccountId) -> Result<u64, StoreError> {
    let unread = notice::Entity::find().filter(notice::Column::AccountId.eq(account.0)).filter(notice::Column::ReadAt.is_null());
    Ok(unread.count(accounts.store.db()).await?)
}

/// Notes that whoever asks has read one of their notices, or all that came up to now.
///
/// # Errors
/// [`Error::Refused`] for nobody, and for a notice that is not theirs.
pub async fn mark_read(accounts: &Accounts, ctx: Ctx, which: Option<NoticeId>) -> Result<(), Error> {
    let account = keeper(&ctx.actor)?;
    accounts
        .store
        .write(ctx, move |tx| async move {
            if let Some(id) = which {
                let own = notice::Entity::find_by_id(id.0).one(tx.db()).await?.filter(|row| row.account_id == account.0);
                own.ok_or(base::Refused::Hidden)?;
            }
            let mut update = notice::Entity::update_many()
                .col_expr(notice::Column::ReadAt, Expr::value(Some(tx.now())))
                .filter(notice::Column::AccountId.eq(account.0))
                .filter(notice::Column::ReadAt.is_null());
            if let Some(id) = which {
                update = update.filter(notice::Column::Id.eq(id.0));
            }
            update.exec(tx.db()).await?;
            Ok::<_, Error>(())
        })
        .await
}

/// Whoever may change something about their notices: a program that may only read may not.
fn keeper(actor: &Actor) -> Result<AccountId, base::Refused> {
    let account = actor.signed_in()?;
    if actor.has_scope(base::Scope::Write) { Ok(account) } else { Err(base::Refused::Forbidden { action: "notice.keep" }) }
}

/// How whoever asks is told, for every kind.
///
/// # Errors
/// [`Error::Refused`] for nobody.
pub async fn choices(accounts: &Accounts, actor: &Actor) -> Result<Vec<Choice>, Error> {
    let account = actor.signed_in()?;
    let rows = notice_choice::Entity::find().filter(notice_choice::Column::AccountId.eq(account.0)).all(accounts.store.db()).await?;
    let chosen = |kind: NoticeKind| rows.iter().find(|r| r.kind == kind.as_str()).and_then(|r| r.way.parse().ok());
    Ok(NoticeKind::to_choose().map(|kind| Choice { kind, way: chosen(kind).unwrap_or_else(|| kind.usual_way()) }).collect())
}

/// Sets how whoever asks is told of these kinds; the others stay.
///
/// # Errors
/// [`Error::Refused`] for nobody, [`Error::Invalid`] for a kind that is not chosen here.
pub async fn choose(accounts: &Accounts, ctx: Ctx, choices: Vec<Choice>) -> Result<(), Error> {
    let account = keeper(&ctx.actor)?;
    let mut faults = base::Faults::new();
    for (n, choice) in choices.iter().enumerate().filter(|(_, choice)| !NoticeKind::to_choose().any(|kind| kind == choice.kind)) {
        faults.add_with(format!("/choices/{n}/kind"), "notice-kind-elsewhere", &[("code", choice.kind.as_str())]);
    }
    faults.into_result()?;
    accounts
        .store
        .write(ctx, move |tx| {
            let choices = choices.clone();
            async move {
                for choice in choices {
                    set_choice(&tx, account, choice).await?;
                }
                Ok::<_, Error>(())
            }
        })
        .await
}

/// Stops letters of one kind to an account, as the link in such a letter asks; the notices stay in the space.
///
/// # Errors
/// If the database fails.
pub async fn stop_letters(accounts: &Accounts, account: AccountId, kind: NoticeKind) -> Result<(), StoreError> {
    let work = move |tx: Tx| async move { set_choice(&tx, account, Choice { kind, way: Way::Off }).await };
    accounts.store.write(Ctx::system(), work).await
}

async fn set_choice(tx: &Tx, account: AccountId, choice: Choice) -> Result<(), StoreError> {
    let row = notice_choice::ActiveModel {
        account_id: Set(account.0),
        kind: Set(choice.kind.as_str().to_owned()),
        way: Set(choice.way.as_str().to_owned()),
    };
    notice_choice::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([notice_choice::Column::AccountId, notice_choice::Column::Kind])
                .update_column(notice_choice::Column::Way)
                .to_owned(),
        )
        .exec_without_returning(tx.db())
        .await?;
    if choice.way == Way::Off {
        // Those that wait for the next morning as well.
        notice::Entity::update_many()
            .col_expr(notice::Column::Mail, Expr::value("none"))
            .filter(notice::Column::AccountId.eq(account.0))
            .filter(notice::Column::Kind.eq(choice.kind.as_str()))
            .filter(notice::Column::Mail.eq("waiting"))
            .exec(tx.db())
            .await?;
    }
    Ok(())
}

/// One notice, for the mail worker.
///
/// # Errors
/// If the database fails.
pub async fn get(accounts: &Accounts, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    notice::Entity::find_by_id(id.0).one(accounts.store.db()).await?.map(to_notice).transpose()
}

/// The notices of one digest, the oldest first, for the mail worker.
///
/// # Errors
/// If the database fails.
pub async fn of_digest(accounts: &Accounts, digest: Uuid) -> Result<Vec<Notice>, StoreError> {
    let rows = notice::Entity::find()
        .filter(notice::Column::DigestId.eq(digest))
        .order_by_asc(notice::Column::Id)
        .all(accounts.store.db())
        .await?;
    rows.into_iter().map(to_notice).collect()
}

/// Leaves a digest for everybody who has notices that wait from before this morning; gives how many. One transaction a
/// reader, so that nobody is written to twice and a crash between two leaves the rest for the next round.
///
/// # Errors
/// If the database fails.
pub async fn leave_digests(accounts: &Accounts) -> Result<u64, StoreError> {
    let morning = last_morning(accounts.store.clock().now());
    let waiting = move || Condition::all().add(notice::Column::Mail.eq("waiting")).add(notice::Column::CreatedAt.lt(morning));
    let readers: Vec<Uuid> = notice::Entity::find()
        .select_only()
        .column(notice::Column::AccountId)
        .filter(waiting())
        .group_by(notice::Column::AccountId)
        .into_tuple()
        .all(accounts.store.db())
        .await?;
    let mut count = 0;
    for reader in readers {
        let left = accounts
            .store
            .write(Ctx::system(), move |tx| async move {
                let digest = tx.new_id();
                let marked = notice::Entity::update_many()
                    .col_expr(notice::Column::Mail, Expr::value("sent"))
                    .col_expr(notice::Column::DigestId, Expr::value(Some(digest)))
                    .filter(waiting().add(notice::Column::AccountId.eq(reader)))
                    .exec(tx.db())
                    .await?;
                if marked.rows_affected > 0 {
                    tx.enqueue(DIGEST_JOB, &DigestMail { account: AccountId(reader), digest }, tx.now()).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await;
        match left {
            Ok(()) => count += 1,
            // Theirs waits for the next round; the others need not.
            Err(error) => tracing::error!(account = %reader, cause = store::follow::report(&error), "a digest could not be left"),
        }
    }
    Ok(count)
}

/// Forgets notices that were read, and those nobody read, a year after they came.
///
/// # Errors
/// If the database fails.
pub async fn sweep(accounts: &Accounts) -> Result<(), StoreError> {
    accounts
        .store
        .write(Ctx::system(), |tx| async move {
            let old = notice::Column::CreatedAt.lt(tx.now() - Duration::days(365));
            notice::Entity::delete_many().filter(old).exec(tx.db()).await?;
            Ok::<_, StoreError>(())
        })
        .await
}

fn to_notice(row: notice::Model) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: NoticeId(row.id),
        account: AccountId(row.account_id),
        kind: row.kind.parse().map_err(|e| StoreError::corrupt("notice", e))?,
        about_kind: row.about_kind,
        about: row.about_id,
        facts: serde_json::from_str(&row.facts).map_err(|e| StoreError::corrupt("notice", e))?,
        created_at: row.created_at,
        read_at: row.read_at,
    })
}
