//! Pages for people, made on the server; every one works without JavaScript.
//!
//! A handler calls what the API calls, fills a page struct and renders its template (`templates/*.html`). Every page
//! stands in a [`frame::Frame`]: language, title, addresses. Vietnamese has no prefix, English lies under `/en`; the
//! language of a page is in its address and nowhere else. Not here: any rule of the domain.

mod account;
mod asked;
mod assets;
mod card;
mod door;
mod errors;
mod finding;
mod format;
mod frame;
mod home;
mod listing;
mod party;
mod reference;
mod rich;
#[cfg(test)]
mod tests;

use crate::route::Permission::{Public, SignedIn};
use crate::route::{self, BodyLimit, Route};

pub(crate) use errors::problem_page;

const EVERYBODY: &str = "a page shows what is public, or what the reader may see";
const DOOR: &str = "it is how one gets in";
const LEAVING: &str = "whoever is in may leave, whoever is out is out already";
/// A form of ours is small.
const FORM: BodyLimit = BodyLimit::Form(16 * 1_024);

/// The routes of pages and assets.
pub(crate) fn routes() -> Vec<Route> {
    let page = Public(EVERYBODY);
    vec![
        route::get("/", "pageHome", page, home::show),
        route::get("/en", "pageHomeEnBare", page, home::show),
        route::get("/en/", "pageHomeEn", page, home::show),
        route::get("/search", "pageSearch", page, finding::show),
        route::get("/en/search", "pageSearchEn", page, finding::show),
        route::get("/technologies/{slug}", "pageTechnology", page, listing::technology),
        route::get("/en/technologies/{slug}", "pageTechnologyEn", page, listing::technology),
        route::get("/ip-assets/{slug}", "pageIpAsset", page, listing::ip_asset),
        route::get("/en/ip-assets/{slug}", "pageIpAssetEn", page, listing::ip_asset),
        route::get("/needs/{slug}", "pageNeed", page, listing::need),
        route::get("/en/needs/{slug}", "pageNeedEn", page, listing::need),
        route::get("/parties/{slug}", "pageParty", page, party::show),
        route::get("/en/parties/{slug}", "pagePartyEn", page, party::show),
        route::get("/sign-in", "pageSignIn", Public(DOOR), door::show),
        route::get("/en/sign-in", "pageSignInEn", Public(DOOR), door::show),
        route::post("/sign-in", "formSignIn", Public(DOOR), door::sign_in).limit(FORM),
        route::post("/en/sign-in", "formSignInEn", Public(DOOR), door::sign_in).limit(FORM),
        route::get("/sign-in/code", "pageSignInCode", SignedIn, door::code),
        route::get("/en/sign-in/code", "pageSignInCodeEn", SignedIn, door::code),
        route::post("/sign-in/code", "formSignInCode", SignedIn, door::give_code).limit(FORM),
        route::post("/en/sign-in/code", "formSignInCodeEn", SignedIn, door::give_code).limit(FORM),
        route::post("/sign-out", "formSignOut", Public(LEAVING), door::sign_out).limit(FORM),
        route::post("/en/sign-out", "formSignOutEn", Public(LEAVING), door::sign_out).limit(FORM),
        route::get("/account/sign-up", "pageSignUp", Public(DOOR), account::sign_up),
        route::post("/account/sign-up", "formSignUp", Public(DOOR), account::send_sign_up).limit(FORM),
        route::get("/en/account/sign-up", "pageSignUpEn", Public(DOOR), account::sign_up),
        route::post("/en/account/sign-up", "formSignUpEn", Public(DOOR), account::send_sign_up).limit(FORM),
        route::get("/account/confirm", "pageConfirm", Public(DOOR), account::confirm),
        route::post("/account/confirm", "formConfirm", Public(DOOR), account::send_confirm).limit(FORM),
        route::get("/en/account/confirm", "pageConfirmEn", Public(DOOR), account::confirm),
        route::post("/en/account/confirm", "formConfirmEn", Public(DOOR), account::send_confirm).limit(FORM),
        route::get("/account/forgot", "pageForgot", Public(DOOR), account::forgot),
        route::post("/account/forgot", "formForgot", Public(DOOR), account::send_forgot).limit(FORM),
        route::get("/en/account/forgot", "pageForgotEn", Public(DOOR), account::forgot),
        route::post("/en/account/forgot", "formForgotEn", Public(DOOR), account::send_forgot).limit(FORM),
        route::get("/account/reset", "pageReset", Public(DOOR), account::reset),
        route::post("/account/reset", "formReset", Public(DOOR), account::send_reset).limit(FORM),
        route::get("/en/account/reset", "pageResetEn", Public(DOOR), account::reset),
        route::post("/en/account/reset", "formResetEn", Public(DOOR), account::send_reset).limit(FORM),
        route::get("/account/memberships", "pageMemberships", Public(DOOR), account::memberships),
        route::post("/account/memberships", "formMembership", SignedIn, account::send_membership).limit(FORM),
        route::get("/en/account/memberships", "pageMembershipsEn", Public(DOOR), account::memberships),
        route::post("/en/account/memberships", "formMembershipEn", SignedIn, account::send_membership).limit(FORM),
        route::get("/api", "pageApi", page, reference::index),
        route::get("/en/api", "pageApiEn", page, reference::index),
        route::get("/api-reference/{group}", "pageApiGroup", page, reference::group),
        route::get("/en/api-reference/{group}", "pageApiGroupEn", page, reference::group),
        route::get("/problems/{kind}", "pageProblemType", page, errors::kind),
        route::get("/en/problems/{kind}", "pageProblemTypeEn", page, errors::kind),
        route::get("/assets/{*path}", "asset", page, assets::serve),
        route::get("/favicon.svg", "favicon", page, assets::favicon),
        route::get("/robots.txt", "robots", page, assets::robots),
    ]
}
