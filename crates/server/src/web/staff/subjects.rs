//! What events are about, by its name: one look-up a kind for a whole page. What the reader may not see keeps its kind alone.

use std::collections::{BTreeMap, BTreeSet};

use accounts::access::may_manage_accounts;
use base::fold::sort_key;
use base::{AccountId, DealId, Lang, ListingId, PartyId, messages};
use uuid::Uuid;

use super::super::fields::Opt;
use super::super::frame::{Visit, localised};
use super::super::paging::address;
use crate::api::events::EventBody;
use crate::app::App;
use crate::problem::Problem;

/// Every kind of event there is.
const EVENTS: [&str; 130] = [
    "account.confirmed",
    "account.created",
    "account.disabled",
    "account.edited",
    "account.enabled",
    "account.password_changed",
    "account.password_reset",
    "account.recovery_codes_renewed",
    "account.second_factor_given",
    "account.second_factor_removed",
    "account.second_factor_set",
    "account.session_ended",
    "account.signed_in",
    "account.signed_up",
    "account.staff_changed",
    "account.token_created",
    "account.token_renewed",
    "account.token_revoked",
    "confidential.file_added",
    "confidential.file_removed",
    "confidential.glass_broken",
    "confidential.text_set",
    "deal.brokers_set",
    "deal.contract_recorded",
    "deal.document_added",
    "deal.document_opened",
    "deal.document_readers_set",
    "deal.document_removed",
    "deal.facts_answered",
    "deal.interests_stated",
    "deal.meeting_noted",
    "deal.meeting_taken_back",
    "deal.message_sent",
    "deal.milestone_reached",
    "deal.milestone_set",
    "deal.milestone_taken_back",
    "deal.moved",
    "deal.nda_accepted",
    "deal.objects_set",
    "deal.offer_accepted",
    "deal.offer_agreed",
    "deal.offer_made",
    "deal.offer_withdrawn",
    "deal.opened",
    "deal.outcome_recorded",
    "deal.paper_noted",
    "deal.parties_set",
    "deal.payment_made",
    "deal.payment_noted",
    "deal.payment_taken_back",
    "deal.report_taken_back",
    "deal.reported",
    "deal.story_consent_withdrawn",
    "deal.story_consented",
    "deal.story_published",
    "deal.story_unpublished",
    "deal.story_written",
    "deal.task_done",
    "deal.task_set",
    "deal.task_taken_back",
    "disclosure.accepted",
    "disclosure.granted",
    "disclosure.opened",
    "disclosure.revoked",
    "expert.created",
    "expert.edited",
    "expert.left_party",
    "expert.published",
    "expert.withdrawn",
    "import.ended",
    "import.started",
    "import.undone",
    "interest.accepted",
    "interest.declined",
    "interest.expired",
    "interest.handed_over",
    "interest.information_given",
    "interest.information_requested",
    "interest.overdue",
    "interest.read",
    "interest.relayed",
    "interest.reminded",
    "interest.revealed",
    "interest.sent",
    "interest.withdrawn",
    "listing.archived",
    "listing.care_set",
    "listing.changes_requested",
    "listing.claimed",
    "listing.confirmed",
    "listing.created",
    "listing.edited",
    "listing.expired",
    "listing.expiry_announced",
    "listing.held",
    "listing.private_terms_set",
    "listing.published",
    "listing.recorded",
    "listing.rejected",
    "listing.released",
    "listing.removed",
    "listing.resumed",
    "listing.revision_discarded",
    "listing.submitted",
    "listing.visibility_set",
    "listing.withdrawn",
    "match.considered",
    "match.dropped",
    "match.judged",
    "match.judgement_withdrawn",
    "membership.accepted",
    "membership.confirmed",
    "membership.invited",
    "membership.left",
    "membership.merged",
    "membership.reinstated",
    "membership.removed",
    "membership.roles_changed",
    "membership.suspended",
    "party.absorbed",
    "party.created",
    "party.edited",
    "party.merged",
    "party.verified",
    "saved_search.edited",
    "saved_search.kept",
    "saved_search.removed",
    "saved_search.stopped",
    "vectors.made",
    "vectors.whole",
];

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Subject {
    /// Its title, name or code.
    pub name: String,
    /// The language of the name, where it is not the page's.
    pub lang: Option<&'static str>,
    /// Its page.
    pub href: String,
}

/// The things that events of a page are about, as far as the reader may see them.
pub(super) struct Subjects {
    by_id: BTreeMap<Uuid, Subject>,
    /// Who acted, by name.
    pub people: BTreeMap<AccountId, String>,
}

impl Subjects {
    /// Looks them all up.
    pub async fn of(app: &App, visit: &Visit, events: &[EventBody]) -> Result<Self, Problem> {
        let (actor, lang) = (&visit.who.actor, visit.lang());
        let ids = |kinds: &[&str]| -> BTreeSet<Uuid> {
            events.iter().filter(|event| kinds.contains(&event.subject_kind.as_str())).map(|event| event.subject).collect()
        };
        let db = app.store.db();
        let mut by_id = BTreeMap::new();
        // The subject of a match is its need.
        let listings: Vec<ListingId> = ids(&["listing", "match"]).into_iter().map(ListingId).collect();
        for (id, one) in listings::view::titles(&app.listings, actor, &listings).await? {
            let is_foreign = one.title.is_some() && one.lang != lang;
            let name = one.title.map_or_else(|| one.code.clone(), |title| format!("{title} ({})", one.code));
            by_id.insert(id.0, Subject { name, lang: is_foreign.then(|| one.lang.code()), href: localised(lang, &one.url) });
        }
        let parties: Vec<PartyId> = ids(&["party"]).into_iter().map(PartyId).collect();
        for one in accounts::parties::load_many(db, &parties).await? {
            let name = one.names.best(lang).unwrap_or_default().to_owned();
            let spoken = one.names.get(lang).is_none().then(|| lang.other().code());
            by_id.insert(one.id.0, Subject { name, lang: spoken, href: localised(lang, &format!("/parties/{}", one.slug)) });
        }
        let deals: Vec<DealId> = ids(&["deal"]).into_iter().map(DealId).collect();
        for (id, one) in brokering::deals::titles(&app.brokering, actor, &deals).await? {
            let spoken = Lang::of_words(&one.title);
            let name = format!("{} ({})", one.title, one.code);
            by_id.insert(
                id.0,
                Subject { name, lang: (spoken != lang).then(|| spoken.code()), href: localised(lang, &format!("/deals/{id}")) },
            );
        }
        let mut people = BTreeMap::new();
        // Who people are is told to those who may read accounts; the trail itself holds ids.
        if may_manage_accounts(actor) {
            let acted = events.iter().filter_map(|event| event.actor);
            let accounts: Vec<AccountId> = ids(&["account"]).into_iter().chain(acted).map(AccountId).collect();
            for one in accounts::people::among(&app.accounts, actor, &accounts).await? {
                let href = address(&localised(lang, super::accounts::PATH), &[("q", &one.email)]);
                people.insert(one.id, one.name.clone());
                by_id.insert(one.id.0, Subject { name: one.name, lang: None, href });
            }
        }
        Ok(Self { by_id, people })
    }

    /// What an event is about, if the reader may see it.
    pub fn get(&self, id: Uuid) -> Option<&Subject> {
        self.by_id.get(&id)
    }
}

/// What kind of thing an event is about, in words.
pub(super) fn kind_of_subject(kind: &str, lang: Lang) -> String {
    in_words(&format!("subject-{}", kind.replace('_', "-")), kind, lang)
}

/// What happened, in words.
pub(super) fn kind_of_event(kind: &str, lang: Lang) -> String {
    in_words(&format!("event-{}", kind.replace(['.', '_'], "-")), kind, lang)
}

/// What happens to one kind of thing, as choices.
pub(in super::super) struct Happenings {
    /// The kind of thing.
    pub about: String,
    /// What happens to it, by its words.
    pub kinds: Vec<Opt>,
}

/// Every kind of event as choices, by what they are about, but for the closed kinds of things; one that is asked for and not known is
/// among them.
pub(in super::super) fn happenings(lang: Lang, asked: &str, closed: &[&str]) -> Vec<Happenings> {
    let is_open = |kind: &&str| !closed.contains(&kind.split('.').next().unwrap_or_default());
    let unknown = Some(asked).filter(|kind| !kind.is_empty() && !EVENTS.contains(kind));
    let mut all: BTreeMap<&str, Vec<Opt>> = BTreeMap::new();
    for kind in EVENTS.into_iter().filter(is_open).chain(unknown) {
        let option = Opt { value: kind.to_owned(), label: kind_of_event(kind, lang), depth: 0, is_on: kind == asked };
        all.entry(kind.split('.').next().unwrap_or_default()).or_default().push(option);
    }
    let by_words = |(about, mut kinds): (&str, Vec<Opt>)| {
        kinds.sort_by_key(|kind| sort_key(&kind.label));
        Happenings { about: kind_of_subject(about, lang), kinds }
    };
    let mut all: Vec<Happenings> = all.into_iter().map(by_words).collect();
    all.sort_by_key(|one| sort_key(&one.about));
    all
}

fn in_words(key: &str, kind: &str, lang: Lang) -> String {
    if messages::has(lang, key) { messages::say(lang, key, &[]) } else { kind.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECTS: [&str; 11] =
        ["account", "deal", "disclosure", "expert", "import", "interest", "listing", "match", "party", "saved_search", "vectors"];

    #[test]
    fn every_kind_of_event_is_a_choice_and_so_is_one_that_is_not_known_but_asked_for() {
        let of = |asked: &str| -> Vec<Opt> { happenings(Lang::Vi, asked, &[]).into_iter().flat_map(|one| one.kinds).collect() };
        assert_eq!(of("").len(), EVENTS.len());
        assert!(of("deal.moved").iter().all(|one| one.is_on == (one.value == "deal.moved")));
        assert!(of("deal.forgotten").iter().any(|one| one.is_on && one.value == "deal.forgotten"));
        let open = happenings(Lang::Vi, "", &crate::api::events::CLOSED);
        assert!(open.iter().flat_map(|one| &one.kinds).all(|one| !one.value.starts_with("deal.") && !one.value.starts_with("interest.")));
    }

    #[test]
    fn whatever_there_are_words_for_can_be_chosen() {
        let words =
            include_str!("../../../../base/messages/en/trail.ftl").lines().filter_map(|line| line.split_once(" =")).map(|(key, _)| key);
        let known: Vec<String> = EVENTS.iter().map(|kind| format!("event-{}", kind.replace(['.', '_'], "-"))).collect();
        let missing: Vec<&str> = words.filter(|key| key.starts_with("event-") && !known.iter().any(|one| one == key)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn every_kind_of_event_and_subject_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            assert!(EVENTS.iter().all(|kind| kind_of_event(kind, lang) != *kind), "{lang}");
            assert!(SUBJECTS.iter().all(|kind| kind_of_subject(kind, lang) != *kind), "{lang}");
        }
    }
}
