//! Choosing a party in a form: its name or tax code is typed, and one of those that were found is chosen. With scripts they
//! come as one types; without them a button shows them on the same page, with everything that was typed.
//!
//! A page has one finder at most: `_find` is what was typed, `_do` says `find` where only that is asked for. Who is found is
//! `search::desk`'s to say.

use accounts::PartyBrief;
use base::text::clean;
use base::{Lang, PartyId};

use super::fields::Opt;
use super::form::Form;
use super::frame::Visit;
use crate::app::App;
use crate::problem::Problem;

/// Bytes of HTML that those chosen before take as things to tick; the others stand as lines below.
const CHOSEN_BYTES: usize = 14_000;

/// A party to choose.
pub(super) struct Found {
    pub option: Opt,
    pub about: String,
}

/// The finder as the page draws it.
pub(super) struct Finder {
    /// The input that says who was chosen.
    pub name: &'static str,
    /// The message that says who is asked for.
    pub label: &'static str,
    /// Whether several may be chosen.
    pub has_many: bool,
    /// Whether nobody need be chosen.
    pub is_optional: bool,
    /// Where it is looked up.
    pub action: String,
    /// What was typed.
    pub find: String,
    /// Whether something was looked for.
    pub has_looked: bool,
    pub found: Vec<Found>,
    /// Chosen before and not shown as things to tick, for want of room: the last pieces of their addresses.
    pub others: Vec<String>,
    /// What may be chosen instead of a party.
    pub instead: Option<Opt>,
    pub fault: Option<String>,
}

impl Finder {
    /// Finds for what was typed; who was chosen stays in sight, whatever is looked for now.
    ///
    /// # Errors
    /// If the index or the database fails.
    pub async fn look(
        app: &App,
        visit: &Visit,
        (name, label): (&'static str, &'static str),
        action: String,
        find: &str,
        chosen: &[PartyId],
    ) -> Result<Self, Problem> {
        let find = clean(find);
        let mut parties = accounts::parties::load_many(app.accounts.store().db(), chosen).await?;
        parties.sort_by_key(|party| chosen.iter().position(|id| *id == party.id));
        let mut known = search::desk::choices(&app.search, &app.accounts, &visit.who.actor, &find).await?;
        // The address of a page may be pasted too.
        if find.contains("/parties/")
            && let Some(id) = accounts::parties::named(&app.accounts, &find).await?
        {
            known.splice(0..0, accounts::parties::load_many(app.accounts.store().db(), &[id]).await?);
        }
        known.retain(|party| !chosen.contains(&party.id));
        let mut finder = Self {
            name,
            label,
            has_many: false,
            is_optional: false,
            action,
            has_looked: !find.is_empty(),
            find,
            found: Vec::new(),
            others: Vec::new(),
            instead: None,
            fault: None,
        };
        let mut filled = 0;
        for party in parties {
            let slug = party.slug.clone();
            let one = option(app, party, true, visit.lang());
            filled += 200 + super::portion::weight(&one.option.label) + super::portion::weight(&one.about);
            if filled > CHOSEN_BYTES { finder.others.push(slug) } else { finder.found.push(one) }
        }
        finder.found.extend(known.into_iter().map(|party| option(app, party, false, visit.lang())));
        Ok(finder)
    }

    /// Finds for a form, in which one may be chosen. What means nobody is taken for words to look for.
    ///
    /// # Errors
    /// If the index or the database fails.
    pub async fn of_form(
        app: &App,
        visit: &Visit,
        asked: (&'static str, &'static str),
        action: String,
        form: &Form,
    ) -> Result<Self, Problem> {
        let text = form.get(asked.0).trim();
        let chosen = if text.is_empty() { None } else { meant(app, text).await? };
        let find = Some(form.get("_find")).filter(|find| !find.is_empty() || chosen.is_some()).unwrap_or(text);
        Self::look(app, visit, asked, action, find, chosen.as_slice()).await
    }
}

fn option(app: &App, party: PartyBrief, is_on: bool, lang: Lang) -> Found {
    let name = |list: &str, code: &str| app.vocabularies.name(list, code, lang).to_owned();
    let mut about = vec![name("party_types", party.party_type.as_str())];
    about.extend(party.commune.as_ref().map(|code| name("communes", code.as_str())));
    about.extend(party.province.as_ref().map(|code| name("provinces", code.as_str())));
    about.extend(party.profile.tax_code.clone());
    let label = party.names.best(lang).unwrap_or(&party.slug).to_owned();
    Found { about: about.join(" · "), option: Opt { is_on, value: party.id.to_string(), label, depth: 0 } }
}

/// Whether a form asks for what is found, and for nothing else yet.
pub(super) fn looks(form: &Form) -> bool {
    form.get("_do") == "find"
}

/// The party that a form means by a text: the id of one that was chosen, or an address of a party's page.
///
/// # Errors
/// If the database fails.
pub(super) async fn meant(app: &App, text: &str) -> Result<Option<PartyId>, Problem> {
    let Ok(id) = text.trim().parse::<PartyId>() else { return Ok(accounts::parties::named(&app.accounts, text).await?) };
    let db = app.accounts.store().db();
    let id = accounts::merging::now(db, id).await?;
    Ok(accounts::parties::load_many(db, &[id]).await?.first().map(|party| party.id))
}

/// Who was chosen under a name; none where nobody was. Words from which nothing was chosen are not passed over.
///
/// # Errors
/// If the database fails; within, the fault's code.
pub(super) async fn chosen(app: &App, form: &Form, name: &str) -> Result<Result<Option<PartyId>, &'static str>, Problem> {
    let text = form.get(name).trim();
    if text.is_empty() {
        let is_open = form.find(name).is_none() && !clean(form.get("_find")).is_empty();
        return Ok(if is_open { Err("party_not_chosen") } else { Ok(None) });
    }
    Ok(meant(app, text).await?.map(Some).ok_or("unknown_party"))
}
