//! The demonstration space: invented parties, people and listings of `config/demo/`, put into an empty database.
//!
//! The passwords of its people are made for each data directory and kept there, so that no password is the same
//! everywhere, and printed at every start.

mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use accounts::people::NewAccount;
use accounts::{Address, ExpertProfile, PartyProfile, Password};
use base::text::LocalisedList;
use base::{AccountId, Actor, Code, Lang, Localised, PartyId, PartyRole, StaffRole, defaults};
use chrono::{NaiveDate, TimeDelta};
use listings::Visibility;
use listings::bulk::Bulk;
use listings::content::{Content, IpAsset, Need, Technology};
use listings::private::PrivateTerms;
use listings::published::Provenance;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Ctx;

use crate::config::Config;
use crate::space::{self, Parts};

type Failure = Box<dyn std::error::Error>;

/// Where the sign-ins are kept.
const FILE: &str = "demo-sign-ins.json";
/// What sets the demonstration's listings apart.
const SOURCE: &str = "demo";

/// Who can sign in to the demonstration.
#[derive(Serialize, Deserialize)]
pub struct SignIns(Vec<SignIn>);

#[derive(Serialize, Deserialize)]
struct SignIn {
    email: String,
    password: String,
    about: String,
}

impl SignIns {
    /// What is printed when the server is ready to be looked at.
    pub fn greeting(&self, url: &str) -> String {
        let mut text = format!("\nThe demonstration space is at {url}\n\nSign-ins (demonstration data, invented people):\n");
        for one in &self.0 {
            text.push_str(&format!("  {:<34} {:<24} {}\n", one.email, one.password, one.about));
        }
        text.push_str("\nCtrl-C stops it; the same command goes on with the same data.");
        text
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parties {
    party: Vec<DemoParty>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoParty {
    key: String,
    #[serde(rename = "type")]
    party_type: Code,
    names: Localised,
    tax_code: Option<String>,
    province: Option<Code>,
    commune: Option<Code>,
    street: Option<String>,
    size: Option<Code>,
    vsic: Option<Code>,
    website: Option<String>,
    verification: Code,
    #[serde(default)]
    presentation: Localised,
    #[serde(default)]
    capacities: LocalisedList,
    #[serde(default)]
    equipment: LocalisedList,
    #[serde(default)]
    standards: LocalisedList,
    #[serde(default)]
    interests: LocalisedList,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Experts {
    expert: Vec<DemoExpert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoExpert {
    key: String,
    /// The party they belong to, by key.
    party: Option<String>,
    profile: ExpertProfile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoFile<C> {
    listing: Vec<DemoListing<C>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoListing<C> {
    key: String,
    party: String,
    source_lang: Lang,
    visibility: Visibility,
    published_days_ago: i64,
    responsible_due_days: Option<i64>,
    private: Option<PrivateTerms>,
    /// Technologies that an IP asset protects, by key.
    #[serde(default)]
    protects: Vec<String>,
    content: C,
}

/// A party's key and the roles there.
type Member = (&'static str, &'static [PartyRole]);
/// Address, name, roles in the space, party and roles there, what they are for.
type Person = (&'static str, &'static str, &'static [StaffRole], Option<Member>, &'static str);

/// People of the demonstration.
const PEOPLE: [Person; 6] = [
    (
        "quan-tri@demo.innospace.example",
        "Quản trị (minh họa)",
        &[StaffRole::Administrator],
        None,
        "administrator: accounts, roles, audit trail",
    ),
    (
        "kiem-duyet@demo.innospace.example",
        "Kiểm duyệt (minh họa)",
        &[StaffRole::Moderator, StaffRole::Registrar],
        None,
        "moderator: review queue, verification",
    ),
    ("moi-gioi@demo.innospace.example", "Môi giới (minh họa)", &[StaffRole::Broker], None, "broker: records needs, looks after them"),
    (
        "vien-dua@demo.innospace.example",
        "Cán bộ viện dừa (minh họa)",
        &[],
        Some(("vien-dua-ham-luong", &[PartyRole::Admin, PartyRole::Signatory])),
        "admin of an institute that offers technologies",
    ),
    (
        "che-bien-dua@demo.innospace.example",
        "Cán bộ công ty dừa (minh họa)",
        &[],
        Some(("cty-dua-thanh-phu", &[PartyRole::Admin, PartyRole::Editor])),
        "admin of a firm with needs",
    ),
    (
        "htx-buoi@demo.innospace.example",
        "Xã viên hợp tác xã bưởi (minh họa)",
        &[],
        Some(("htx-buoi-da-xanh", &[PartyRole::Viewer])),
        "viewer in a co-operative",
    ),
];

/// Fills an empty database with the demonstration and gives its sign-ins.
pub async fn prepare(config: &Config, parts: &Parts, data: &Path) -> Result<SignIns, Failure> {
    let file = data.join(FILE);
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(serde_json::from_str(&text)?);
    }
    if parts.store.last_position().await? > 0 {
        return Err(format!("{} holds a space that is no demonstration; name another directory with --data", data.display()).into());
    }
    crate::print("Preparing the demonstration space …");
    let keys = parties(parts).await?;
    let (sign_ins, accounts) = people(parts, &keys).await?;
    let experts = experts(parts, &keys).await?;
    let (count, technologies) = all_listings(parts, &keys).await?;
    let made = story::Made { parties: &keys, listings: &technologies, people: &accounts };
    let has_story = story::tell(&space::brokering(config, data, parts)?, made).await?;
    let story = if has_story { ", a success story" } else { "" };
    crate::print(&format!("{} parties, {experts} experts{story} and {count} listings are there; the index is being built.", keys.len()));
    // Written last: a start that was cut off before is told apart from one that is whole.
    std::fs::write(&file, serde_json::to_string_pretty(&sign_ins)?)?;
    restrict(&file)?;
    Ok(sign_ins)
}

fn restrict(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

fn read<T: DeserializeOwned>(name: &str) -> Result<T, Failure> {
    let path = format!("demo/{name}");
    let text = defaults::text(&path).ok_or_else(|| format!("config/{path} is missing"))?;
    toml::from_str(&text).map_err(|e| format!("config/{path}: {e}").into())
}

fn told(what: &str, error: &dyn std::error::Error, faults: Option<&base::Faults>) -> Failure {
    let mut text = format!("{what}: {}", store::follow::report(error));
    for fault in faults.into_iter().flat_map(base::Faults::iter) {
        text.push_str(&format!("\n  {}: {}", fault.pointer, fault.say(Lang::En)));
    }
    text.into()
}

async fn parties(parts: &Parts) -> Result<BTreeMap<String, PartyId>, Failure> {
    let all: Parties = read("parties.toml")?;
    let mut keys = BTreeMap::new();
    for party in all.party {
        let address =
            party.province.map(|province| Address { province, commune: party.commune, street: party.street, ..Address::default() });
        let profile = PartyProfile {
            names: party.names,
            party_type: party.party_type,
            tax_code: party.tax_code,
            address,
            size: party.size,
            vsic: party.vsic,
            website: party.website,
            presentation: party.presentation,
            capacities: party.capacities,
            equipment: party.equipment,
            standards: party.standards,
            interests: party.interests,
            contact_relay: true,
            ..PartyProfile::default()
        };
        let made = accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile).await;
        let receipt = made.map_err(|e| {
            let faults = if let accounts::Error::Invalid(f) = &e { Some(f) } else { None };
            told(&party.key, &e, faults)
        })?;
        if party.verification != "unverified" {
            accounts::parties::verify(&parts.accounts, Ctx::system(), receipt.id, receipt.version, party.verification)
                .await
                .map_err(|e| told(&party.key, &e, None))?;
        }
        keys.insert(party.key, receipt.id);
    }
    Ok(keys)
}

/// The people, with the account of each by its address.
async fn people(parts: &Parts, keys: &BTreeMap<String, PartyId>) -> Result<(SignIns, BTreeMap<&'static str, AccountId>), Failure> {
    let (mut sign_ins, mut accounts) = (Vec::new(), BTreeMap::new());
    for (email, name, staff, member, about) in PEOPLE {
        let password = word()?;
        let new = NewAccount {
            email: email.to_owned(),
            name: name.to_owned(),
            lang: Lang::Vi,
            password: Password::new(&password),
            staff: staff.iter().copied().collect(),
            demonstration: true,
        };
        let made = accounts::people::create(&parts.accounts, Ctx::system(), new).await;
        let account: AccountId = made
            .map_err(|e| {
                let faults = if let accounts::Error::Invalid(f) = &e { Some(f) } else { None };
                told(email, &e, faults)
            })?
            .id;
        if let Some((key, roles)) = member
            && let Some(party) = keys.get(key)
        {
            let roles: BTreeSet<PartyRole> = roles.iter().copied().collect();
            accounts::membership::put_confirmed(&parts.accounts, Ctx::system(), *party, account, roles)
                .await
                .map_err(|e| told(email, &e, None))?;
        }
        accounts.insert(email, account);
        sign_ins.push(SignIn { email: email.to_owned(), password, about: about.to_owned() });
    }
    Ok((SignIns(sign_ins), accounts))
}

/// Invented experts, each with an account that nobody signs in to: its password is made and forgotten.
async fn experts(parts: &Parts, keys: &BTreeMap<String, PartyId>) -> Result<usize, Failure> {
    let all: Experts = read("experts.toml")?;
    let count = all.expert.len();
    for one in all.expert {
        let failed = |e: accounts::Error| {
            let faults = if let accounts::Error::Invalid(f) = &e { Some(f) } else { None };
            told(&one.key, &e, faults)
        };
        let new = NewAccount {
            email: format!("{}@demo.innospace.example", one.key),
            name: one.profile.name.clone(),
            lang: Lang::Vi,
            password: Password::new(&word()?),
            staff: BTreeSet::new(),
            demonstration: true,
        };
        let account = accounts::people::create(&parts.accounts, Ctx::system(), new).await.map_err(failed)?.id;
        let mut profile = one.profile.clone();
        if let Some(key) = &one.party {
            let party = keys.get(key).ok_or_else(|| format!("config/demo/experts.toml: {}: there is no party {key}", one.key))?;
            let roles = BTreeSet::from([PartyRole::Viewer]);
            accounts::membership::put_confirmed(&parts.accounts, Ctx::system(), *party, account, roles).await.map_err(failed)?;
            profile.party = Some(*party);
        }
        accounts::experts::put_demonstration(&parts.accounts, Ctx::system(), account, profile).await.map_err(failed)?;
    }
    Ok(count)
}

/// A password that can be typed: three groups of five letters and digits, some 75 bits.
fn word() -> Result<String, base::secret::NoRandomness> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let bytes: [u8; 15] = base::secret::random_bytes()?;
    let letters: Vec<char> = bytes.iter().filter_map(|b| LETTERS.get(usize::from(b & 31))).map(|b| char::from(*b)).collect();
    Ok(letters.chunks(5).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// How many listings were made, and the technologies among them by key.
async fn all_listings(parts: &Parts, keys: &BTreeMap<String, PartyId>) -> Result<(usize, BTreeMap<String, base::ListingId>), Failure> {
    let mut names: Vec<String> = Vec::new();
    let mut all: Vec<Bulk> = Vec::new();
    for file in ["technologies-a.toml", "technologies-b.toml"] {
        for one in read::<DemoFile<Technology>>(file)?.listing {
            let (key, content) = (one.key.clone(), Content::Technology(Box::new(one.content.clone())));
            all.push(bulk(parts, keys, &one, content)?);
            names.push(key);
        }
    }
    let ids = seed(parts, &names, all).await?;
    let mut count = ids.len();
    let by_key: BTreeMap<String, base::ListingId> = names.into_iter().zip(ids).collect();

    let (mut names, mut all) = (Vec::new(), Vec::new());
    for one in read::<DemoFile<IpAsset>>("ip-assets.toml")?.listing {
        let mut content = one.content.clone();
        content.technologies = one.protects.iter().filter_map(|key| by_key.get(key).copied()).collect();
        if content.technologies.len() != one.protects.len() {
            return Err(format!("config/demo/ip-assets.toml: {} protects a technology that is not there", one.key).into());
        }
        all.push(bulk(parts, keys, &one, Content::IpAsset(Box::new(content)))?);
        names.push(one.key);
    }
    count += seed(parts, &names, all).await?.len();

    let (mut names, mut all) = (Vec::new(), Vec::new());
    for one in read::<DemoFile<Need>>("needs.toml")?.listing {
        let content = Content::Need(Box::new(one.content.clone()));
        all.push(bulk(parts, keys, &one, content)?);
        names.push(one.key);
    }
    count += seed(parts, &names, all).await?.len();
    Ok((count, by_key))
}

async fn seed(parts: &Parts, names: &[String], all: Vec<Bulk>) -> Result<Vec<base::ListingId>, Failure> {
    listings::bulk::seed(&parts.listings, &Actor::system(), all).await.map_err(|e| {
        let listings::ListingError::Invalid(faults) = &e else { return told("config/demo", &e, None) };
        let place = faults.iter().next().and_then(|f| f.pointer.split('/').nth(1)?.parse::<usize>().ok());
        let key = place.and_then(|n| names.get(n)).map_or("config/demo", String::as_str);
        told(key, &e, Some(faults))
    })
}

fn bulk<C>(parts: &Parts, keys: &BTreeMap<String, PartyId>, one: &DemoListing<C>, content: Content) -> Result<Bulk, Failure> {
    let party = keys.get(&one.party).ok_or_else(|| format!("{}: there is no party {}", one.key, one.party))?;
    let now = parts.store.clock().now();
    let published = now - TimeDelta::days(one.published_days_ago);
    let due: Option<NaiveDate> = one.responsible_due_days.map(|days| (published + TimeDelta::days(days)).date_naive());
    Ok(Bulk {
        party: *party,
        source_lang: one.source_lang,
        content,
        private: one.private.clone(),
        visibility: one.visibility,
        provenance: Provenance {
            origin: Code::from("import"),
            source: Some(SOURCE.to_owned()),
            external_id: Some(one.key.clone()),
            licence: None,
        },
        import: None,
        published_at: Some(published),
        next_action_on: due,
        contact: None,
    })
}
