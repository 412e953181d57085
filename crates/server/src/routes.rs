//! The one table of routes.

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
    table.extend(kind_routes::<Technology>(&TECHNOLOGIES));
    table.extend(kind_routes::<IpAsset>(&IP_ASSETS));
    table.extend(kind_routes::<Need>(&NEEDS));
    table.extend(listing_routes());
    table.extend(interest_routes());
    table.extend(confidential_routes());
    table.extend(import_routes());
    table.extend(finding_routes());
    table.extend(notice_routes());
    table.extend(deal_routes());
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
    example: fn() -> Value,
}

const TECHNOLOGIES: KindWords = KindWords {
    list: ("/api/v1/technologies", "listTechnologies"),
    create: "createTechnology",
    one: ("/api/v1/technologies/{id}", "getTechnology"),
    edit: "editTechnology",
    example: || json!({"title": {"vi": "Máy sấy cơm dừa bằng bơm nhiệt"}, "trl": 7, "field": "21101"}),
};
const IP_ASSETS: KindWords = KindWords {
    list: ("/api/v1/ip-assets", "listIpAssets"),
    create: "createIpAsset",
    one: ("/api/v1/ip-assets/{id}", "getIpAsset"),
    edit: "editIpAsset",
    example: || json!({"ip_kind": "patent", "title": {"vi": "Thiết bị tách xơ dừa"}, "status": "filed", "territory": ["VN"]}),
};
const NEEDS: KindWords = KindWords {
    list: ("/api/v1/needs", "listNeeds"),
    create: "createNeed",
    one: ("/api/v1/needs/{id}", "getNeed"),
    edit: "editNeed",
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
    ]
}

fn listing_routes() -> Vec<Route> {
    use api::listings as l;
    use api::reviews as r;
    use listings::edit::{Care, Receipt};
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
            .about("Who looks after it, and when something must happen next.")
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

/// The routes of interests of one kind of listing, and of what became of it.
fn interest_kind_routes<C: api::listings::KindContent>(
    send: (&'static str, &'static str),
    history: (&'static str, &'static str),
) -> [Route; 2] {
    use api::interests as i;
    use brokering::history::History;
    use brokering::interests::{InterestReceipt, NewInterest};
    let example = json!({
        "party": "0197b2c4-0000-7000-8000-000000000001",
        "message": "Chúng tôi muốn lắp máy tại xưởng ở Giồng Trôm trước vụ tới.",
        "intended_use": "Sấy cơm dừa nạo xuất khẩu",
        "cooperation": "licence",
        "volume": "2 tấn mỗi ngày",
        "budget_band": "500-1000",
        "wants_nda": true,
        "anonymity": "sector_and_region"
    });
    [
        post(send.0, send.1, Member, i::create::<C>)
            .about("Shows interest in a listing, for a party one writes for; a broker may take it down for a party that called.")
            .takes::<NewInterest>(example)
            .gives::<InterestReceipt>(201),
        get(history.0, history.1, Public(EVERYBODY), i::history::<C>)
            .about("What became of a listing, counted; outsiders get no figure that stands for fewer than three parties.")
            .gives::<History>(200),
    ]
}

fn interest_routes() -> Vec<Route> {
    use api::interests::{self as i, Refusal, Reply, Said};
    use brokering::interests::{InterestReceipt, InterestView, ReplyTime};
    let of_kinds = [
        interest_kind_routes::<Technology>(
            ("/api/v1/technologies/{id}/interests", "showInterestInTechnology"),
            ("/api/v1/technologies/{id}/history", "getTechnologyHistory"),
        ),
        interest_kind_routes::<IpAsset>(
            ("/api/v1/ip-assets/{id}/interests", "showInterestInIpAsset"),
            ("/api/v1/ip-assets/{id}/history", "getIpAssetHistory"),
        ),
        interest_kind_routes::<Need>(
            ("/api/v1/needs/{id}/interests", "showInterestInNeed"),
            ("/api/v1/needs/{id}/history", "getNeedHistory"),
        ),
    ];
    let moves = vec![
        get("/api/v1/interests", "listInterests", SignedIn, i::list)
            .about("Interests one's parties sent or received, what waits for one's answer, or for brokers and administrators all of them.")
            .query("role", "string", "`received` unless given, `sent`, `waiting` or `desk`.")
            .query("status", "string", "`all`, `open`, `overdue` or a code of `interest_status`; of the desk the open ones unless given.")
            .query("party", "string", "Of this party of one's own alone.")
            .paged()
            .gives::<List<InterestView>>(200),
        get("/api/v1/interests/{id}", "getInterest", SignedIn, i::get)
            .about("One interest, as one's side may see it. An editor of the owner's who opens it has read it.")
            .gives::<InterestView>(200),
        post("/api/v1/interests/{id}/accept", "acceptInterest", Member, i::accept)
            .about("The owner wants to go on.")
            .takes::<Reply>(json!({"text": "Mời anh chị đến xem máy chạy thử vào tuần sau."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/decline", "declineInterest", Member, i::decline)
            .about("The owner does not want to go on, for a reason.")
            .takes::<Refusal>(json!({"reason": "capacity", "text": "Từ tháng 3 chúng tôi nhận thêm được."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/request-information", "requestInformation", Member, i::request_information)
            .about("The owner asks something; the seeker has as many days to answer.")
            .takes::<Said>(json!({"text": "Xưởng dùng điện ba pha hay một pha?"}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/answer", "giveInformation", Member, i::answer)
            .about("The seeker answers what was asked.")
            .takes::<Said>(json!({"text": "Điện ba pha, 30 kW."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/withdraw", "withdrawInterest", Member, i::withdraw)
            .about("The seeker takes it back.")
            .bare()
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/reveal", "revealSeeker", Member, i::reveal)
            .about("The seeker lets the owner know who it is; there is no way back.")
            .bare()
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/relay", "relayInterest", Member, i::relay)
            .about("A broker vouches for it and adds context that the owner reads.")
            .takes::<Said>(json!({"text": "Đã đến xưởng: máy cũ chạy 2 ca, chủ xưởng muốn đổi trong năm nay."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        get("/api/v1/parties/{id}/reply-time", "getReplyTime", Public(EVERYBODY), i::reply_time)
            .about("How long a party takes to reply to interests: the median, once there are three replies.")
            .gives::<ReplyTime>(200),
    ];
    of_kinds.into_iter().flatten().chain(moves).collect()
}

fn confidential_routes() -> Vec<Route> {
    use api::confidential as c;
    use api::disclosures as d;
    use brokering::confidential::disclosures::{Acceptance, DisclosureDetail, DisclosureReceipt, DisclosureView, NewDisclosure};
    use brokering::confidential::files::{FileReceipt, FileView};
    use brokering::confidential::ledger::LookView;
    use brokering::confidential::openings::{Emergency, Opened};
    use brokering::confidential::text::{ConfidentialText, OwnText};
    vec![
        get("/api/v1/listings/{id}/confidential", "getConfidential", Member, c::get)
            .about("What a party confides of a listing, for those who write or sign for the party; for people, not for tokens.")
            .gives::<OwnText>(200),
        put("/api/v1/listings/{id}/confidential", "setConfidential", Member, c::set)
            .about("Writes it; its ETag is its own version, 0 at first.")
            .limit(BodyLimit::Json(512 * 1024))
            .takes::<ConfidentialText>(json!({"know_how": "Tỷ lệ enzym 0,4 % ở pH 5,2", "process_parameters": "55 °C trong 40 phút"}))
            .gives::<c::TextReceipt>(200)
            .needs_if_match(),
        get("/api/v1/listings/{id}/files", "listConfidentialFiles", Member, c::files)
            .about("The confidential files of a listing.")
            .gives::<List<FileView>>(200),
        post("/api/v1/listings/{id}/files", "addConfidentialFile", Member, c::add_file)
            .about("Takes a confidential file (multipart: `file`). What it is, is told by its contents and must be what its name says.")
            .limit(BodyLimit::File)
            .gives::<FileReceipt>(201),
        delete("/api/v1/listings/{id}/files/{file}", "removeConfidentialFile", Member, c::remove_file)
            .about("Removes a confidential file.")
            .gives_nothing(),
        get("/api/v1/listings/{id}/disclosures", "listListingDisclosures", Member, c::disclosures)
            .about("To whom the confidential part of a listing was opened, the newest first.")
            .paged()
            .gives::<List<DisclosureView>>(200),
        post("/api/v1/listings/{id}/disclosures", "createDisclosure", Member, c::disclose)
            .about("Opens the confidential part to a named person, a confirmed member of the given party; for admins and signatories.")
            .takes::<NewDisclosure>(json!({
                "party": "0197b2c4-0000-7000-8000-000000000001", "email": "minh@example.org",
                "purpose": "Thẩm định công nghệ trước khi đàm phán", "expires_on": "2027-01-31"
            }))
            .gives::<DisclosureReceipt>(201),
        get("/api/v1/listings/{id}/disclosure-views", "listListingViews", Member, c::looks)
            .about("The ledger of a listing: who opened what, when and from where, the newest first.")
            .paged()
            .gives::<List<LookView>>(200),
        post("/api/v1/listings/{id}/break-glass", "breakGlass", Staff, c::break_glass)
            .about("Opens what is confided to an administrator in an emergency: noted with the reason in the owner's ledger, and told to the owner's admins.")
            .takes::<Emergency>(json!({"reason": "Yêu cầu của Tòa án nhân dân tỉnh, công văn số 12/2026."}))
            .gives::<Opened>(200),
        post("/api/v1/listings/{id}/files/{file}/break-glass", "breakGlassFile", Staff, c::break_glass_file)
            .about("Opens a confidential file in the same way.")
            .takes::<Emergency>(json!({"reason": "Yêu cầu của Tòa án nhân dân tỉnh, công văn số 12/2026."}))
            .gives_file(),
        get("/api/v1/disclosures", "listMyDisclosures", SignedIn, d::mine)
            .about("What was opened to oneself, the newest first.")
            .paged()
            .gives::<List<DisclosureView>>(200),
        get("/api/v1/disclosures/{id}", "getDisclosure", SignedIn, d::get)
            .about("One disclosure with the text of its confidentiality agreement, for both sides.")
            .gives::<DisclosureDetail>(200),
        post("/api/v1/disclosures/{id}/accept-nda", "acceptNda", SignedIn, d::accept)
            .about("Accepts the confidentiality agreement: by the named person, with the hash of the text that was read.")
            .takes::<Acceptance>(json!({"nda_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))
            .gives::<DisclosureReceipt>(200),
        get("/api/v1/disclosures/{id}/content", "openDisclosure", SignedIn, d::contents)
            .about("Opens what was confided; the look is entered in the owner's ledger.")
            .gives::<Opened>(200),
        get("/api/v1/disclosures/{id}/files/{file}", "openConfidentialFile", SignedIn, d::file)
            .about("Opens a file; the look is entered in the owner's ledger, a PDF is marked with the reader's name and the time.")
            .gives_file(),
        post("/api/v1/disclosures/{id}/revoke", "revokeDisclosure", Member, d::revoke)
            .about("Closes it from the next request on; for admins and signatories of the owner.")
            .bare()
            .gives::<DisclosureReceipt>(200),
        get("/api/v1/disclosures/{id}/views", "listDisclosureViews", Member, d::looks)
            .about("The ledger of one disclosure, the newest first; for the owner.")
            .paged()
            .gives::<List<LookView>>(200),
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

/// The parameters of a search.
fn narrowed(route: Route) -> Route {
    let route = route
        .query("q", "string", "Words; \"phrases\", -not, OR, prefix*, field:value. Marks are optional.")
        .query("sort", "string", "`relevance`, `newest`, `trl` or `closing_soon`.")
        .query("trl_min", "integer", "Least readiness level.")
        .query("trl_max", "integer", "Greatest readiness level.")
        .query("published_from", "string", "First published on this day or later, such as `2026-01-31`.")
        .query("published_to", "string", "First published on this day or before.")
        .query("closes_from", "string", "Closes on this day or later: the end or the deadline, whichever is sooner.")
        .query("closes_to", "string", "Closes on this day or before.")
        .query("party", "string", "Only of this party.");
    ::search::Facet::ALL.into_iter().fold(route, |route, facet| route.query_many(facet.as_str(), "Narrow to one or more values."))
}

fn finding_routes() -> Vec<Route> {
    use api::matches as m;
    use api::{events, search, search_export, vocabularies};
    let find = get("/api/v1/search", "search", Public(EVERYBODY), search::find)
        .about("Finds technologies, IP assets, needs and parties, with facets.")
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
            .about("What is like a listing, the most alike first.")
            .query("limit", "integer", "At most so many, up to 20.")
            .gives::<search::SimilarBody>(200),
        get("/api/v1/suggest", "suggest", Public(EVERYBODY), search::suggest)
            .about("Completes what was typed so far; marks are optional, a typo is forgiven.")
            .query("q", "string", "What was typed.")
            .query("limit", "integer", "At most so many.")
            .gives::<search::SuggestionsBody>(200),
        get("/api/v1/needs/{id}/matches", "matchNeed", Public(EVERYBODY), m::of_need)
            .about("Technologies and IP assets that answer a need, each with its reasons.")
            .query("kind", "string", "`technology` or `ip_asset`; both unless given.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded, and by which constraint, instead.")
            .paged()
            .gives::<matching::MatchPage>(200),
        get("/api/v1/technologies/{id}/matches", "matchTechnology", Public(EVERYBODY), m::of_technology)
            .about("Needs that a technology answers, or with `kind=technology` similar ones, each with its reasons.")
            .query("kind", "string", "`need` unless given, or `technology`.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded, and by which constraint, instead.")
            .paged()
            .gives::<matching::MatchPage>(200),
        get("/api/v1/ip-assets/{id}/matches", "matchIpAsset", Public(EVERYBODY), m::of_ip_asset)
            .about("Needs that an IP asset answers, each with its reasons.")
            .query("kind", "string", "`need` unless given.")
            .query("explain", "boolean", "Tell how each part of the score came out.")
            .query("excluded", "boolean", "Tell what was excluded, and by which constraint, instead.")
            .paged()
            .gives::<matching::MatchPage>(200),
        get("/api/v1/parties/{id}/matches", "listPartyMatches", Member, m::of_party)
            .about("The best standing matches of all listings of a party, both ways; for its members and for brokers.")
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
            .about("Needs without a good match, or with `side=demand` technologies that no need asks for, with counts by field; for brokers, analysts and administrators. With `format=csv` a table for spreadsheets, whose header `x-next-cursor` leads on.")
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
            .query("which", "string", "`all` unless given, `mine`, `free` or `due`.")
            .paged()
            .gives::<List<listings::need_desk::DeskNeed>>(200),
        get("/api/v1/numbers", "getNumbers", Staff, api::numbers::get)
            .about("How many listings stand where, what waits for review, and how long publishing takes.")
            .gives::<listings::numbers::Numbers>(200),
        get("/api/v1/events", "listEvents", Staff, events::list)
            .about("The audit trail, the newest first.")
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

fn notice_routes() -> Vec<Route> {
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

fn deal_routes() -> Vec<Route> {
    use api::deals as d;
    use brokering::deals::{
        Added, BrokerShares, Column, Contract, DealParties, DealReceipt, DealRow, DealView, Handover, HandoverReceipt, MessageReceipt,
        MessageView, NewDeal, NewMeeting, NewMessage, NewMilestone, NewOffer, NewPaper, NewPayment, NewReport, NewTask, OfferView, Outcome,
        PaperReceipt, Statement, Transition,
    };
    use brokering::legal::LegalFacts;
    let vnd = |minor: i64| json!({"minor": minor, "currency": "VND"});
    vec![
        get("/api/v1/pipelines", "listPipelines", Public(EVERYBODY), d::pipelines)
            .about("The ways of deals: of each kind the stages, who may move on from each, and what each demands.")
            .gives::<List<brokering::pipelines::Pipeline>>(200),
        get("/api/v1/deals", "listDeals", SignedIn, d::list)
            .about("The deals of one's parties and those one brokers, or for administrators all; what is due soonest first.")
            .query("ended", "boolean", "Those that ended instead of those that go on.")
            .query("overdue", "boolean", "Only those whose day is over.")
            .query("stage", "string", "Only in this stage.")
            .query("party", "string", "Only of this party.")
            .query("broker", "string", "Only brokered by this account.")
            .query("listing", "string", "Only about this listing.")
            .paged()
            .gives::<List<DealRow>>(200),
        post("/api/v1/deals", "openDeal", Member, d::open)
            .about("Opens a deal about a published listing; for brokers, who then broker it, and editors of the listing's party.")
            .takes::<NewDeal>(json!({
                "kind": "licence", "listing": "0197b2c4-0000-7000-8000-000000000003", "seeker": "0197b2c4-0000-7000-8000-000000000002"
            }))
            .gives::<DealReceipt>(201),
        get("/api/v1/deal-board", "getDealBoard", Staff, d::board)
            .about("The open deals by stage, in each what is overdue first: a broker's own, or for administrators all.")
            .query("broker", "string", "Only brokered by this account; for administrators.")
            .gives::<List<Column>>(200),
        get("/api/v1/deals/{id}", "getDeal", SignedIn, d::get)
            .about("One deal: all of it for those in it; for administrators that it is there and where it stands.")
            .gives::<DealView>(200),
        post("/api/v1/deals/{id}/transitions", "moveDeal", Member, d::transition)
            .about("Moves a deal to another stage. 409 names the stages there are; 422 lists what the stage needs and does not find.")
            .takes::<Transition>(json!({"to": "lost", "reason": "price"}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/parties", "setDealParties", Member, d::set_parties)
            .about("Sets who is in a deal, the owner among them; for its brokers and the owner's editors.")
            .takes::<DealParties>(json!({"parties": [
                {"party": "0197b2c4-0000-7000-8000-000000000001", "role": "owner"},
                {"party": "0197b2c4-0000-7000-8000-000000000002", "role": "seeker"}
            ]}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/brokers", "setDealBrokers", Member, d::set_brokers)
            .about("Sets who brokers a deal; their shares make 100 %. For its brokers and administrators.")
            .takes::<BrokerShares>(json!({"brokers": [{"account": "0197b2c4-0000-7000-8000-000000000009", "share_bp": 10_000}]}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/brokers/statement", "stateInterests", Member, d::state_interests)
            .about("A broker states their own interests; needed before negotiation.")
            .takes::<Statement>(json!({"statement": "Tôi không có lợi ích riêng với bên nào trong thương vụ này."}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/legal-facts", "setLegalFacts", Member, d::set_legal_facts)
            .about("Answers what the law asks about a deal; the deal then shows its legal path.")
            .takes::<LegalFacts>(json!({"direction": "domestic", "state_capital": true, "list": "none", "right": "right_to_use"}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/contract", "recordContract", Member, d::record_contract)
            .about("Records the contract as it is known now.")
            .takes::<Contract>(json!({
                "number": "12/2026/HĐCGCN", "value": vnd(800_000_000), "signed_on": "2026-11-20", "term_months": 60,
                "contents": ["name", "object", "right", "price"]
            }))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/outcome", "recordOutcome", Member, d::outcome)
            .about("Records what came of a deal.")
            .takes::<Outcome>(json!({"jobs": 12, "revenue": vnd(2_400_000_000), "area_m2": 5_000, "savings": vnd(300_000_000)}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        get("/api/v1/deals/{id}/messages", "listDealMessages", Member, d::thread)
            .about("The thread of a deal, the newest first.")
            .paged()
            .gives::<List<MessageView>>(200),
        post("/api/v1/deals/{id}/messages", "sendDealMessage", Member, d::send)
            .about("Writes to everybody in a deal.")
            .takes::<NewMessage>(json!({"text": "Bên chúng tôi có thể đến xem máy vào thứ Năm."}))
            .gives::<MessageReceipt>(201),
        get("/api/v1/deals/{id}/offers", "listOffers", Member, d::offers)
            .about("Every offer of a deal, the newest first.")
            .gives::<List<OfferView>>(200),
        post("/api/v1/deals/{id}/offers", "makeOffer", Member, d::offer)
            .about("Makes an offer, which takes the place of the open one; a broker says for which side.")
            .takes::<NewOffer>(json!({"terms": {
                "right": "right_to_use", "exclusivity": "non_exclusive", "sublicence": false, "territory": ["VN"], "term_months": 60,
                "payment": ["mixed"], "lump_sum": vnd(300_000_000), "royalty": {"rate_bp": 300, "base": "net_revenue"}
            }}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/offers/{offer}/accept", "acceptOffer", Member, d::accept_offer)
            .about("The other side accepts an open offer as it stands.")
            .bare()
            .gives::<DealReceipt>(200),
        post("/api/v1/deals/{id}/offers/{offer}/withdraw", "withdrawOffer", Member, d::withdraw_offer)
            .about("Its side takes an open offer back.")
            .bare()
            .gives::<DealReceipt>(200),
        post("/api/v1/deals/{id}/tasks", "setDealTask", Member, d::task)
            .about("Sets a task in a deal.")
            .takes::<NewTask>(json!({"title": "Gửi bản vẽ", "whose": "owner", "due_on": "2026-12-10"}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/tasks/{task}/done", "finishDealTask", Member, d::task_done)
            .about("Notes that a task is done.")
            .bare()
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/meetings", "noteMeeting", Member, d::meeting)
            .about("Notes a meeting.")
            .takes::<NewMeeting>(json!({"held_on": "2026-11-20", "place": "Xưởng của bên nhận", "minutes": "Đã xem mẻ thử."}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/papers", "notePaper", Member, d::paper)
            .about("Notes that a paper is there; a later note of the same kind takes its place.")
            .takes::<NewPaper>(json!({"kind": "nda", "dated_on": "2026-11-20", "reference": "NDA 07/2026"}))
            .gives::<PaperReceipt>(201),
        post("/api/v1/deals/{id}/milestones", "setMilestone", Member, d::milestone)
            .about("Sets a milestone in a deal.")
            .takes::<NewMilestone>(json!({"title": "Lắp đặt xong", "due_on": "2027-03-31"}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/milestones/{milestone}/reached", "reachMilestone", Member, d::reached)
            .about("Notes that a milestone was reached.")
            .takes::<d::OnDay>(json!({"on": "2026-11-20"}))
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/payments", "notePayment", Member, d::payment)
            .about("Notes a payment, due or made.")
            .takes::<NewPayment>(json!({"kind": "lump_sum", "amount": vnd(300_000_000), "due_on": "2026-12-31"}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/payments/{payment}/paid", "payPayment", Member, d::paid)
            .about("Notes that a payment was made.")
            .takes::<d::OnDay>(json!({"on": "2026-11-20"}))
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/reports", "fileReport", Member, d::report)
            .about("Files the sales and the royalty of half a year, once.")
            .takes::<NewReport>(json!({"year": 2026, "half": 1, "sales": vnd(900_000_000), "royalty": vnd(27_000_000)}))
            .gives::<DealReceipt>(201),
        post("/api/v1/staff/handover", "handOverDeals", Staff, d::hand_over)
            .about("Hands all open deals of a broker to another; for administrators, and for brokers their own.")
            .takes::<Handover>(json!({"from": "0197b2c4-0000-7000-8000-000000000009", "to": "0197b2c4-0000-7000-8000-00000000000a"}))
            .gives::<HandoverReceipt>(200),
    ]
}
