//! Pages for people, made on the server; every one works without JavaScript.
//!
//! A handler calls what the API calls, fills a page struct and renders its template (`templates/*.html`). Every page
//! stands in a [`frame::Frame`]: language, title, addresses. Vietnamese has no prefix, English lies under `/en`; the
//! language of a page is in its address and nowhere else. Not here: any rule of the domain.

mod account;
mod alike;
mod asked;
pub(crate) mod assets;
mod audience;
mod card;
mod choice;
mod compare;
mod confidential;
mod contact;
mod counterparts;
mod crawlers;
mod deals;
mod desk;
mod disclosures;
mod door;
mod errors;
mod experts;
mod faults;
mod feed;
mod fields;
mod finder;
mod finding;
mod form;
mod format;
mod frame;
mod help;
mod home;
mod imports;
mod interests;
mod language;
mod listing;
mod lists;
mod members;
mod mishap;
mod my;
mod notices;
mod numbers;
mod own;
mod paging;
mod pairs;
mod party;
mod party_matches;
mod portion;
mod posting;
mod profile;
mod qr;
mod reference;
mod review;
mod rich;
mod saved;
mod staff;
mod stories;
mod styleguide;
mod takeaway;
#[cfg(test)]
mod tests;
mod typed;
mod versus;

use crate::route::Permission::{Public, SignedIn, Staff};
use crate::route::{self, BodyLimit, Route};

pub(crate) use card::AdvantageLine;
pub(crate) use door::to_the_door;
pub(crate) use errors::{Whereabouts, problem_page, whereabouts};
pub(crate) use feed::address as feed_address;
pub(crate) use format::count;
pub(crate) use pairs::place_of_pair;
pub(crate) use saved::criteria_path;

const LETTER: &str = "whoever has the letter may stop it: the link is sealed for this";
const FEED: &str = "a feed reader has no account: the public one shows what is public, the other has a sealed address";
const EVERYBODY: &str = "a page shows what is public, or what the reader may see";
const DOOR: &str = "it is how one gets in";
const CHOICE: &str = "whoever reads may say in which language";
const LEAVING: &str = "whoever is in may leave, whoever is out is out already";
/// A form of ours is small.
const FORM: BodyLimit = BodyLimit::Form(16 * 1_024);

/// A post of ours may be as long as a listing.
const POSTING: BodyLimit = BodyLimit::Form(512 * 1_024);

/// A party's profile has long texts in two languages.
const PROFILE: BodyLimit = BodyLimit::Form(256 * 1_024);

/// An interest says something in words of several bytes each, escaped.
const INTEREST: BodyLimit = BodyLimit::Form(64 * 1_024);

/// An address to go back to, which may be as long as an address can be, escaped once more.
const CHOOSING: BodyLimit = BodyLimit::Form(64 * 1_024);

/// Adds a page in both languages: the address and, under `/en`, the same again.
macro_rules! both {
    ($table:ident, get $path:literal, $id:literal, $permission:expr, $handler:expr) => {
        $table.push(route::get($path, $id, $permission, $handler));
        $table.push(route::get(concat!("/en", $path), concat!($id, "En"), $permission, $handler));
    };
    ($table:ident, post $path:literal, $id:literal, $permission:expr, $limit:expr, $handler:expr) => {
        $table.push(route::post($path, $id, $permission, $handler).limit($limit));
        $table.push(route::post(concat!("/en", $path), concat!($id, "En"), $permission, $handler).limit($limit));
    };
}

/// The routes of pages and assets.
pub(crate) fn routes() -> Vec<Route> {
    let page = Public(EVERYBODY);
    let mut table = vec![
        route::get("/en", "pageHomeEnBare", page, home::show),
        route::get("/assets/{*path}", "asset", page, assets::serve),
        route::get("/favicon.svg", "favicon", page, assets::favicon),
        route::get("/robots.txt", "robots", page, crawlers::robots),
        route::get("/sitemap.xml", "sitemaps", page, crawlers::sitemaps),
        route::get("/sitemaps/{file}", "sitemap", page, crawlers::sitemap),
    ];
    both!(table, get "/", "pageHome", page, home::show);
    both!(table, post "/language", "formLanguage", Public(CHOICE), CHOOSING, language::choose);
    both!(table, get "/search", "pageSearch", page, finding::show);
    both!(table, get "/search/feed", "feedSearch", Public(FEED), feed::of_search);
    both!(table, get "/feeds/{link}", "feedSaved", Public(FEED), feed::of_saved);
    both!(table, get "/my/searches", "pageSavedSearches", SignedIn, saved::show);
    both!(table, post "/my/searches", "formSavedSearches", SignedIn, FORM, saved::save);
    both!(table, get "/my/searches/new", "pageKeepSearch", SignedIn, saved::ask);
    both!(table, get "/my/searches/{id}", "pageSavedNews", SignedIn, saved::news);
    both!(table, get "/my/notices", "pageNotices", SignedIn, notices::show);
    both!(table, post "/my/notices", "formNotices", SignedIn, FORM, notices::open);
    both!(table, get "/account/notices", "pageNoticeChoices", SignedIn, notices::choices);
    both!(table, post "/account/notices", "formNoticeChoices", SignedIn, FORM, notices::choose);
    both!(table, get "/letters/stop/{link}", "pageStopLetters", Public(LETTER), notices::ask_to_stop);
    both!(table, post "/letters/stop/{link}", "formStopLetters", Public(LETTER), FORM, notices::stop);
    both!(table, get "/technologies/{slug}", "pageTechnology", page, listing::technology);
    both!(table, get "/ip-assets/{slug}", "pageIpAsset", page, listing::ip_asset);
    both!(table, get "/needs/{slug}", "pageNeed", page, listing::need);
    both!(table, get "/needs/{slug}/matches", "pageNeedMatches", page, pairs::of_need);
    both!(table, get "/technologies/{slug}/matches", "pageTechnologyMatches", page, pairs::of_technology);
    both!(table, get "/ip-assets/{slug}/matches", "pageIpAssetMatches", page, pairs::of_ip_asset);
    both!(table, post "/matches/feedback", "formMatchFeedback", SignedIn, FORM, pairs::judge);
    both!(table, get "/needs/{slug}/compare", "pageCompare", SignedIn, compare::show);
    both!(table, post "/needs/{slug}/compare", "formCompare", SignedIn, FORM, compare::note);
    both!(table, get "/staff/gaps", "pageGaps", Staff, staff::gaps::show);
    both!(table, get "/parties/{slug}", "pageParty", page, party::show);
    both!(table, get "/parties/{slug}/matches", "pagePartyMatches", SignedIn, party_matches::show);
    both!(table, get "/experts", "pageExperts", page, experts::list);
    both!(table, get "/experts/{slug}", "pageExpert", page, experts::show);
    both!(table, get "/my/expert", "pageMyExpert", SignedIn, experts::own::show);
    both!(table, post "/my/expert", "formMyExpert", SignedIn, PROFILE, experts::own::save);
    both!(table, post "/my/expert/publication", "formMyExpertPublication", SignedIn, FORM, experts::own::publication);
    both!(table, get "/sign-in", "pageSignIn", Public(DOOR), door::show);
    both!(table, post "/sign-in", "formSignIn", Public(DOOR), FORM, door::sign_in);
    both!(table, get "/sign-in/code", "pageSignInCode", SignedIn, door::code);
    both!(table, post "/sign-in/code", "formSignInCode", SignedIn, FORM, door::give_code);
    both!(table, post "/sign-out", "formSignOut", Public(LEAVING), FORM, door::sign_out);
    both!(table, get "/account/sign-up", "pageSignUp", Public(DOOR), account::sign_up);
    both!(table, post "/account/sign-up", "formSignUp", Public(DOOR), FORM, account::send_sign_up);
    both!(table, get "/account/confirm", "pageConfirm", Public(DOOR), account::confirm);
    both!(table, post "/account/confirm", "formConfirm", Public(DOOR), FORM, account::send_confirm);
    both!(table, get "/account/resend", "pageResend", Public(DOOR), account::resend);
    both!(table, post "/account/resend", "formResend", Public(DOOR), FORM, account::send_resend);
    both!(table, get "/account/forgot", "pageForgot", Public(DOOR), account::forgot);
    both!(table, post "/account/forgot", "formForgot", Public(DOOR), FORM, account::send_forgot);
    both!(table, get "/account/reset", "pageReset", Public(DOOR), account::reset);
    both!(table, post "/account/reset", "formReset", Public(DOOR), FORM, account::send_reset);
    both!(table, get "/account/memberships", "pageMemberships", SignedIn, account::memberships);
    both!(table, post "/account/memberships", "formMembership", SignedIn, FORM, account::send_membership);
    both!(table, get "/account", "pageAccount", SignedIn, own::show);
    both!(table, post "/account", "formAccount", SignedIn, FORM, own::save);
    both!(table, get "/account/password", "pagePassword", SignedIn, own::password::show);
    both!(table, post "/account/password", "formPassword", SignedIn, FORM, own::password::change);
    both!(table, get "/account/second-factor", "pageSecondFactor", SignedIn, own::second_factor::show);
    both!(table, post "/account/second-factor", "formSecondFactor", SignedIn, FORM, own::second_factor::change);
    both!(table, get "/account/sessions", "pageSessions", SignedIn, own::sessions::show);
    both!(table, post "/account/sessions", "formSessions", SignedIn, FORM, own::sessions::end);
    both!(table, get "/account/tokens", "pageTokens", SignedIn, own::tokens::show);
    both!(table, post "/account/tokens", "formTokens", SignedIn, FORM, own::tokens::change);
    both!(table, get "/my", "pageMy", SignedIn, my::show);
    both!(table, get "/my/parties/new", "pagePartyNew", SignedIn, profile::new);
    both!(table, post "/my/parties/new", "formPartyNew", SignedIn, PROFILE, profile::create);
    both!(table, get "/my/parties/{id}", "pagePartyEdit", SignedIn, profile::edit);
    both!(table, post "/my/parties/{id}", "formPartyEdit", SignedIn, PROFILE, profile::save);
    both!(table, get "/my/parties/{id}/members", "pageMembers", SignedIn, members::show);
    both!(table, post "/my/parties/{id}/members", "formMembers", SignedIn, FORM, members::change);
    both!(table, get "/post", "pagePost", SignedIn, posting::choose);
    both!(table, get "/post/{kind}", "pagePostKind", SignedIn, posting::new);
    both!(table, post "/post/{kind}", "formPost", SignedIn, POSTING, posting::create);
    both!(table, get "/my/listings/{id}", "pageDesk", SignedIn, desk::show);
    both!(table, post "/my/listings/{id}/steps", "formDeskStep", SignedIn, FORM, desk::step);
    both!(table, post "/my/listings/{id}/contact", "formDeskContact", SignedIn, FORM, contact::set);
    both!(table, post "/my/listings/{id}/remove", "formDeskRemove", SignedIn, FORM, desk::remove);
    both!(table, get "/my/listings/{id}/audience", "pageAudience", SignedIn, audience::show);
    both!(table, post "/my/listings/{id}/private", "formPrivate", SignedIn, FORM, audience::set_terms);
    both!(table, post "/my/listings/{id}/visibility", "formVisibility", SignedIn, FORM, audience::set_visibility);
    both!(table, get "/my/listings/{id}/history", "pageHistory", SignedIn, desk::history);
    both!(table, get "/my/listings/{id}/edit/{step}", "pageEdit", SignedIn, posting::edit);
    both!(table, post "/my/listings/{id}/edit/{step}", "formEdit", SignedIn, POSTING, posting::saving::save);
    both!(table, get "/my/listings/{id}/confidential", "pageConfidential", SignedIn, confidential::show);
    both!(table, post "/my/listings/{id}/confidential", "formConfidential", SignedIn, POSTING, confidential::save);
    both!(table, post "/my/listings/{id}/files", "formConfidentialFile", SignedIn, BodyLimit::File, confidential::add_file);
    both!(table, get "/my/listings/{id}/files/remove", "pageConfidentialFileRemove", SignedIn, confidential::ask_remove);
    both!(table, post "/my/listings/{id}/files/remove", "formConfidentialFileRemove", SignedIn, FORM, confidential::remove_file);
    both!(table, post "/my/listings/{id}/disclosures", "formDisclosure", SignedIn, FORM, confidential::disclose);
    both!(table, post "/my/listings/{id}/disclosures/revoke", "formDisclosureRevoke", SignedIn, FORM, confidential::revoke);
    both!(table, get "/my/listings/{id}/ledger", "pageLedger", SignedIn, confidential::show_ledger);
    both!(table, get "/my/disclosures", "pageDisclosures", SignedIn, disclosures::list);
    both!(table, get "/disclosures/{id}", "pageDisclosure", SignedIn, disclosures::show);
    both!(table, post "/disclosures/{id}", "formAcceptNda", SignedIn, FORM, disclosures::accept);
    both!(table, get "/disclosures/{id}/content", "pageDisclosureContent", SignedIn, disclosures::content);
    both!(table, get "/disclosures/{id}/files/{file}", "pageDisclosureFile", SignedIn, disclosures::file);
    both!(table, get "/my/imports", "pageImports", SignedIn, imports::list);
    both!(table, post "/my/imports", "formImport", SignedIn, BodyLimit::Upload, imports::start);
    both!(table, get "/my/imports/{id}", "pageImport", SignedIn, imports::show);
    both!(table, post "/my/imports/{id}/undo", "formImportUndo", SignedIn, FORM, imports::undo);
    both!(table, get "/review", "pageReviewQueue", Staff, review::queue);
    both!(table, get "/review/{id}", "pageReview", Staff, review::show);
    both!(table, post "/review/{id}", "formReview", Staff, POSTING, review::decide);
    both!(table, get "/staff", "pageStaff", Staff, staff::show);
    both!(table, get "/staff/accounts", "pageStaffAccounts", Staff, staff::accounts::show);
    both!(table, post "/staff/accounts", "formStaffAccounts", Staff, FORM, staff::accounts::change);
    both!(table, get "/staff/needs", "pageStaffNeeds", Staff, staff::needs::show);
    both!(table, get "/staff/needs/new", "pageRecordNeed", Staff, staff::record::show);
    both!(table, post "/staff/needs/new", "formRecordNeed", Staff, POSTING, staff::record::send);
    both!(table, get "/staff/needs/{id}", "pageStaffNeed", Staff, staff::need::show);
    both!(table, post "/staff/needs/{id}", "formStaffNeed", Staff, FORM, staff::need::send);
    both!(table, get "/staff/parties", "pageStaffParties", Staff, staff::parties::show);
    both!(table, post "/staff/parties", "formStaffParties", Staff, FORM, staff::parties::verify);
    both!(table, get "/staff/parties/verify", "pageVerifyParties", Staff, staff::verifying::show);
    both!(table, post "/staff/parties/verify", "formVerifyParties", Staff, FORM, staff::verifying::send);
    both!(table, get "/staff/parties/merge", "pageMergeParties", Staff, staff::merge::show);
    both!(table, post "/staff/parties/merge", "formMergeParties", Staff, FORM, staff::merge::merge);
    both!(table, get "/staff/events", "pageStaffEvents", Staff, staff::events::show);
    both!(table, post "/staff/events", "formStaffEvents", Staff, FORM, staff::events::check);
    both!(table, get "/technologies/{slug}/interest", "pageInterestInTechnology", SignedIn, interests::form::technology);
    both!(table, post "/technologies/{slug}/interest", "formInterestInTechnology", SignedIn, INTEREST, interests::form::send_technology);
    both!(table, get "/ip-assets/{slug}/interest", "pageInterestInIpAsset", SignedIn, interests::form::ip_asset);
    both!(table, post "/ip-assets/{slug}/interest", "formInterestInIpAsset", SignedIn, INTEREST, interests::form::send_ip_asset);
    both!(table, get "/needs/{slug}/interest", "pageInterestInNeed", SignedIn, interests::form::need);
    both!(table, post "/needs/{slug}/interest", "formInterestInNeed", SignedIn, INTEREST, interests::form::send_need);
    both!(table, get "/my/interests", "pageMyInterests", SignedIn, interests::mine);
    both!(table, get "/interests/{id}", "pageInterest", SignedIn, interests::one::show);
    both!(table, post "/interests/{id}", "formInterest", SignedIn, INTEREST, interests::one::step);
    both!(table, get "/staff/interests", "pageStaffInterests", Staff, staff::interests::show);
    both!(table, get "/my/deals", "pageMyDeals", SignedIn, deals::mine::list);
    both!(table, get "/deals/new", "pageDealNew", SignedIn, deals::mine::new);
    both!(table, post "/deals/new", "formDealNew", SignedIn, FORM, deals::mine::create);
    both!(table, get "/deals/{id}", "pageDeal", SignedIn, deals::show);
    both!(table, post "/deals/{id}", "formDeal", SignedIn, FORM, deals::change);
    both!(table, get "/deals/{id}/edit/{part}", "pageDealPart", SignedIn, deals::parts::show);
    both!(table, post "/deals/{id}/edit/{part}", "formDealPart", SignedIn, PROFILE, deals::parts::send);
    both!(table, get "/deals/{id}/nda", "pageDealNda", SignedIn, deals::agreement::show);
    both!(table, post "/deals/{id}/nda", "formDealNda", SignedIn, FORM, deals::agreement::accept);
    both!(table, get "/deals/{id}/records", "pageDealRecords", SignedIn, deals::records::show);
    both!(table, post "/deals/{id}/documents", "formDealDocument", SignedIn, BodyLimit::File, deals::documents::add);
    both!(table, post "/deals/{id}/documents/remove", "formDealDocumentRemove", SignedIn, FORM, deals::documents::remove);
    both!(table, get "/deals/{id}/documents/{file}", "pageDealDocument", SignedIn, deals::documents::open);
    both!(table, get "/deals/{id}/documents/{file}/readers", "pageDealReaders", SignedIn, deals::readers::show);
    both!(table, post "/deals/{id}/documents/{file}/readers", "formDealReaders", SignedIn, FORM, deals::readers::name);
    both!(table, get "/deals/{id}/story", "pageDealStory", SignedIn, stories::of_deal::show);
    both!(table, post "/deals/{id}/story", "formDealStory", SignedIn, FORM, stories::of_deal::change);
    both!(table, get "/deals/{id}/story/edit", "pageDealStoryEdit", SignedIn, stories::edit::show);
    both!(table, post "/deals/{id}/story/edit", "formDealStoryEdit", SignedIn, POSTING, stories::edit::save);
    both!(table, get "/stories", "pageStories", page, stories::list);
    both!(table, get "/stories/{slug}", "pageStory", page, stories::show);
    both!(table, get "/staff/stories", "pageStaffStories", Staff, staff::stories::show);
    both!(table, get "/staff/deals", "pageStaffDeals", Staff, staff::deals::show);
    both!(table, get "/staff/deals/move", "pageStaffDealMove", Staff, staff::deals::moving::show);
    both!(table, post "/staff/deals/move", "formStaffDealMove", Staff, FORM, staff::deals::moving::send);
    both!(table, get "/staff/deals/free", "pageStaffDealsFree", Staff, staff::deals::taking::list);
    both!(table, get "/staff/deals/take", "pageStaffDealTake", Staff, staff::deals::taking::show);
    both!(table, post "/staff/deals/take", "formStaffDealTake", Staff, FORM, staff::deals::taking::send);
    both!(table, get "/staff/deals/handover", "pageStaffDealsHandover", Staff, staff::deals::handover::show);
    both!(table, post "/staff/deals/handover", "formStaffDealsHandover", Staff, FORM, staff::deals::handover::send);
    both!(table, get "/staff/emergency", "pageEmergency", Staff, staff::emergency::show);
    both!(table, post "/staff/emergency", "formEmergency", Staff, FORM, staff::emergency::open);
    both!(table, get "/help", "pageHelp", page, help::index);
    both!(table, get "/help/{role}", "pageHelpRole", page, help::show);
    both!(table, get "/lists", "pageLists", page, lists::index);
    both!(table, get "/lists/{code}", "pageList", page, lists::show);
    both!(table, get "/styleguide", "pageStyleguide", page, styleguide::show);
    both!(table, get "/numbers", "pageNumbers", page, numbers::show);
    both!(table, get "/numbers/{file}", "pageNumbersFile", page, numbers::away::file);
    both!(table, get "/api", "pageApi", page, reference::index);
    both!(table, get "/api-reference/{group}", "pageApiGroup", page, reference::group);
    both!(table, get "/problems/{kind}", "pageProblemType", page, errors::kind);
    table
}
