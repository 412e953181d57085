//! The one table of routes; the rows of finding and of transfer lie beside this file.

mod experts;
mod finding;
mod stories;
mod transfer;

use listings::content::{IpAsset, Need, Technology};
use serde_json::{Value, json};

use crate::api::{self, List};
use crate::route::Permission::{Member, Public, SignedIn, Staff};
use crate::route::{BodyLimit, Route, delete, get, post, put};
use crate::{health, openapi, web};

const EVERYBODY: &str = "what is public is for everybody";
const DOOR: &str = "it is how one gets in";

/// Every route of the server.
#[must_use]
pub fn all() -> Vec<Route> {
    let mut table = Vec::with_capacity(128);
    table.extend(health_routes());
    table.extend(session_routes());
    table.extend(account_routes());
    table.extend(party_routes());
    table.extend(experts::expert());
    table.extend(kind_routes::<Technology>(&TECHNOLOGIES));
    table.extend(kind_routes::<IpAsset>(&IP_ASSETS));
    table.extend(kind_routes::<Need>(&NEEDS));
    table.extend(listing_routes());
    table.extend(transfer::interest());
    table.extend(transfer::confidential());
    table.extend(import_routes());
    table.extend(finding::finding());
    table.extend(finding::notice());
    table.extend(transfer::deal());
    table.extend(stories::story());
    table.extend(web::routes());
    table
}

fn health_routes() -> Vec<Route> {
    vec![
        get("/healthz", "alive", Public("probes have no account"), health::alive),
        get("/readyz", "ready", Public("probes have no account"), health::ready),
        get("/metrics", "metrics", Public("scrapers have no account; the proxy keeps outsiders away"), health::metrics),
        get("/api/openapi.json", "openapi", Public("it describes the public interface"), openapi::serve),
    ]
}

fn session_routes() -> Vec<Route> {
    use api::session::{self, SecondFactorCode, SessionAnswer};
    use api::tokens;
    vec![
        post("/api/v1/session", "signIn", Public(DOOR), session::sign_in)
            .about("Begins a session and sets its cookie.")
            .takes::<accounts::sign_in::SignIn>(json!({"email": "lan@example.org", "password": "song nước miền tây"}))
            .gives::<SessionAnswer>(200),
        get("/api/v1/session", "getSession", SignedIn, session::current)
            .about("Who is signed in, with the parties acted for.")
            .gives::<SessionAnswer>(200),
        delete("/api/v1/session", "signOut", SignedIn, session::sign_out).about("Ends the session.").gives_nothing(),
        post("/api/v1/session/second-factor", "giveSecondFactor", SignedIn, session::second_factor)
            .about("Gives the second factor; the session goes on under a new secret.")
            .takes::<SecondFactorCode>(json!({"code": "287082"}))
            .gives_nothing(),
        get("/api/v1/sessions", "listSessions", SignedIn, session::list)
            .about("One's own sessions.")
            .gives::<List<accounts::SessionView>>(200),
        delete("/api/v1/sessions", "endOtherSessions", SignedIn, session::end_others)
            .about("Ends all of one's sessions but this one.")
            .gives_nothing(),
        delete("/api/v1/sessions/{id}", "endSession", SignedIn, session::end).about("Ends one of one's sessions.").gives_nothing(),
        get("/api/v1/tokens", "listTokens", SignedIn, tokens::list)
            .about("One's API tokens, without their secrets.")
            .gives::<List<accounts::TokenView>>(200),
        post("/api/v1/tokens", "createToken", SignedIn, tokens::create)
            .about("Makes an API token; its secret is shown this once. Needs a session, not a token.")
            .takes::<accounts::tokens::TokenRequest>(json!({"name": "nightly import", "scopes": ["read", "write"], "days": 90}))
            .gives::<accounts::NewToken>(201),
        delete("/api/v1/tokens/{id}", "revokeToken", SignedIn, tokens::revoke)
            .about("Ends an API token at once.")
            .gives::<accounts::TokenView>(200),
    ]
}

fn account_routes() -> Vec<Route> {
    use accounts::{AccountReceipt, AccountView};
    use api::accounts as a;
    let password = || json!({"password": "song nước miền tây"});
    vec![
        post("/api/v1/accounts", "signUp", Public(DOOR), a::sign_up)
            .about("Makes an account that waits for its address to be confirmed; the answer does not tell whether the address is known.")
            .takes::<accounts::sign_up::SignUp>(
                json!({"email": "lan@example.org", "name": "Lan", "lang": "vi", "password": "song nước miền tây"}),
            )
            .gives::<a::Sent>(202),
        post("/api/v1/accounts/confirm", "confirmAccount", Public(DOOR), a::confirm)
            .about("Confirms an address with the secret of the link.")
            .takes::<a::LinkSecret>(json!({"token": "…"}))
            .gives::<AccountReceipt>(200),
        post("/api/v1/accounts/resend", "resendConfirmation", Public(DOOR), a::resend)
            .about("Sends the confirmation link once more.")
            .takes::<a::EmailAddress>(json!({"email": "lan@example.org"}))
            .gives::<a::Sent>(202),
        post("/api/v1/password-resets", "requestPasswordReset", Public(DOOR), a::forgot)
            .about("Asks for a link that resets the password; the answer does not tell whether the address is known.")
            .takes::<a::EmailAddress>(json!({"email": "lan@example.org"}))
            .gives::<a::Sent>(202),
        post("/api/v1/password-resets/confirm", "resetPassword", Public(DOOR), a::reset)
            .about("Sets a new password with the secret of the link; all sessions end.")
            .takes::<a::PasswordReset>(json!({"token": "…", "password": "chợ nổi sông Hậu"}))
            .gives::<AccountReceipt>(200),
        get("/api/v1/accounts/me", "getMe", SignedIn, a::me).about("One's own account.").gives::<AccountView>(200),
        put("/api/v1/accounts/me", "editMe", SignedIn, a::edit_me)
            .about("Changes name and language.")
            .takes::<accounts::people::AccountEdit>(json!({"name": "Lan", "lang": "en"}))
            .gives::<AccountReceipt>(200)
            .needs_if_match(),
        post("/api/v1/accounts/me/password", "changePassword", SignedIn, a::change_password)
            .about("Changes the password; all other sessions end.")
            .takes::<a::PasswordChange>(json!({"old": "song nước miền tây", "new": "chợ nổi sông Hậu"}))
            .gives_nothing(),
        post("/api/v1/accounts/me/second-factor", "beginSecondFactor", SignedIn, a::begin_second_factor)
            .about("Begins to set up a second factor: the secret for an authenticator.")
            .takes::<a::PasswordAgain>(password())
            .gives::<accounts::second_factor::SecondFactorSetup>(200),
        post("/api/v1/accounts/me/second-factor/confirm", "confirmSecondFactor", SignedIn, a::confirm_second_factor)
            .about("Confirms the second factor with its first code; answers with recovery codes.")
            .takes::<api::session::SecondFactorCode>(json!({"code": "287082"}))
            .gives::<a::RecoveryCodes>(200),
        post("/api/v1/accounts/me/second-factor/remove", "removeSecondFactor", SignedIn, a::remove_second_factor)
            .about("Removes the second factor.")
            .takes::<a::PasswordAgain>(password())
            .gives::<AccountReceipt>(200),
        post("/api/v1/accounts/me/recovery-codes", "renewRecoveryCodes", SignedIn, a::renew_codes)
            .about("Makes new recovery codes; the old ones end.")
            .takes::<a::PasswordAgain>(password())
            .gives::<a::RecoveryCodes>(200),
        get("/api/v1/accounts", "listAccounts", Staff, a::list)
            .about("Accounts, the newest first; for administrators.")
            .query("staff", "boolean", "Only staff.")
            .query("status", "string", "`unconfirmed`, `active` or `disabled`.")
            .query("q", "string", "Only those whose address or name has this in it.")
            .paged()
            .gives::<List<AccountView>>(200),
        get("/api/v1/accounts/{id}", "getAccount", Staff, a::get).about("One account; for administrators.").gives::<AccountView>(200),
        put("/api/v1/accounts/{id}/staff-roles", "setStaffRoles", Staff, a::set_staff)
            .about("Sets an account's roles in the space; its sessions end.")
            .takes::<a::StaffRoles>(json!({"roles": ["moderator"]}))
            .gives::<AccountReceipt>(200)
            .needs_if_match(),
        post("/api/v1/accounts/{id}/disable", "disableAccount", Staff, a::disable)
            .about("Shuts an account: its sessions and tokens end.")
            .bare()
            .gives::<AccountReceipt>(200)
            .needs_if_match(),
        post("/api/v1/accounts/{id}/enable", "enableAccount", Staff, a::enable)
            .about("Opens an account again.")
            .bare()
            .gives::<AccountReceipt>(200)
            .needs_if_match(),
        post("/api/v1/accounts/{id}/second-factor/remove", "takeSecondFactor", Staff, a::take_second_factor)
            .about("Takes away the second factor of somebody who lost it: their sessions end, and they are told why by mail.")
            .takes::<a::Reason>(json!({"reason": "Mất điện thoại; đã đối chiếu căn cước tại Sở ngày 28/11/2026"}))
            .gives::<AccountReceipt>(200)
            .needs_if_match(),
        post("/api/v1/accounts/{id}/sessions/end", "endSessionsOf", Staff, a::end_sessions)
            .about("Ends all sessions of an account.")
            .bare()
            .gives::<AccountReceipt>(200),
    ]
}

fn party_routes() -> Vec<Route> {
    use accounts::{MembershipReceipt, MembershipView, PartyProfile, PartyReceipt, PartyView};
    use api::{memberships as m, parties as p};
    let profile = || {
        json!({
            "names": {"vi": "Viện Dừa Hàm Luông", "en": "Ham Luong Coconut Institute"},
            "party_type": "institute",
            "address": {"province": "86", "commune": "28777"}
        })
    };
    vec![
        get("/api/v1/parties", "listParties", Public(EVERYBODY), p::list)
            .about("Parties, the newest first.")
            .query("party_type", "string", "A code of `party_types`.")
            .query("province", "string", "A code of `provinces`.")
            .query("verification", "string", "A code of `verification`.")
            .paged()
            .gives::<List<PartyView>>(200),
        post("/api/v1/parties", "createParty", SignedIn, p::create)
            .about("Registers a party; who registers it becomes its admin.")
            .takes::<PartyProfile>(profile())
            .gives::<PartyReceipt>(201),
        get("/api/v1/parties/{id}", "getParty", Public(EVERYBODY), p::get).about("One party.").gives::<PartyView>(200),
        put("/api/v1/parties/{id}", "editParty", Member, p::edit)
            .about("Rewrites what a party says about itself; for its admins.")
            .takes::<PartyProfile>(profile())
            .gives::<PartyReceipt>(200)
            .needs_if_match(),
        post("/api/v1/parties/{id}/verifications", "verifyParty", Staff, p::verify)
            .about("Notes how a party's identity was checked.")
            .takes::<p::VerificationLevel>(json!({"level": "document"}))
            .gives::<PartyReceipt>(200)
            .needs_if_match(),
        get("/api/v1/parties/{id}/merge", "previewPartyMerge", Staff, p::preview_merge)
            .about("What would move if another party took this one in, and what stands in the way; for administrators.")
            .query("into", "string", "The party that would stay.")
            .gives::<brokering::merging::MergePreview>(200),
        post("/api/v1/parties/{id}/merge", "mergeParty", Staff, p::merge)
            .about(
                "Lets another party take this one in, with its listings, members, interests, deals and all else, at once or not at all; \
                 for administrators. The old id and address lead to the party that stays.",
            )
            .takes::<brokering::merging::Merge>(json!({
                "into": "01994d5e-7e00-7000-8000-000000000000", "reason": "Quyết định 12/QĐ-UBND ngày 20/11/2026 về sáp nhập"
            }))
            .gives::<brokering::merging::Merged>(200)
            .needs_if_match(),
        get("/api/v1/parties/{id}/memberships", "listMembers", Member, m::of_party)
            .about("The members of a party, with open invitations.")
            .gives::<List<MembershipView>>(200),
        post("/api/v1/parties/{id}/memberships", "inviteMember", Member, m::invite)
            .about("Invites somebody by e-mail; the answer does not tell whether the address has an account.")
            .takes::<accounts::membership::Invitation>(json!({"email": "minh@example.org", "roles": ["editor"]}))
            .gives::<MembershipReceipt>(201),
        get("/api/v1/memberships", "listMyMemberships", SignedIn, m::mine)
            .about("One's own memberships and invitations.")
            .gives::<List<MembershipView>>(200),
        get("/api/v1/memberships/{id}", "getMembership", SignedIn, m::get).about("One membership.").gives::<MembershipView>(200),
        post("/api/v1/memberships/{id}/transitions", "moveMembership", SignedIn, m::step)
            .about("Accept or leave, for the person; confirm, suspend, reinstate or remove, for an admin of the party.")
            .takes::<m::MembershipTransition>(json!({"step": "accept"}))
            .gives::<MembershipReceipt>(200),
        put("/api/v1/memberships/{id}/roles", "setMemberRoles", Member, m::set_roles)
            .about("Sets what a member may do.")
            .takes::<m::MemberRoles>(json!({"roles": ["editor", "signatory"]}))
            .gives::<MembershipReceipt>(200)
            .needs_if_match(),
    ]
}

/// The words of one kind's routes.
struct KindWords {
    list: (&'static str, &'static str),
    create: &'static str,
    one: (&'static str, &'static str),
    edit: &'static str,
    remove: &'static str,
    example: fn() -> Value,
}

const TECHNOLOGIES: KindWords = KindWords {
    list: ("/api/v1/technologies", "listTechnologies"),
    create: "createTechnology",
    one: ("/api/v1/technologies/{id}", "getTechnology"),
    edit: "editTechnology",
    remove: "removeTechnology",
    example: || json!({"title": {"vi": "Máy sấy cơm dừa bằng bơm nhiệt"}, "trl": 7, "field": "21101"}),
};
const IP_ASSETS: KindWords = KindWords {
    list: ("/api/v1/ip-assets", "listIpAssets"),
    create: "createIpAsset",
    one: ("/api/v1/ip-assets/{id}", "getIpAsset"),
    edit: "editIpAsset",
    remove: "removeIpAsset",
    example: || {
        json!({"ip_kind": "patent", "title": {"vi": "Thiết bị tách xơ dừa"}, "status": "filed", "territory": ["VN"], "ipc": ["D01B 1/42"],
        "cpc": ["D01B 1/42"]})
    },
};
const NEEDS: KindWords = KindWords {
    list: ("/api/v1/needs", "listNeeds"),
    create: "createNeed",
    one: ("/api/v1/needs/{id}", "getNeed"),
    edit: "editNeed",
    remove: "removeNeed",
    example: || {
        json!({
            "title": {"vi": "Cần máy sấy cơm dừa"},
            "targets": [{"metric": {"vi": "Thời gian sấy"}, "today": 14.0, "target": 6.0, "unit": "h", "direction": "at_most", "priority": "must"}]
        })
    },
};

fn kind_routes<C: api::listings::KindContent>(words: &KindWords) -> Vec<Route> {
    use api::listings::{self as l, NewDraft, NewVersion, View};
    use listings::edit::Receipt;
    vec![
        get(words.list.0, words.list.1, Public(EVERYBODY), l::list::<C>)
            .about("What is published, the newest first; with `party` that party's own whatever its state, for its members.")
            .query("party", "string", "A party's id.")
            .query("status", "string", "A code of `listing_status`; with `party`.")
            .paged()
            .gives::<List<listings::list::ListingRow>>(200),
        post(words.list.0, words.create, Member, l::create::<C>)
            .about("Saves a new draft, at any state of completeness.")
            .takes::<NewDraft<C>>(
                json!({"party": "0197b2c4-0000-7000-8000-000000000001", "source_lang": "vi", "content": (words.example)()}),
            )
            .gives::<Receipt>(201),
        get(words.one.0, words.one.1, Public(EVERYBODY), l::get::<C>)
            .about("One listing: its approved version, or for members and moderators the newest with all about it.")
            .gives::<View>(200),
        put(words.one.0, words.edit, Member, l::edit::<C>)
            .about("Writes a new version. Of a published listing it becomes a pending revision; the public keeps seeing the approved one.")
            .takes::<NewVersion<C>>(json!({"content": (words.example)(), "reason": "thêm số liệu"}))
            .gives::<Receipt>(200)
            .needs_if_match(),
        delete(words.one.0, words.remove, Member, l::remove::<C>)
            .about("Removes what was never published, with all its versions and what is confided of it; what was published is withdrawn.")
            .gives_nothing()
            .needs_if_match(),
    ]
}

fn listing_routes() -> Vec<Route> {
    use api::listings as l;
    use api::reviews as r;
    use listings::care::Care;
    use listings::edit::Receipt;
    use listings::review::{ReviewView, Verdict, Waiting};
    vec![
        get("/api/v1/listings/{id}/versions", "listVersions", Member, l::versions)
            .about("Every version of a listing: who wrote it, when and why.")
            .paged()
            .gives::<List<listings::versions::VersionView>>(200),
        get("/api/v1/listings/{id}/versions/{version}", "getVersion", Member, l::version)
            .about("The content of one version.")
            .gives::<l::VersionContent>(200),
        get("/api/v1/listings/{id}/differences", "compareVersions", Member, l::difference)
            .about("Where two versions differ, by JSON pointer.")
            .query("from", "integer", "The older version.")
            .query("to", "integer", "The newer version.")
            .gives::<List<listings::versions::Difference>>(200),
        post("/api/v1/listings/{id}/transitions", "moveListing", Member, l::transition)
            .about("An owner's step: submit, discard_revision, hold, resume, confirm, withdraw or archive.")
            .takes::<listings::lifecycle::Transition>(json!({"step": "submit"}))
            .gives::<Receipt>(200)
            .needs_if_match(),
        put("/api/v1/listings/{id}/visibility", "setVisibility", Member, l::set_visibility)
            .about("Who may see it once published; for admins of the party.")
            .takes::<l::VisibilityChange>(json!({"visibility": "registered"}))
            .gives::<Receipt>(200)
            .needs_if_match(),
        put("/api/v1/listings/{id}/care", "setCare", Member, l::set_care)
            .about("Who looks after it, and when something must happen next; of a need that is out also for brokers and administrators, who leave its contact person alone.")
            .takes::<Care>(json!({"next_action_on": "2027-01-15"}))
            .gives::<Receipt>(200)
            .needs_if_match(),
        get("/api/v1/listings/{id}/private-terms", "getPrivateTerms", Member, l::private_terms)
            .about("What only members and the staff member responsible may know.")
            .gives::<l::PrivateAnswer>(200),
        put("/api/v1/listings/{id}/private-terms", "setPrivateTerms", Member, l::set_private_terms)
            .about("Writes the private terms; their ETag is their own version, 0 at first.")
            .takes::<listings::private::PrivateTerms>(json!({"budget": {"max_minor": 800_000_000, "currency": "VND"}}))
            .gives::<l::PrivateReceipt>(200)
            .needs_if_match(),
        get("/api/v1/listings/{id}/duplicates", "listDuplicates", Member, l::duplicates)
            .about("Listings of the same or another party that say nearly the same.")
            .gives::<List<listings::duplicates::Duplicate>>(200),
        get("/api/v1/reviews", "listReviewQueue", Staff, r::queue)
            .about("What waits for a moderator, the longest first.")
            .paged()
            .gives::<List<Waiting>>(200),
        get("/api/v1/listings/{id}/reviews", "listReviews", Member, r::history)
            .about("The reviews of a listing with the notes per field.")
            .gives::<List<ReviewView>>(200),
        post("/api/v1/listings/{id}/reviews", "claimReview", Staff, r::claim)
            .about("Takes a submission in hand; a claim older than a day may be taken over.")
            .bare()
            .gives::<ReviewView>(200),
        post("/api/v1/listings/{id}/reviews/decision", "decideReview", Staff, r::decide)
            .about("Publishes, asks for changes, rejects, or gives the submission back to the queue.")
            .takes::<Verdict>(
                json!({"decision": "publish", "scores": {"innovation_or_need": 4, "clarity": 4, "partner_ask": 3, "language": 5}}),
            )
            .gives::<Receipt>(200)
            .needs_if_match(),
    ]
}

fn import_routes() -> Vec<Route> {
    use api::imports as i;
    use listings::import::{FaultView, ImportView};
    vec![
        get("/api/v1/imports", "listImports", SignedIn, i::list)
            .about("One's imports, the newest first; for staff all of them.")
            .paged()
            .gives::<List<ImportView>>(200),
        post("/api/v1/imports", "startImport", Member, i::start)
            .about("Takes a file (multipart: `file`, `party`, optional `mapping`, `dry_run`, `skip_faulty`, `publish`) and imports it in the background.")
            .limit(BodyLimit::Upload)
            .filled(json!({"file": "@cong-nghe.csv", "party": "0197b2c4-0000-7000-8000-000000000001", "mapping": "kind = \"technology\"", "dry_run": "true"}))
            .gives::<ImportView>(202),
        get("/api/v1/imports/{id}", "getImport", SignedIn, i::get).about("How far an import has come.").gives::<ImportView>(200),
        get("/api/v1/imports/{id}/faults", "listImportFaults", SignedIn, i::faults)
            .about("What is wrong in the file, by row and column.")
            .paged()
            .gives::<List<FaultView>>(200),
        post("/api/v1/imports/{id}/undo", "undoImport", Member, i::undo)
            .about("Takes a whole import back; what people touched since stays.")
            .bare()
            .gives::<ImportView>(200),
    ]
}
