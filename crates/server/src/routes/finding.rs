//! The rows of the table for finding, matching, and what people are told.

use serde_json::json;

use super::EVERYBODY;
use crate::api::{self, List};
use crate::route::Permission::{Member, Public, SignedIn, Staff};
use crate::route::{Route, delete, get, post, put};

/// What may be typed, as `/help/searching` tells it at length.
const QUERY_LANGUAGE: &str = "Words, with or without Vietnamese marks; `\"a phrase\"`, `-not`, `a OR b`, `(a b) OR c` and \
     `-(a b)` with brackets one deep, `prefix*` from three letters on, and `field:value` (several values with commas, a value with \
     spaces in quotation marks, `-field:value` to leave out; capitals do not matter). \
     Fields of text: `title:dryer`, `keyword:coconut` or `keywords:coconut`, `party:\"Tra Vinh University\"` (a name or an id), \
     `code:CN-2026-000001`, `number:1-2019-01234`. Fields of codes: `kind:need`, `field:401`, `trl:7` (also `trl:5..7`, `trl:>=6`, \
     `trl:<=4`), `cooperation:licence`, `province:86`, `commune:28777`, `party_type:institute`, `ipr_status:granted`, \
     `price_band:100-500`, `language:en` or `lang:en`, `ipc:A23N`, `ip_kind:patent`, `partner_type:cooperative`. A whole code, \
     registration number, DOI or tax code in any spelling is told in `jump`. What is not understood is told in `ignored`.";

pub(super) fn finding() -> Vec<Route> {
    use api::matches as m;
    use api::{events, search, search_export, vocabularies};
    let find = get("/api/v1/search", "search", Public(EVERYBODY), search::find)
        .about("Finds technologies, IP assets, needs, parties and experts, with facets.")
        .query("facets", "string", "Facets to count, with commas between; `none` for none.")
        .paged()
        .gives::<search::ResultsBody>(200);
    let export = get("/api/v1/search/export", "exportSearch", SignedIn, search_export::export)
        .about("The first 1,000 results of a search as a file: JSON, or with `format=csv` a table for spreadsheets (`text/csv`).")
        .query("format", "string", "`json` unless given, or `csv`.")
        .gives::<search_export::ExportBody>(200);
    vec![
        narrowed(find),
        narrowed(export),
        get("/api/v1/listings/{id}/similar", "listSimilar", Public(EVERYBODY), search::similar)
            .about("What is like a listing, the most alike first; one page and no more.")
            .query("limit", "integer", "At most so many, up to 20.")
            .gives::<List<search::HitBody>>(200),
        get("/api/v1/suggest", "suggest", Public(EVERYBODY), search::suggest)
            .about("Completes what was typed so far, the best first, one page and no more; marks are optional, a typo is forgiven.")
            .query("q", "string", "What was typed.")
            .query("limit", "integer", "At most so many.")
            .gives::<List<search::SuggestionBody>>(200),
        get("/api/v1/needs/{id}/matches", "matchNeed", Public(EVERYBODY), m::of_need)
            .about("Technologies and IP assets that answer a need, each with its reasons.")
            .query("kind", "string", "`technology` or `ip_asset`; both unless given.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded, and by which constraint, instead.")
            .paged()
            .gives::<matching::MatchPage>(200),
        get("/api/v1/technologies/{id}/matches", "matchTechnology", Public(EVERYBODY), m::of_technology)
            .about("Needs that a technology answers, or with `kind=technology` similar ones, each with its reasons.")
            .query("kind", "string", "`need` unless given, or `technology` and `ip_asset` for offers that are alike.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded, and by which constraint, instead.")
            .paged()
            .gives::<matching::MatchPage>(200),
        get("/api/v1/technologies/{id}/matches/complements", "matchTechnologyComplements", Public(EVERYBODY), m::complements_of_technology)
            .about("Technologies that complete one: both answer one need, and each reaches a figure of it that the other does not.")
            .paged()
            .gives::<List<matching::complements::Complement>>(200),
        get("/api/v1/ip-assets/{id}/matches", "matchIpAsset", Public(EVERYBODY), m::of_ip_asset)
            .about("Needs that an IP asset answers, each with its reasons.")
            .query("kind", "string", "`need` unless given, or `technology` and `ip_asset` for offers that are alike.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded, and by which constraint, instead.")
            .paged()
            .gives::<matching::MatchPage>(200),
        counterparts("/api/v1/needs/{id}/matches/experts", "matchNeedExperts", m::experts_of_need)
            .about("Experts who may help with a need: by what they can do, their fields and where they work, each with its reasons."),
        counterparts("/api/v1/needs/{id}/matches/parties", "matchNeedParties", m::parties_of_need)
            .about("Parties that may help with a need: by capacities, equipment, standards, interests and, where it may be told, past deals in the field, each with its reasons."),
        counterparts("/api/v1/technologies/{id}/matches/parties", "matchTechnologyParties", m::parties_of_technology)
            .about("Parties that a technology may interest: by their interests and, where it may be told, past deals in the field, each with its reasons."),
        counterparts("/api/v1/ip-assets/{id}/matches/parties", "matchIpAssetParties", m::parties_of_ip_asset)
            .about("Parties that an IP asset may interest: by their interests and, where it may be told, past deals in the field, each with its reasons."),
        get("/api/v1/parties/{id}/matches", "listPartyMatches", Member, m::of_party)
            .about("The best standing matches of all listings of a party, both ways, each with its reasons; for its members and for brokers. What the party's side called good comes first, what it does not want last.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded of the party's twenty newest listings, and by which constraint, instead.")
            .paged()
            .gives::<List<matching::of_party::PartyMatch>>(200),
        post("/api/v1/matches/{id}/feedback", "giveMatchFeedback", Member, m::give_feedback)
            .about("Says of a match (its id is the need's id, a dot, the offer's id) whether it is good; for editors of either side and brokers. What a need's side does not want stands behind its other candidates from then on, for that side and brokers alone.")
            .takes::<matching::feedback::Given>(json!({"verdict": "not_for_us", "reason": "too_early"}))
            .gives::<matching::feedback::Receipt>(200),
        delete("/api/v1/matches/{id}/feedback", "takeMatchFeedback", Member, m::take_feedback)
            .about("Takes back what one said of a match.")
            .gives::<matching::feedback::Receipt>(200),
        get("/api/v1/gaps", "listGaps", Staff, m::gaps)
            .about("Needs without a good match, or with `side=demand` technologies that no need asks for, with counts by field; for brokers, analysts and administrators. With `format=csv` all of them as a table for spreadsheets (at most 10,000; the header `x-complete` says whether that is all).")
            .query("side", "string", "`supply` unless given, or `demand`.")
            .query("field", "string", "Only of this top-level code of `fields`.")
            .query("format", "string", "`json` unless given, or `csv`.")
            .paged()
            .gives::<matching::gaps::GapPage>(200),
        get("/api/v1/vocabularies", "listVocabularies", Public(EVERYBODY), vocabularies::list)
            .about("The lists of codes.")
            .gives::<List<vocabularies::VocabularyRow>>(200),
        get("/api/v1/vocabularies/{code}", "getVocabulary", Public(EVERYBODY), vocabularies::get)
            .about("One list with its entries.")
            .gives::<base::Vocabulary>(200),
        get("/api/v1/need-desk", "listNeedDesk", Staff, api::need_desk::list)
            .about(
                "The needs in public, with who of the staff looks after them and what is due; for brokers, moderators and administrators.",
            )
            .query("which", "string", "`all` unless given, `mine`, `free`, `due`, or `recorded`: those one looks after that are not out yet.")
            .paged()
            .gives::<List<listings::need_desk::DeskNeed>>(200),
        get("/api/v1/need-desk/parties", "lookUpParties", Staff, api::need_desk::parties)
            .about("The parties meant by a tax code or so much of a name, eight at most; for those who keep the need desk.")
            .query("q", "string", "A tax code in any spelling, or a name as far as it is typed.")
            .gives::<List<api::need_desk::FoundParty>>(200),
        post("/api/v1/need-desk", "recordNeed", Staff, api::need_desk::record)
            .about(
                "Records a need that staff heard of for a party, known or new, as a draft with how they heard of it, who agreed, and who \
                 takes the next step; for brokers and moderators. With `invite` somebody is asked to administer a party that nobody does.",
            )
            .takes::<listings::need_desk::recording::NewRecord>(json!({
                "new_party": {
                    "names": {"vi": "Hợp tác xã Dừa sáp Cầu Kè"}, "party_type": "cooperative",
                    "address": {"province": "86"}
                },
                "intake": {
                    "channel": "phone", "heard_on": "2026-11-24", "contact": "Chị Lan, 0901 234 567",
                    "consent_by": "Chị Lan, phó giám đốc"
                },
                "content": {
                    "title": {"vi": "Kéo dài thời gian bảo quản dừa sáp"},
                    "problem": {"vi": "Dừa sáp chở đi Hà Nội sau năm ngày thì cơm chua."},
                    "targets": [{"metric": {"vi": "Thời gian bảo quản"}, "today": 5, "target": 20, "unit": "ngày", "priority": "must"}],
                    "anonymity": "sector_and_region"
                },
                "next": {"due_on": "2026-12-01"}
            }))
            .gives::<listings::need_desk::recording::Recorded>(201),
        get("/api/v1/numbers", "getNumbers", Staff, api::numbers::get)
            .about("How many listings stand where, what waits for review, and how long publishing takes.")
            .gives::<listings::numbers::Numbers>(200),
        get("/api/v1/events", "listEvents", Staff, events::list)
            .about("The audit trail, the newest first. Of interests, deals and who was let in to read what is confided it tells administrators alone, and nobody of whoever hides from a party of theirs.")
            .query("subject", "string", "About this thing.")
            .query("kind", "string", "Of this kind, such as `listing.published`.")
            .query("actor", "string", "By this account.")
            .paged()
            .gives::<List<events::EventBody>>(200),
        get("/api/v1/events/verification", "verifyEvents", Staff, events::verify)
            .about("Checks the chain of events from its beginning.")
            .gives::<events::ChainCheck>(200),
    ]
}

pub(super) fn notice() -> Vec<Route> {
    use api::{notices as n, saved_searches as s};
    vec![
        get("/api/v1/saved-searches", "listSavedSearches", SignedIn, s::list)
            .about("One's saved searches.")
            .gives::<List<s::SavedSearchBody>>(200),
        post("/api/v1/saved-searches", "createSavedSearch", SignedIn, s::create)
            .about("Keeps a search; what is published from now on and found by it is news.")
            .takes::<s::NewSavedSearch>(json!({"name": "Máy sấy dừa", "query": "q=máy sấy dừa&trl=7,8,9", "when": "daily"}))
            .gives::<s::SavedSearchBody>(201),
        get("/api/v1/saved-searches/{id}", "getSavedSearch", SignedIn, s::get)
            .about("One of one's saved searches.")
            .gives::<s::SavedSearchBody>(200),
        put("/api/v1/saved-searches/{id}", "editSavedSearch", SignedIn, s::edit)
            .about("Gives a saved search another name or rhythm.")
            .takes::<s::SavedSearchEdit>(json!({"name": "Máy sấy dừa", "when": "weekly"}))
            .gives::<s::SavedSearchBody>(200)
            .needs_if_match(),
        delete("/api/v1/saved-searches/{id}", "deleteSavedSearch", SignedIn, s::remove)
            .about("Gives a saved search up, with what it brought.")
            .gives_nothing(),
        get("/api/v1/alerts", "listAlerts", SignedIn, s::alerts)
            .about("What one's saved searches brought, the newest first.")
            .query("search", "string", "Of this search alone.")
            .paged()
            .gives::<List<s::AlertBody>>(200),
        get("/api/v1/notices", "listNotices", SignedIn, n::list)
            .about("One's notices, the newest first.")
            .query("unread", "boolean", "Only those that were not read.")
            .paged()
            .gives::<List<n::NoticeBody>>(200),
        post("/api/v1/notices/{id}/read", "readNotice", SignedIn, n::read).about("Notes that a notice was read.").gives_nothing(),
        post("/api/v1/notices/read", "readNotices", SignedIn, n::read_all)
            .about("Notes that all of one's notices were read.")
            .gives_nothing(),
        get("/api/v1/notice-choices", "listNoticeChoices", SignedIn, n::choices)
            .about("How one is told of each kind of notice: by mail at once, once a day, or only here.")
            .gives::<List<accounts::notices::Choice>>(200),
        put("/api/v1/notice-choices", "setNoticeChoices", SignedIn, n::choose)
            .about("Sets how one is told of some kinds; the others stay.")
            .takes::<n::Choices>(json!({"choices": [{"kind": "deal_message", "way": "daily"}]}))
            .gives::<List<accounts::notices::Choice>>(200),
    ]
}

/// The experts or parties that fit a listing.
fn counterparts<H, T>(path: &'static str, id: &'static str, handler: H) -> Route
where
    H: axum::handler::Handler<T, crate::app::App>,
    T: 'static,
{
    get(path, id, Public(EVERYBODY), handler)
        .query("explain", "boolean", "Tell how each part of the score came out.")
        .query("excluded", "boolean", "Tell who was excluded, and by which constraint, instead.")
        .paged()
        .gives::<matching::CounterpartPage>(200)
}

/// The parameters of a search.
fn narrowed(route: Route) -> Route {
    let route = route
        .query("q", "string", QUERY_LANGUAGE)
        .query("sort", "string", "`relevance`, `newest`, `trl` or `closing_soon`.")
        .query("trl_min", "integer", "Least readiness level.")
        .query("trl_max", "integer", "Greatest readiness level, not below the least.")
        .query("published_from", "string", "First published on this day or later, such as `2026-01-31`.")
        .query("published_to", "string", "First published on this day or before.")
        .query("closes_from", "string", "Closes on this day or later: the end or the deadline, whichever is sooner.")
        .query("closes_to", "string", "Closes on this day or before.")
        .query("party", "string", "Only of this party.");
    ::search::Facet::ALL.into_iter().fold(route, |route, facet| route.query_many(facet.as_str(), "Narrow to one or more values."))
}
