//! Who may do what, from the outside: every operation of the route table, asked by everybody, against `access.toml`.
//!
//! The table is reviewed by people; the route table says what must be in it. An operation without a row, a row without
//! an operation, and a request that nobody wrote here all fail.

mod deals;
mod stories;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{Choice, NoticeKind, Way};
use base::{AccountId, Actor, Capacity, Lang, PartyId, PartyRole, Scope, StaffRole};
use chrono::TimeDelta;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use server::route::{Permission, Route};
use store::Ctx;
use store::testing::TestStore;

use crate::main_job::{need, publish, technology};
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// Nobody known.
    Anonymous,
    /// An admin of another party.
    Outsider,
    /// Members of the party concerned.
    Viewer,
    Editor,
    Admin,
    /// Staff without a party.
    Moderator,
    Broker,
    Administrator,
    /// A program of the editor whose token may only read.
    ReadToken,
}

const EVERYBODY: [(Who, &str); 9] = [
    (Who::Anonymous, "anonymous"),
    (Who::Outsider, "outsider"),
    (Who::Viewer, "viewer"),
    (Who::Editor, "editor"),
    (Who::Admin, "admin"),
    (Who::Moderator, "moderator"),
    (Who::Broker, "broker"),
    (Who::Administrator, "administrator"),
    (Who::ReadToken, "read_token"),
];

/// Operation, case, principal: status.
type Table = BTreeMap<String, BTreeMap<String, BTreeMap<String, u16>>>;

fn table() -> Table {
    toml::from_str(include_str!("../access.toml")).unwrap()
}

fn operations() -> Vec<Route> {
    server::routes::all().into_iter().filter(Route::is_api).collect()
}

/// What each operation is tried on. One that is missing here has no cases, and so fails.
fn cases(operation: &str) -> &'static [&'static str] {
    const STATES: &[&str] = &["draft", "submitted", "published"];
    match operation {
        "signIn" | "getSession" | "signOut" | "giveSecondFactor" | "listSessions" | "endOtherSessions" | "listTokens" | "createToken" => {
            &["own"]
        }
        "endSession" | "revokeToken" => &["own", "other"],
        "signUp" | "confirmAccount" | "resendConfirmation" | "requestPasswordReset" | "resetPassword" => &["door"],
        "getMe"
        | "editMe"
        | "changePassword"
        | "beginSecondFactor"
        | "confirmSecondFactor"
        | "removeSecondFactor"
        | "renewRecoveryCodes" => &["own"],
        "getAccount" => &["own", "other"],
        "listAccounts" | "setStaffRoles" | "disableAccount" | "enableAccount" | "takeSecondFactor" | "endSessionsOf" => &["other"],
        "listParties" | "createParty" | "getParty" | "editParty" | "verifyParty" | "listMembers" | "inviteMember" => &["party"],
        "listMyMemberships" => &["own"],
        "listExperts" => &["public"],
        "getMyExpert" | "saveMyExpert" | "publishMyExpert" | "withdrawMyExpert" => &["own"],
        "getExpert" => &["draft", "published", "withdrawn"],
        "getMembership" | "setMemberRoles" => &["colleague"],
        "moveMembership" => &["accept_own", "accept_other", "suspend_other"],
        "listTechnologies" | "listIpAssets" | "listNeeds" => &["public", "party"],
        "createTechnology" | "createIpAsset" | "createNeed" => &["party"],
        "getTechnology" | "getIpAsset" | "getNeed" => &["draft", "submitted", "published", "registered", "withdrawn"],
        "editTechnology" | "editIpAsset" | "editNeed" | "removeTechnology" | "removeIpAsset" | "removeNeed" => STATES,
        "listVersions" | "getVersion" | "compareVersions" | "setVisibility" | "listDuplicates" | "listReviews" => STATES,
        "setCare" | "getPrivateTerms" | "setPrivateTerms" => &["draft", "submitted", "published", "published_need"],
        "moveListing" => &["draft", "published"],
        "getConfidential"
        | "setConfidential"
        | "listConfidentialFiles"
        | "addConfidentialFile"
        | "removeConfidentialFile"
        | "listListingDisclosures"
        | "createDisclosure"
        | "listListingViews"
        | "breakGlass"
        | "breakGlassFile" => &["published"],
        "listMyDisclosures" => &["own"],
        "getDisclosure" | "acceptNda" | "openDisclosure" | "openConfidentialFile" | "revokeDisclosure" | "listDisclosureViews" => {
            &["to_other", "to_outsider"]
        }
        "listReviewQueue" => &["queue"],
        "claimReview" => STATES,
        "decideReview" => &["draft", "submitted"],
        "listImports" | "getNumbers" | "listNeedDesk" | "lookUpParties" | "recordNeed" => &["own"],
        "previewPartyMerge" | "mergeParty" => &["party"],
        "startImport" => &["draft", "publish"],
        "getImport" | "listImportFaults" | "undoImport" => &["party"],
        "search" | "suggest" | "listVocabularies" | "getVocabulary" => &["public"],
        "exportSearch" => &["public"],
        "listSimilar" => &["draft", "published", "registered"],
        "matchNeed" | "matchTechnology" | "matchTechnologyComplements" | "matchIpAsset" => &["draft", "published"],
        "matchNeedExperts" | "matchNeedParties" | "matchTechnologyParties" | "matchIpAssetParties" => &["draft", "published"],
        "listPartyMatches" => &["party"],
        "giveMatchFeedback" | "takeMatchFeedback" => &["own_need", "own_offer", "registered"],
        "listGaps" => &["own"],
        "listEvents" | "verifyEvents" => &["trail"],
        "listSavedSearches" | "createSavedSearch" | "listAlerts" | "listNotices" | "readNotices" | "listNoticeChoices"
        | "setNoticeChoices" => &["own"],
        "getSavedSearch" | "editSavedSearch" | "deleteSavedSearch" | "readNotice" => &["own", "other"],
        "showInterestInTechnology" | "showInterestInIpAsset" | "showInterestInNeed" => &["draft", "published"],
        "getTechnologyHistory" | "getIpAssetHistory" | "getNeedHistory" => &["draft", "published", "registered"],
        "listInterests" => &["received", "desk"],
        "getInterest" | "acceptInterest" | "declineInterest" | "requestInformation" | "giveInformation" | "withdrawInterest"
        | "revealSeeker" | "relayInterest" => &["from_outsider", "from_third"],
        "getReplyTime" => &["party"],
        other if !deals::cases(other).is_empty() => deals::cases(other),
        other => stories::cases(other),
    }
}

/// A valid request.
struct Ask {
    client: Client,
    /// What stands for `{…}` in the path.
    parts: Vec<String>,
    query: String,
    body: Option<Value>,
    seen: Option<i64>,
    form: Option<String>,
}

impl Ask {
    fn by(client: &Client) -> Self {
        Self { client: client.clone(), parts: Vec::new(), query: String::new(), body: None, seen: None, form: None }
    }

    fn at(mut self, part: impl ToString) -> Self {
        self.parts.push(part.to_string());
        self
    }

    fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn seen(mut self, version: i64) -> Self {
        self.seen = Some(version);
        self
    }

    async fn send(&self, route: &Route) -> Answer {
        let mut path = route.path.to_owned();
        for part in &self.parts {
            let (from, to) = (path.find('{').unwrap(), path.find('}').unwrap());
            path.replace_range(from..=to, part);
        }
        assert!(!path.contains('{'), "{}: {path}", route.id);
        assert_eq!(self.seen.is_some(), route.if_match, "{}: If-Match", route.id);
        path.push_str(&self.query);
        let client = match self.seen {
            Some(seen) => self.client.clone().with("if-match", &format!("\"{seen}\"")),
            None => self.client.clone(),
        };
        match &self.form {
            Some(form) => {
                client.send_raw(route.method.clone(), &path, "multipart/form-data; boundary=xxx", form.clone().into_bytes()).await
            }
            None => client.send(route.method.clone(), &path, self.body.clone()).await,
        }
    }
}

fn expert() -> Value {
    json!({"name": "Lê Thị Mơ", "expertise": [{"what": {"vi": "Sấy dừa"}, "evidence": {"vi": "Mười máy"}, "field": "21101"}]})
}

fn form(party: PartyId, publish: bool) -> String {
    let line = json!({"kind": "technology", "source_lang": "vi", "content": technology("Máy tách vỏ dừa")});
    let field = |name: &str, value: &str| format!("--xxx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = format!("--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{line}\n\r\n");
    let (party, publish) = (field("party", &party.to_string()), field("publish", &publish.to_string()));
    format!("{file}{party}{publish}--xxx--\r\n")
}

/// An IP asset with all that a submission needs.
pub fn ip_asset(title: &str) -> Value {
    json!({
        "ip_kind": "patent", "title": {"vi": title}, "status": "granted", "status_as_of": "2026-06-01",
        "status_source": "IP VIETNAM", "territory": ["VN"],
        "holders": [{"name": "Viện Dừa", "share_bp": 10000}], "creators": ["Nguyễn Thị Lan"],
        "application": {"number": "1-2021-01234", "date": "2021-03-01"},
        "grant": {"number": "1-0034567", "date": "2024-03-01"},
    })
}

/// A kind of listing by its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Technology,
    IpAsset,
    Need,
}

impl Kind {
    fn of(operation: &str) -> Self {
        match operation {
            o if o.contains("IpAsset") => Self::IpAsset,
            o if o.contains("Need") => Self::Need,
            _ => Self::Technology,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Technology => "/api/v1/technologies",
            Self::IpAsset => "/api/v1/ip-assets",
            Self::Need => "/api/v1/needs",
        }
    }

    fn content(self) -> Value {
        match self {
            Self::Technology => technology("Máy sấy cơm dừa bơm nhiệt"),
            Self::IpAsset => ip_asset("Thiết bị tách xơ dừa"),
            Self::Need => need(),
        }
    }
}

/// A person who plays a part for once, so that what they lose nobody misses.
struct Once {
    client: Client,
    /// The same person in a session, whatever the client is.
    session: Client,
    email: String,
    account: Option<AccountId>,
}

/// A space with a party and everybody who has to do with it.
struct World<'a> {
    site: &'a Site,
    party: PartyId,
    other_party: PartyId,
    /// A second party of the same members and of nobody else, so that few are told of its interests.
    small: PartyId,
    /// Admin of a third party who sets things up; no principal.
    third: (Client, PartyId),
    /// Admin of the party who sets things up; no principal.
    owner: Client,
    /// A broker who leads deals; no principal.
    leader: Client,
    /// Somebody whose parties have nothing to do with the others.
    foreigner: Client,
    /// A moderator and an administrator who set things up; no principals.
    reviewer: Client,
    manager: Client,
    clients: BTreeMap<Who, Client>,
    accounts: BTreeMap<Who, AccountId>,
    import: String,
    people: Cell<u32>,
    /// Somebody who takes part in deals with the party, and their party; no principal.
    seeker: Client,
    seeker_party: PartyId,
    /// A technology of the party that is out.
    technology: String,
}

impl<'a> World<'a> {
    async fn new(site: &'a Site) -> Self {
        let (owner, reviewer) = (site.person("owner").await, site.staff("reviewer", &[StaffRole::Moderator]).await);
        let manager = site.staff("manager", &[StaffRole::Administrator]).await;
        let stranger = site.person("stranger").await;
        let seeker = site.person("taker").await;
        let foreigner = site.person("foreigner").await;
        let party = site.party(&owner, "Viện Dừa", "institute").await;
        let other_party = site.party(&stranger, "Công ty Dừa", "enterprise").await;
        let guest = site.person("guest").await;
        let third = site.party(&guest, "Hợp tác xã Dừa", "cooperative").await;
        let mut world = Self {
            site,
            party,
            other_party,
            small: party,
            third: (guest, third),
            owner,
            foreigner,
            leader: site.staff("leader", &[StaffRole::Broker]).await,
            reviewer,
            manager,
            clients: BTreeMap::new(),
            accounts: BTreeMap::new(),
            import: String::new(),
            people: Cell::new(0),
            seeker_party: site.party(&seeker, "Công ty Cơm dừa", "enterprise").await,
            seeker,
            technology: String::new(),
        };
        for (who, _) in EVERYBODY {
            let person = world.once(who).await;
            world.accounts.extend(person.account.map(|id| (who, id)));
            world.clients.insert(who, person.client);
        }
        world.import = world.import().await;
        world.small = world.small_party().await;
        world.technology = world.listing_of(world.small, Kind::Technology, "published").await.0;
        world
    }

    /// A party of the members among the principals, none of whom want letters about it.
    async fn small_party(&self) -> PartyId {
        let party = self.site.party(&self.owner, "Trạm Dừa", "institute").await;
        let roles = [
            (Who::Viewer, PartyRole::Viewer),
            (Who::Editor, PartyRole::Editor),
            (Who::Admin, PartyRole::Admin),
            (Who::ReadToken, PartyRole::Editor),
        ];
        for (who, role) in roles {
            self.site.member(party, self.accounts[&who], role).await;
        }
        let own = async |client: &Client| client.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().parse().unwrap();
        let (owner, guest): (AccountId, AccountId) = (own(&self.owner).await, own(&self.third.0).await);
        for account in self.accounts.values().copied().chain([owner, guest]) {
            let mut actor = Actor::anonymous(Lang::Vi);
            actor.capacity = Capacity::Person(account);
            actor.scopes = Scope::ALL.iter().copied().collect();
            let off = NoticeKind::to_choose().map(|kind| Choice { kind, way: Way::Off }).collect();
            accounts::notices::choose(&self.site.app.accounts, Ctx::of(actor), off).await.unwrap();
        }
        party
    }

    /// A new person who is this to the party.
    /// A party that nobody else has to do with, for the one who asks.
    async fn absorbed(&self, who: Who) -> PartyId {
        self.people.set(self.people.get() + 1);
        self.site.party(&self.foreigner, &format!("Trạm giống {who:?} {}", self.people.get()), "institute").await
    }

    async fn once(&self, who: Who) -> Once {
        let n = self.people.get() + 1;
        self.people.set(n);
        if n.is_multiple_of(30) {
            // So many sign-ins from one address would be too many in five minutes.
            self.site.clock.advance(TimeDelta::minutes(6));
        }
        let (name, staff): (String, &[StaffRole]) = match who {
            Who::Anonymous => {
                let visitor = self.site.visitor();
                return Once { client: visitor.clone(), session: visitor, email: format!("nobody{n}@example.org"), account: None };
            }
            Who::Moderator => (format!("moderator{n}"), &[StaffRole::Moderator]),
            Who::Broker => (format!("broker{n}"), &[StaffRole::Broker]),
            Who::Administrator => (format!("administrator{n}"), &[StaffRole::Administrator]),
            _ => (format!("person{n}"), &[]),
        };
        let (session, account) = self.site.account(&name, staff).await;
        match who {
            Who::Outsider => self.site.member(self.other_party, account, PartyRole::Admin).await,
            Who::Viewer => self.site.member(self.party, account, PartyRole::Viewer).await,
            Who::Editor | Who::ReadToken => self.site.member(self.party, account, PartyRole::Editor).await,
            Who::Admin => self.site.member(self.party, account, PartyRole::Admin).await,
            _ => {}
        }
        let client = if who == Who::ReadToken { session.clone().with_token(self.site, &["read"]).await } else { session.clone() };
        Once { client, session, email: format!("{name}@example.org"), account: Some(account) }
    }

    /// The person's expert profile, so far; nobody has none. Gives its id.
    async fn expert(&self, once: &Once, state: &str) -> String {
        if once.account.is_none() {
            return String::new();
        }
        let me = "/api/v1/experts/me";
        let saved = once.session.put_at(me, 0, expert()).await.expect(200);
        if state != "draft" {
            let consent = json!({"consent": accounts::experts::CONSENT});
            once.session.post_at(&format!("{me}/publication"), 1, consent).await.expect(200);
        }
        if state == "withdrawn" {
            once.session.send(Method::DELETE, &format!("{me}/publication"), None).await.expect(200);
        }
        saved["id"].as_str().unwrap().to_owned()
    }

    /// A listing of the party; gives id and version.
    async fn listing(&self, kind: Kind, state: &str) -> (String, i64) {
        self.listing_of(self.party, kind, state).await
    }

    async fn listing_of(&self, party: PartyId, kind: Kind, state: &str) -> (String, i64) {
        let draft = json!({"party": party, "content": kind.content()});
        let receipt = self.owner.post(kind.path(), draft).await.expect(201);
        let id = receipt["id"].as_str().unwrap().to_owned();
        if state == "draft" {
            return (id, 1);
        }
        let mut seen = 1;
        if state == "registered" {
            let change = json!({"visibility": "registered"});
            let path = format!("/api/v1/listings/{id}/visibility");
            seen = self.owner.put_at(&path, seen, change).await.expect(200)["version"].as_i64().unwrap();
        }
        let steps = format!("/api/v1/listings/{id}/transitions");
        seen = self.owner.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        if state == "submitted" {
            return (id, seen);
        }
        seen = publish(&self.reviewer, &id, seen).await;
        if state == "withdrawn" {
            let outcome = if kind == Kind::Need {
                json!({"result": "unsolved", "unsolved_reason": "no_candidate"})
            } else {
                json!({"reason": "no_longer_offered"})
            };
            let gone = json!({"step": "withdraw", "outcome": outcome});
            seen = self.owner.post_at(&steps, seen, gone).await.expect(200)["version"].as_i64().unwrap();
        }
        (id, seen)
    }

    /// A finished import by a member of the party.
    async fn import(&self) -> String {
        let body = form(self.party, false).into_bytes();
        let begun = self.owner.send_raw(Method::POST, "/api/v1/imports", "multipart/form-data; boundary=xxx", body).await.expect(202);
        let id = begun["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/imports/{id}");
        let ended = async || !matches!(self.owner.get(&path).await.expect(200)["state"].as_str().unwrap(), "waiting" | "running");
        self.site.until("the import has ended", ended).await;
        id
    }

    /// An invitation of somebody to the party.
    async fn invitation(&self, email: &str) -> String {
        let row = json!({"email": email, "roles": ["viewer"]});
        let path = format!("/api/v1/parties/{}/memberships", self.party);
        self.site.clock.advance(TimeDelta::minutes(2));
        self.owner.post(&path, row).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// A confirmed viewer's membership.
    async fn colleague(&self) -> String {
        let person = self.once(Who::Viewer).await;
        let mine = person.client.get("/api/v1/memberships").await.expect(200);
        mine["items"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, operation: &str, case: &str, who: Who) -> Ask {
        let by = Ask::by(&self.clients[&who]);
        let state = if case == "published_need" { "published" } else { case };
        let kind = if case == "published_need" { Kind::Need } else { Kind::of(operation) };
        match operation {
            // What one does with oneself is done by somebody new.
            "signIn" => {
                let person = self.once(Who::Viewer).await;
                by.body(json!({"email": person.email, "password": PASSWORD}))
            }
            "signOut" | "endOtherSessions" => Ask::by(&self.once(who).await.client),
            "giveSecondFactor" | "confirmSecondFactor" => Ask::by(&self.once(who).await.client).body(json!({"code": "287082"})),
            "getSession" | "listSessions" | "listTokens" | "getMe" | "listMyMemberships" | "listImports" => by,
            "endSession" => self.end_session(case, who).await,
            "createToken" => by.body(json!({"name": "nightly", "scopes": ["read"], "days": 30})),
            "revokeToken" => self.revoke_token(case, who).await,
            "signUp" => {
                let n = self.people.replace(self.people.get() + 1);
                self.site.clock.advance(TimeDelta::minutes(5));
                by.body(json!({"email": format!("new{n}@example.org"), "name": "Lan", "lang": "vi", "password": PASSWORD}))
            }
            "confirmAccount" => by.body(json!({"token": "nothing"})),
            "resendConfirmation" | "requestPasswordReset" => {
                self.site.clock.advance(TimeDelta::minutes(5));
                by.body(json!({"email": format!("{who:?}@example.org").to_lowercase()}))
            }
            "resetPassword" => by.body(json!({"token": "nothing", "password": "chợ nổi sông Hậu 2026"})),
            "editMe" => Ask::by(&self.once(who).await.client).seen(1).body(json!({"name": "Lan", "lang": "en"})),
            "changePassword" => Ask::by(&self.once(who).await.client).body(json!({"old": PASSWORD, "new": "chợ nổi sông Hậu 2026"})),
            "beginSecondFactor" | "removeSecondFactor" | "renewRecoveryCodes" => {
                Ask::by(&self.once(who).await.client).body(json!({"password": PASSWORD}))
            }
            "listAccounts" => by,
            "getAccount" if case == "own" => {
                let id = self.accounts.get(&who).or(self.accounts.get(&Who::Editor)).unwrap();
                by.at(id)
            }
            "getAccount" => by.at(self.once(Who::Viewer).await.account.unwrap()),
            "setStaffRoles" => by.at(self.once(Who::Viewer).await.account.unwrap()).seen(1).body(json!({"roles": ["analyst"]})),
            "disableAccount" => by.at(self.once(Who::Viewer).await.account.unwrap()).seen(1),
            "takeSecondFactor" => {
                let reason = json!({"reason": "Mất điện thoại, đã gặp tại Sở"});
                by.at(self.once(Who::Viewer).await.account.unwrap()).seen(1).body(reason)
            }
            "endSessionsOf" => by.at(self.once(Who::Viewer).await.account.unwrap()),
            "enableAccount" => {
                let id = self.once(Who::Viewer).await.account.unwrap();
                let off = self.manager.post_at(&format!("/api/v1/accounts/{id}/disable"), 1, Value::Null).await.expect(200);
                by.at(id).seen(off["version"].as_i64().unwrap())
            }
            "listParties" | "listExperts" | "getMyExpert" => by,
            "getExpert" => by.at(self.expert(&self.once(Who::Viewer).await, case).await),
            "saveMyExpert" => Ask::by(&self.once(who).await.client).seen(0).body(expert()),
            "publishMyExpert" => {
                let once = self.once(who).await;
                self.expert(&once, "draft").await;
                Ask::by(&once.client).seen(1).body(json!({"consent": accounts::experts::CONSENT}))
            }
            "withdrawMyExpert" => {
                let once = self.once(who).await;
                self.expert(&once, "published").await;
                Ask::by(&once.client)
            }
            "createParty" => {
                by.body(json!({"names": {"vi": format!("Đơn vị mới {who:?}")}, "party_type": "institute", "address": {"province": "86"}}))
            }
            "getParty" | "listMembers" => by.at(self.party),
            "editParty" => {
                let body = json!({"names": {"vi": "Viện Dừa"}, "party_type": "institute", "address": {"province": "86"}});
                by.at(self.party).seen(self.party_version().await).body(body)
            }
            "verifyParty" => by.at(self.party).seen(self.party_version().await).body(json!({"level": "document"})),
            "inviteMember" => by.at(self.party).body(json!({"email": format!("invited-by-{who:?}@example.org"), "roles": ["viewer"]})),
            "getMembership" => by.at(self.colleague().await),
            "setMemberRoles" => by.at(self.colleague().await).seen(1).body(json!({"roles": ["editor"]})),
            "moveMembership" => self.move_membership(case, who).await,
            "listTechnologies" | "listIpAssets" | "listNeeds" if case == "public" => by,
            "listTechnologies" | "listIpAssets" | "listNeeds" => by.query(format!("?party={}", self.party)),
            "createTechnology" | "createIpAsset" | "createNeed" => by.body(json!({"party": self.party, "content": kind.content()})),
            "getTechnology" | "getIpAsset" | "getNeed" => by.at(self.listing(kind, state).await.0),
            "editTechnology" | "editIpAsset" | "editNeed" => {
                let (id, seen) = self.listing(kind, state).await;
                let mut content = kind.content();
                content["title"]["vi"] = json!("Tên mới");
                by.at(id).seen(seen).body(json!({"content": content}))
            }
            "removeTechnology" | "removeIpAsset" | "removeNeed" => {
                let (id, seen) = self.listing(kind, state).await;
                by.at(id).seen(seen)
            }
            "listVersions" | "listDuplicates" | "listReviews" | "getPrivateTerms" | "claimReview" => {
                by.at(self.listing(kind, state).await.0)
            }
            "getVersion" => by.at(self.listing(kind, state).await.0).at(1),
            "compareVersions" => by.at(self.listing(kind, state).await.0).query("?from=1&to=1"),
            "setVisibility" => {
                let (id, seen) = self.listing(kind, state).await;
                by.at(id).seen(seen).body(json!({"visibility": "registered"}))
            }
            "setCare" => {
                let (id, seen) = self.listing(kind, state).await;
                by.at(id).seen(seen).body(json!({"next_action_on": "2027-01-15"}))
            }
            "setPrivateTerms" => {
                let (id, _) = self.listing(kind, state).await;
                by.at(id).seen(0).body(json!({"note": "Giá sàn."}))
            }
            "moveListing" => {
                let (id, seen) = self.listing(kind, state).await;
                by.at(id).seen(seen).body(json!({"step": if case == "draft" { "submit" } else { "hold" }}))
            }
            "decideReview" => {
                let (id, seen) = self.listing(kind, state).await;
                if who == Who::Moderator && state == "submitted" {
                    self.clients[&who].post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
                }
                let scores = json!({"innovation_or_need": 4, "clarity": 4, "partner_ask": 3, "language": 5});
                by.at(id).seen(seen).body(json!({"decision": "publish", "scores": scores}))
            }
            "getConfidential" | "listConfidentialFiles" | "listListingDisclosures" | "listListingViews" => {
                by.at(self.listing_of(self.small, kind, state).await.0)
            }
            "setConfidential" => by.at(self.listing_of(self.small, kind, state).await.0).seen(0).body(json!({"know_how": "Tỷ lệ enzym."})),
            "addConfidentialFile" => {
                let file = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nabc\r\n--xxx--\r\n";
                Ask { form: Some(file.to_owned()), ..by.at(self.listing_of(self.small, kind, state).await.0) }
            }
            "breakGlass" => {
                by.at(self.listing_of(self.small, kind, state).await.0).body(json!({"reason": "Yêu cầu của tòa án, công văn số 12."}))
            }
            "breakGlassFile" => {
                let listing = self.listing_of(self.small, kind, state).await.0;
                let file = self.confidential_file(&listing).await;
                by.at(listing).at(file).body(json!({"reason": "Yêu cầu của tòa án, công văn số 12."}))
            }
            "removeConfidentialFile" => {
                let listing = self.listing_of(self.small, kind, state).await.0;
                let file = self.confidential_file(&listing).await;
                by.at(listing).at(file)
            }
            "createDisclosure" => {
                let listing = self.listing_of(self.small, kind, state).await.0;
                let reader = self.once(Who::Outsider).await;
                by.at(listing).body(self.grant(&reader.email))
            }
            "listMyDisclosures" => by,
            "getDisclosure" | "acceptNda" | "openDisclosure" | "openConfidentialFile" | "revokeDisclosure" | "listDisclosureViews" => {
                self.disclosure(operation, case, who).await
            }
            "startImport" => Ask { form: Some(form(self.party, case == "publish")), ..by },
            "getImport" | "listImportFaults" => by.at(&self.import),
            "undoImport" => by.at(self.import().await),
            "search" | "suggest" | "exportSearch" => by.query("?q=dua"),
            "getVocabulary" => by.at("provinces"),
            "listSimilar" => {
                let (id, _) = self.listing(kind, state).await;
                self.site.indexed().await;
                by.at(id)
            }
            "listPartyMatches" => by.at(self.party),
            "giveMatchFeedback" => by.at(self.pair(case).await).body(json!({"verdict": "not_for_us", "reason": "too_early"})),
            "takeMatchFeedback" => by.at(self.pair(case).await),
            "listGaps" => by,
            "matchNeed" | "matchTechnology" | "matchTechnologyComplements" | "matchIpAsset" => by.at(self.listing(kind, state).await.0),
            "matchNeedExperts" | "matchNeedParties" | "matchTechnologyParties" | "matchIpAssetParties" => {
                by.at(self.listing(kind, state).await.0)
            }
            "listReviewQueue" | "listVocabularies" | "listEvents" | "verifyEvents" | "getNumbers" | "listNeedDesk" | "lookUpParties" => by,
            "recordNeed" => by.body(json!({
                "party": self.party,
                "intake": {"channel": "phone", "heard_on": "2026-11-20", "consent_by": "Chị Lan"},
                "content": {"title": {"vi": "Bảo quản dừa sáp"}},
                "next": {"due_on": "2027-01-31"}
            })),
            "previewPartyMerge" => by.at(self.absorbed(who).await).query(format!("?into={}", self.small)),
            "mergeParty" => {
                by.at(self.absorbed(who).await).seen(1).body(json!({"into": self.small, "reason": "Quyết định sáp nhập số 12"}))
            }
            "listSavedSearches" | "listAlerts" | "listNotices" | "readNotices" | "listNoticeChoices" => by,
            "createSavedSearch" => by.body(json!({"name": "Máy sấy", "query": "q=máy sấy", "when": "daily"})),
            "setNoticeChoices" => by.body(json!({"choices": [{"kind": "deal_message", "way": "off"}]})),
            "getSavedSearch" | "deleteSavedSearch" => {
                let (client, id) = self.saved_search(case, who).await;
                Ask::by(&client).at(id)
            }
            "editSavedSearch" => {
                let (client, id) = self.saved_search(case, who).await;
                Ask::by(&client).at(id).seen(1).body(json!({"name": "Máy sấy dừa", "when": "off"}))
            }
            "readNotice" => {
                let (client, id) = self.notice(case, who).await;
                Ask::by(&client).at(id)
            }
            "listInterests" => by.query(format!("?role={case}")),
            "getTechnologyHistory" | "getIpAssetHistory" | "getNeedHistory" => by.at(self.listing(kind, state).await.0),
            "getReplyTime" => by.at(self.party),
            "showInterestInTechnology"
            | "showInterestInIpAsset"
            | "showInterestInNeed"
            | "getInterest"
            | "acceptInterest"
            | "declineInterest"
            | "requestInformation"
            | "giveInformation"
            | "withdrawInterest"
            | "revealSeeker"
            | "relayInterest" => self.ask_about_interest(operation, case, who).await,
            other if !deals::cases(other).is_empty() => deals::ask(self, other, case, who).await,
            other => stories::ask(self, other, case, who).await,
        }
    }

    /// What is asked of interests in listings of the party.
    async fn ask_about_interest(&self, operation: &str, case: &str, who: Who) -> Ask {
        let by = Ask::by(&self.clients[&who]);
        if operation.starts_with("showInterest") {
            let own = matches!(who, Who::Viewer | Who::Editor | Who::Admin | Who::ReadToken);
            let body = json!({"party": if own { self.small } else { self.other_party }, "message": "Muốn xem máy."});
            return by.at(self.listing_of(self.small, Kind::of(operation), case).await.0).body(body);
        }
        let (id, seen) = self.interest(case, operation == "giveInformation").await;
        let said = json!({"text": "Ba pha."});
        match operation {
            "getInterest" => by.at(id),
            "withdrawInterest" | "revealSeeker" => by.at(id).seen(seen),
            "declineInterest" => by.at(id).seen(seen).body(json!({"reason": "fit"})),
            _ => by.at(id).seen(seen).body(said),
        }
    }

    /// An interest of another party in a technology of the party, perhaps with a question; gives id and version.
    async fn interest(&self, case: &str, is_asked: bool) -> (String, i64) {
        let (id, _) = self.listing_of(self.small, Kind::Technology, "published").await;
        let (client, party) =
            if case == "from_third" { (&self.third.0, self.third.1) } else { (&self.clients[&Who::Outsider], self.other_party) };
        let body = json!({"party": party, "message": "Muốn xem máy.", "anonymity": "hidden"});
        let made = client.post(&format!("/api/v1/technologies/{id}/interests"), body).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        if is_asked {
            let path = format!("/api/v1/interests/{id}/request-information");
            self.owner.post_at(&path, 1, json!({"text": "Điện mấy pha?"})).await.expect(200);
        }
        (id, if is_asked { 2 } else { 1 })
    }

    /// A pair of published listings: the party's need or its technology with one of a stranger, or its own two, of which
    /// one is for whoever is signed in.
    async fn pair(&self, case: &str) -> String {
        let state = if case == "registered" { "registered" } else { "published" };
        let (need, offer) = match case {
            "own_need" => (self.listing(Kind::Need, state).await.0, self.foreign(Kind::Technology).await),
            "own_offer" => (self.foreign(Kind::Need).await, self.listing(Kind::Technology, state).await.0),
            _ => (self.listing(Kind::Need, state).await.0, self.listing(Kind::Technology, "published").await.0),
        };
        format!("{need}.{offer}")
    }

    /// A published listing of a party that nobody here belongs to.
    async fn foreign(&self, kind: Kind) -> String {
        let party =
            self.site.party(&self.foreigner, &format!("Đơn vị lạ {}", self.people.replace(self.people.get() + 1)), "enterprise").await;
        let receipt = self.foreigner.post(kind.path(), json!({"party": party, "content": kind.content()})).await.expect(201);
        let id = receipt["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = self.foreigner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&self.reviewer, &id, seen).await;
        id
    }

    async fn confidential_file(&self, listing: &str) -> String {
        let added = self.owner.hand_in(&format!("/api/v1/listings/{listing}/files"), "a.txt", b"abc").await.expect(201);
        added["id"].as_str().unwrap().to_owned()
    }

    fn grant(&self, email: &str) -> Value {
        json!({"party": self.other_party, "email": email, "purpose": "Thẩm định", "expires_on": "2027-06-30"})
    }

    /// Something opened to a person of the other party: to somebody, or to the outsider who asks.
    async fn disclosure(&self, operation: &str, case: &str, who: Who) -> Ask {
        let listing = self.listing_of(self.small, Kind::Technology, "published").await.0;
        let file = self.confidential_file(&listing).await;
        let (reader, email) = if case == "to_outsider" {
            let outsider = self.clients[&Who::Outsider].clone();
            let me = outsider.get("/api/v1/accounts/me").await.expect(200);
            (outsider, me["email"].as_str().unwrap().to_owned())
        } else {
            let other = self.once(Who::Outsider).await;
            (other.client, other.email)
        };
        let grants = format!("/api/v1/listings/{listing}/disclosures");
        let id = self.owner.post(&grants, self.grant(&email)).await.expect(201)["id"].as_str().unwrap().to_owned();
        let one = format!("/api/v1/disclosures/{id}");
        let acceptance = json!({"nda_hash": reader.get(&one).await.expect(200)["nda"]["hash"]});
        let by = Ask::by(&self.clients[&who]).at(&id);
        if operation == "acceptNda" {
            return by.body(acceptance);
        }
        reader.post(&format!("{one}/accept-nda"), acceptance).await.expect(200);
        if operation == "openConfidentialFile" { by.at(file) } else { by }
    }

    async fn party_version(&self) -> i64 {
        self.owner.get(&format!("/api/v1/parties/{}", self.party)).await.expect(200)["version"].as_i64().unwrap()
    }

    async fn end_session(&self, case: &str, who: Who) -> Ask {
        let (mine, other) = (self.once(who).await, self.once(Who::Viewer).await);
        let target = if case == "own" && who != Who::Anonymous { &mine } else { &other };
        // A second session of the same person, so that the asking one goes on.
        self.site.visitor().sign_in(&target.email, PASSWORD).await;
        let sessions = target.session.get("/api/v1/sessions").await.expect(200);
        let rest = sessions["items"].as_array().unwrap().iter().find(|s| s["current"] == json!(false)).unwrap().clone();
        Ask::by(&mine.client).at(rest["id"].as_str().unwrap())
    }

    async fn revoke_token(&self, case: &str, who: Who) -> Ask {
        let (mine, other) = (self.once(who).await, self.once(Who::Viewer).await);
        let target = if case == "own" && who != Who::Anonymous { &mine } else { &other };
        let request = json!({"name": "nightly", "scopes": ["read"], "days": 30});
        let made = target.session.post("/api/v1/tokens", request).await.expect(201);
        Ask::by(&mine.client).at(made["token"]["id"].as_str().unwrap())
    }

    /// A search that the asking person saved, or somebody else.
    async fn saved_search(&self, case: &str, who: Who) -> (Client, String) {
        let (mine, other) = (self.once(who).await, self.once(Who::Viewer).await);
        let owner = if case == "own" && who != Who::Anonymous { &mine } else { &other };
        let body = json!({"name": "Máy sấy", "query": "q=máy sấy", "when": "daily"});
        let made = owner.session.post("/api/v1/saved-searches", body).await.expect(201);
        (mine.client, made["id"].as_str().unwrap().to_owned())
    }

    /// A notice to the asking person, or to somebody else.
    async fn notice(&self, case: &str, who: Who) -> (Client, String) {
        let (mine, other) = (self.once(who).await, self.once(Who::Viewer).await);
        let reader = if case == "own" && who != Who::Anonymous { &mine } else { &other };
        let listing = self.listing(Kind::Technology, "draft").await.0.parse().unwrap();
        crate::alerts::tell(self.site, reader.account.unwrap(), NoticeKind::MatchFound, listing).await;
        let list = reader.session.get("/api/v1/notices").await.expect(200);
        (mine.client, list["items"][0]["id"].as_str().unwrap().to_owned())
    }

    async fn move_membership(&self, case: &str, who: Who) -> Ask {
        match case {
            "accept_own" => {
                // Whoever is a member already accepts an invitation of the other party.
                let person = self.once(who).await;
                let n = self.people.get();
                if who == Who::Anonymous {
                    return Ask::by(&person.client)
                        .at(self.invitation(&format!("else{n}@example.org")).await)
                        .body(json!({"step": "accept"}));
                }
                let host = self.once(Who::Outsider).await;
                let party = self.site.party(&host.session, &format!("Đơn vị {n}"), "enterprise").await;
                let row = json!({"email": person.email, "roles": ["viewer"]});
                let invited = host.session.post(&format!("/api/v1/parties/{party}/memberships"), row).await.expect(201);
                Ask::by(&person.client).at(invited["id"].as_str().unwrap()).body(json!({"step": "accept"}))
            }
            "accept_other" => {
                let guest = self.once(Who::Outsider).await;
                Ask::by(&self.clients[&who]).at(self.invitation(&guest.email).await).body(json!({"step": "accept"}))
            }
            _ => Ask::by(&self.clients[&who]).at(self.colleague().await).body(json!({"step": "suspend"})),
        }
    }
}

#[test]
fn the_access_table_has_a_row_for_every_operation_and_no_other() {
    let (table, operations) = (table(), operations());
    let mut wrong = Vec::new();
    for route in &operations {
        let rows = table.get(route.id);
        for case in cases(route.id) {
            match rows.and_then(|r| r.get(*case)) {
                None => wrong.push(format!("{}.{case} has no row", route.id)),
                Some(row) => {
                    let names: BTreeSet<&str> = row.keys().map(String::as_str).collect();
                    if names != EVERYBODY.iter().map(|(_, name)| *name).collect() {
                        wrong.push(format!("{}.{case} names {names:?}", route.id));
                    }
                    let public = matches!(route.permission, Permission::Public(_));
                    if !public && row.get("anonymous") != Some(&401) {
                        wrong.push(format!("{}.{case}: nobody known is asked to sign in", route.id));
                    }
                    if route.permission == Permission::Staff {
                        for outsider in ["outsider", "viewer", "editor", "admin", "broker", "read_token"] {
                            // An account is there for its owner as well.
                            if row.get(outsider).is_some_and(|s| *s < 400) && *case != "own" {
                                wrong.push(format!("{}.{case}: staff's work done by {outsider}", route.id));
                            }
                        }
                    }
                }
            }
        }
        if cases(route.id).is_empty() {
            wrong.push(format!("{} is tried on nothing", route.id));
        }
        for case in rows.into_iter().flat_map(BTreeMap::keys).filter(|c| !cases(route.id).contains(&c.as_str())) {
            wrong.push(format!("{}.{case} is never tried", route.id));
        }
    }
    for row in table.keys().filter(|id| !operations.iter().any(|r| r.id == id.as_str())) {
        wrong.push(format!("{row} is no operation"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows of the table say what goes in and out: every schema is whole, and each is of its own type.
#[test]
fn every_body_of_the_route_table_has_a_whole_schema() {
    let document: Value = serde_json::from_str(&server::openapi("http://127.0.0.1")).unwrap();
    let mut wrong = Vec::new();
    for body in server::routes::all().iter().flat_map(|r| [(r.id, &r.request), (r.id, &r.answer)]) {
        if let (id, Some(body)) = body
            && !(body.is_sound)()
        {
            wrong.push(format!("{id}: the schema of {} cannot be read", body.name));
        }
    }
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        if document["components"]["schemas"].get(name).is_none() {
            wrong.push(format!("{name} is referred to and not there"));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let of = |path: &str| document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"].clone();
    assert_ne!(of("/api/v1/parties"), of("/api/v1/accounts"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_may_do_what_the_access_table_says_and_nothing_else() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let world = World::new(&site).await;
    let table = table();
    let mut wrong = Vec::new();
    for route in operations() {
        for case in cases(route.id) {
            let expected = table.get(route.id).and_then(|rows| rows.get(*case));
            let mut found = Vec::new();
            let mut same = true;
            for (who, name) in EVERYBODY {
                let answer = world.ask(route.id, case, who).await.send(&route).await;
                let status = answer.status.as_u16();
                same &= expected.and_then(|row| row.get(name)) == Some(&status);
                if status >= 500 || status == 400 {
                    wrong.push(format!("# {}.{case} {name}: {}", route.id, answer.text));
                }
                found.push(format!("{name} = {status}"));
            }
            if !same {
                wrong.push(format!("{}.{case} = {{ {} }}", route.id, found.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "this is how it is, and access.toml says otherwise:\n{}", wrong.join("\n"));
    site.stop().await;
}

/// What an answer shows, but for what is new in every answer.
fn shown(answer: &Answer) -> (u16, BTreeMap<String, Vec<u8>>, Value) {
    let kept = |headers: &HeaderMap| {
        let own = |name: &str| name == "x-request-id" || name == "date";
        headers.iter().filter(|(n, _)| !own(n.as_str())).map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect()
    };
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
    if let Some(id) = body.get_mut("request_id") {
        *id = Value::Null;
    }
    (answer.status.as_u16(), kept(&answer.headers), body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_answers_exactly_like_what_is_not_there() {
    let table = table();
    on_every_database(async |site: Site| {
        let world = World::new(&site).await;
        let mut compared = 0;
        for route in operations().into_iter().filter(|r| r.path.contains("{id}")) {
            for case in cases(route.id) {
                for (who, name) in EVERYBODY {
                    if table[route.id][*case][name] != 404 {
                        continue;
                    }
                    let mut ask = world.ask(route.id, case, who).await;
                    let hidden = ask.send(&route).await;
                    let id = ask.parts[0].clone();
                    ask.parts[0] = format!("{}{}", &id[..id.len() - 12], "0123456789ab");
                    let missing = ask.send(&route).await;
                    assert_eq!(hidden.status, 404, "{}.{case} {name}", route.id);
                    assert_eq!(shown(&hidden), shown(&missing), "{}.{case} {name}", route.id);
                    compared += 1;
                }
            }
        }
        assert!(compared > 50, "only {compared} were compared");
        site.stop().await;
    })
    .await;
}
