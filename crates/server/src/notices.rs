//! The words of notices, made when they are read or sent: what a title says is looked up as its reader may see it at that
//! moment, so a notice never tells more than the page it leads to. What a page or a letter of many needs is looked up once
//! for all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use accounts::PartyBrief;
use accounts::merging::Alias;
use accounts::notices::{Notice, NoticeKind};
use base::{Actor, DealId, ExpertId, Lang, ListingId, PartyId, SavedSearchId, messages};
use brokering::stories::Headline;
use listings::view::Titled;
use serde_json::Value;

use crate::app::App;
use crate::problem::Problem;

/// Where a notice leads whose page is not to be seen any more.
const LIST: &str = "/my/notices";
/// Where moderators see which stories wait for them: they read one only as long as every party consents.
const STORIES: &str = "/staff/stories";

/// Where brokers find the deals that nobody brokers.
const FREE: &str = "/staff/deals/free";

/// Where brokers see their deals.
const BOARD: &str = "/staff/deals";

/// A notice in words.
pub(crate) struct Said {
    /// One sentence.
    pub text: String,
    /// The page it leads to, without its language.
    pub path: String,
    /// Whether what it tells of is there no more: a letter leaves it out.
    pub is_over: bool,
}

/// What a notice says to its reader.
pub(crate) async fn say(app: &App, actor: &Actor, notice: &Notice) -> Result<Said, Problem> {
    Ok(Known::of(app, actor, std::slice::from_ref(notice)).await?.say(actor.lang, notice))
}

/// What notices say to their reader, in their order.
pub(crate) async fn say_all(app: &App, actor: &Actor, notices: &[Notice]) -> Result<Vec<Said>, Problem> {
    let known = Known::of(app, actor, notices).await?;
    Ok(notices.iter().map(|notice| known.say(actor.lang, notice)).collect())
}

/// What the words of some notices are made from, as their reader may see it.
struct Known {
    listings: HashMap<ListingId, Titled>,
    /// The matches that are ones still, for this reader.
    matched: BTreeSet<(ListingId, ListingId)>,
    /// The same of needs and experts.
    helped: BTreeSet<(ListingId, ExpertId)>,
    deals: HashMap<DealId, brokering::deals::Titled>,
    stories: HashMap<DealId, Headline>,
    searches: HashMap<SavedSearchId, String>,
    /// Parties that others took in.
    gone: BTreeMap<PartyId, Alias>,
    parties: HashMap<PartyId, PartyBrief>,
}

impl Known {
    async fn of(app: &App, actor: &Actor, notices: &[Notice]) -> Result<Self, Problem> {
        let about = |kind: &'static str| notices.iter().filter(move |notice| notice.about_kind == kind).map(|notice| notice.about);
        let listings: Vec<ListingId> = notices.iter().filter_map(listing_of).collect();
        let deals: Vec<DealId> = about("deal").chain(about("story")).map(DealId).collect();
        let stories: Vec<DealId> = about("story").map(DealId).collect();
        let searches: Vec<SavedSearchId> = about("saved_search").map(SavedSearchId).collect();
        let parties: Vec<PartyId> = about("party").map(PartyId).chain(notices.iter().filter_map(absorbed)).collect();
        let matched: Vec<(ListingId, ListingId)> = notices.iter().filter_map(pair_of).collect();
        let helped: Vec<(ListingId, ExpertId)> = notices.iter().filter_map(expert_pair_of).collect();
        let db = app.accounts.store().db();
        let gone = accounts::merging::moved_many(db, &parties).await?;
        // The one that took another in may have been taken in itself since.
        let there: Vec<PartyId> = about("party").map(|id| now(&gone, PartyId(id))).collect();
        let there = accounts::parties::load_many(db, &there).await?;
        Ok(Self {
            listings: listings::view::titles(&app.listings, actor, &listings).await?,
            matched: matching::standing::still(&app.matcher, actor, &matched).await?,
            helped: matching::standing::still_experts(&app.matcher, actor, &helped).await?,
            deals: brokering::deals::titles(&app.brokering, actor, &deals).await?,
            stories: brokering::stories::headlines(&app.brokering, &stories).await?,
            searches: matching::saved::names(&app.saved, actor, &searches).await?,
            gone,
            parties: there.into_iter().map(|party| (party.id, party)).collect(),
        })
    }

    fn say(&self, lang: Lang, notice: &Notice) -> Said {
        let about = notice.about;
        let listed = || listing_of(notice).and_then(|id| self.listings.get(&id));
        let deal = || self.deals.get(&DealId(about)).map(|deal| deal.title.clone());
        let (title, path) = match notice.about_kind.as_str() {
            "interest" => (listed().and_then(|l| l.title.clone()), format!("/interests/{about}")),
            "disclosure" => (listed().and_then(|l| l.title.clone()), of_disclosure(notice)),
            "deal" if notice.kind == NoticeKind::ConsentAsked => (deal(), format!("/deals/{about}/edit/statement")),
            "deal" if notice.kind == NoticeKind::DisclosureGranted && needs_nda(notice) => (deal(), format!("/deals/{about}/nda")),
            "deal" if notice.kind == NoticeKind::DisclosureGranted => (deal(), format!("/deals/{about}#documents")),
            "deal" if is_free(notice) => (None, FREE.to_owned()),
            "deal" if has_left(notice) => (None, LIST.to_owned()),
            "deal" => (deal(), format!("/deals/{about}")),
            "story" => self.of_story(lang, notice),
            "saved_search" => match self.searches.get(&SavedSearchId(about)) {
                Some(name) => (Some(name.clone()), format!("/my/searches/{about}")),
                None => (None, LIST.to_owned()),
            },
            "listing" => match listed() {
                Some(l) if expert_pair_of(notice).is_some() => (l.title.clone(), format!("{}/matches#experts", l.url)),
                Some(l) if notice.kind == NoticeKind::MatchFound => (l.title.clone(), pair(&l.url, notice)),
                Some(l) if notice.kind == NoticeKind::GlassBroken => (l.title.clone(), format!("/my/listings/{about}/ledger")),
                Some(l) => (l.title.clone(), format!("/my/listings/{about}")),
                None => (None, LIST.to_owned()),
            },
            "expert" => match listed() {
                Some(need) => (need.title.clone(), need.url.clone()),
                None => (None, LIST.to_owned()),
            },
            "party" => self.of_merger(lang, notice),
            "handover" => (None, BOARD.to_owned()),
            _ => (None, LIST.to_owned()),
        };
        let untitled = if notice.about_kind == "story" { "notice-untitled-story" } else { "notice-untitled" };
        let title = title.unwrap_or_else(|| messages::say(lang, untitled, &[]));
        let count = notice.facts.get("count").and_then(Value::as_u64).unwrap_or(1);
        let code = notice.facts.get("code").and_then(Value::as_str).unwrap_or_default();
        let args = [("title", title.as_str()), ("code", code), ("count", &super::web::count(lang, count))];
        // A counterpart that was withdrawn, or was edited until it is none any more, is nothing to write of.
        let is_over = pair_of(notice).is_some_and(|pair| !self.matched.contains(&pair))
            || expert_pair_of(notice).is_some_and(|pair| !self.helped.contains(&pair));
        Said { text: messages::say(lang, &words(notice), &args), path, is_over }
    }

    /// The story of a deal: its page once it is public, else where those in the deal write it.
    fn of_story(&self, lang: Lang, notice: &Notice) -> (Option<String>, String) {
        let deal = DealId(notice.about);
        let public = self.stories.get(&deal).filter(|_| notice.kind == NoticeKind::StoryPublished);
        let own = self.deals.get(&deal);
        match (public, own) {
            (Some(story), _) => (story.title.best(lang).map(str::to_owned), story.url.clone()),
            (None, Some(own)) => (Some(own.title.clone()), format!("/deals/{deal}/story")),
            (None, None) if notice.kind == NoticeKind::StoryWithdrawn => (None, STORIES.to_owned()),
            (None, None) => (None, LIST.to_owned()),
        }
    }

    /// Which party took in which; both are public.
    fn of_merger(&self, lang: Lang, notice: &Notice) -> (Option<String>, String) {
        let from = absorbed(notice).and_then(|id| self.gone.get(&id));
        let into = self.parties.get(&now(&self.gone, PartyId(notice.about)));
        let (Some(from), Some(into)) = (from, into) else { return (None, LIST.to_owned()) };
        let name = |names: &base::Localised| names.best(lang).unwrap_or_default().to_owned();
        let text = messages::say(lang, "notice-merged-names", &[("from", &name(&from.names)), ("to", &name(&into.names))]);
        (Some(text), format!("/parties/{}", into.slug))
    }
}

/// The listing that a notice is about, or that its facts name.
fn listing_of(notice: &Notice) -> Option<ListingId> {
    match notice.about_kind.as_str() {
        "listing" => Some(ListingId(notice.about)),
        "interest" | "disclosure" => notice.facts.get("listing").and_then(Value::as_str).and_then(|id| id.parse().ok()),
        "expert" => expert_pair_of(notice).map(|(need, _)| need),
        _ => None,
    }
}

/// The need and the offer, of a notice that tells of a match.
fn pair_of(notice: &Notice) -> Option<(ListingId, ListingId)> {
    let fact = |name: &str| notice.facts.get(name).and_then(Value::as_str).and_then(|id| id.parse().ok());
    fact("need").zip(fact("offer")).filter(|_| notice.kind == NoticeKind::MatchFound)
}

/// The need and the expert, of a notice that tells of such a match.
fn expert_pair_of(notice: &Notice) -> Option<(ListingId, ExpertId)> {
    let fact = |name: &str| notice.facts.get(name).and_then(Value::as_str).filter(|_| notice.kind == NoticeKind::MatchFound);
    Some((fact("need")?.parse().ok()?, fact("expert")?.parse().ok()?))
}

/// The party that was taken in, of a notice that tells so.
fn absorbed(notice: &Notice) -> Option<PartyId> {
    notice.facts.get("from").and_then(Value::as_str).and_then(|id| id.parse().ok()).filter(|_| notice.about_kind == "party")
}

fn now(gone: &BTreeMap<PartyId, Alias>, id: PartyId) -> PartyId {
    gone.get(&id).map_or(id, |alias| alias.party)
}

/// The message of a kind.
fn key(kind: NoticeKind) -> String {
    format!("notice-{}", kind.as_str().replace('_', "-"))
}

/// The message of a notice: of what was confided in a deal other words than of a listing's, of an expert other ones than of an
/// offer.
fn words(notice: &Notice) -> String {
    match (notice.kind, notice.about_kind.as_str()) {
        (NoticeKind::DisclosureGranted, "deal") if needs_nda(notice) => "notice-document-to-sign".to_owned(),
        (NoticeKind::DisclosureGranted, "deal") => "notice-document-granted".to_owned(),
        (NoticeKind::DealMoved, "deal") if has_left(notice) => "notice-deal-left".to_owned(),
        (NoticeKind::TaskDue, "deal") if is_free(notice) => "notice-deal-free".to_owned(),
        (NoticeKind::TaskDue, "deal") if is_to_register(notice) => "notice-deal-register".to_owned(),
        (NoticeKind::MatchFound, "expert") => "notice-need-for-expert".to_owned(),
        (NoticeKind::MatchFound, _) if expert_pair_of(notice).is_some() => "notice-expert-found".to_owned(),
        (NoticeKind::ConsentAsked, "handover") => "notice-deals-handed-over".to_owned(),
        (kind, _) => key(kind),
    }
}

/// Whether the reader of a notice had an agreement to accept when it was left.
fn needs_nda(notice: &Notice) -> bool {
    notice.facts.get("needs_nda").and_then(Value::as_bool).unwrap_or_default()
}

/// Whether nobody brokered the deal when it was left: its reader may take it, and reads nothing of it before.
fn is_free(notice: &Notice) -> bool {
    notice.kind == NoticeKind::TaskDue && notice.facts.get("is_free").and_then(Value::as_bool).unwrap_or_default()
}

/// Whether it is the day by which the law has the contract registered.
fn is_to_register(notice: &Notice) -> bool {
    notice.facts.get("what").and_then(Value::as_str) == Some("registration")
}

/// Whether its reader's party was taken out of the deal. It reads no title there any more.
fn has_left(notice: &Notice) -> bool {
    notice.kind == NoticeKind::DealMoved && notice.facts.get("what").and_then(Value::as_str) == Some("left")
}

/// What a kind is called where it is chosen.
pub(crate) fn kind_name(kind: NoticeKind, lang: Lang) -> String {
    messages::say(lang, &format!("notice-kind-{}", kind.as_str().replace('_', "-")), &[])
}

/// What was confided: to whom it was opened on its own page, to its owner beside the listing.
fn of_disclosure(notice: &Notice) -> String {
    let fact = |name: &str| notice.facts.get(name).and_then(Value::as_str).unwrap_or_default();
    match (notice.kind, fact("what")) {
        (NoticeKind::DisclosureUsed, "opened") => format!("/my/listings/{}/ledger", fact("listing")),
        (NoticeKind::DisclosureUsed, _) => format!("/my/listings/{}/confidential", fact("listing")),
        _ => format!("/disclosures/{}", notice.about),
    }
}

/// The place of a pair on the page of the matches of one of its two, which begins with the other one.
fn pair(url: &str, notice: &Notice) -> String {
    let fact = |name: &str| notice.facts.get(name).and_then(Value::as_str).unwrap_or_default();
    let (need, offer) = (fact("need"), fact("offer"));
    let other = if need == notice.about.to_string() { offer } else { need };
    crate::web::place_of_pair(url, other, false, &format!("{need}.{offer}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for kind in NoticeKind::ALL {
                let args = [("title", "x"), ("count", "1")];
                assert_ne!(messages::say(lang, &key(*kind), &args), key(*kind), "{lang} {kind}");
            }
            for kind in NoticeKind::to_choose() {
                assert!(!kind_name(kind, lang).starts_with("notice-kind"), "{lang} {kind}");
            }
        }
    }
}
