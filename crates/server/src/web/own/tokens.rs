//! Access tokens for programs: made, shown once, listed, revoked.

use std::collections::BTreeSet;

use accounts::TokenView;
use accounts::membership::Status as MemberStatus;
use accounts::tokens::TokenRequest;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::fold::sort_key;
use base::{Lang, PartyId, Scope, messages};

use super::super::choice::Choice;
use super::super::faults::FaultLine;
use super::super::fields::Opt;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, page};
use super::super::mishap::Mishap;
use super::done;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/account/tokens";
/// Days that are offered first: long enough for a piece of work, short enough to be forgotten safely.
const DAYS: &str = "90";

/// A token.
pub(in super::super) struct TokenLine {
    pub id: String,
    pub name: String,
    pub scopes: String,
    pub party: Option<String>,
    pub since: Moment,
    pub ends: Moment,
    pub used: Option<Moment>,
    /// The message of how it stands.
    pub state: &'static str,
    pub is_live: bool,
}

/// A token that was just made.
pub(in super::super) struct Fresh {
    pub name: String,
    pub secret: String,
}

#[derive(Template)]
#[template(path = "tokens.html")]
pub(in super::super) struct TokensPage {
    pub f: Frame,
    pub lines: Vec<TokenLine>,
    pub key: String,
    pub name: String,
    pub choices: Vec<Choice>,
    pub days: String,
    pub max_days: u16,
    pub parties: Vec<Opt>,
    pub fresh: Option<Fresh>,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

/// Everything on the page that is there whatever was sent.
struct Kept {
    tokens: Vec<TokenView>,
    parties: Vec<(PartyId, String)>,
}

async fn kept(app: &App, visit: &Visit) -> Result<Kept, Problem> {
    let tokens = accounts::tokens::list(&app.accounts, &visit.who.actor).await?;
    let own = accounts::membership::mine(&app.accounts, &visit.who.actor).await?;
    let confirmed = own.into_iter().filter(|m| m.status == MemberStatus::Confirmed);
    let named = confirmed.map(|m| (m.party, m.party_names.best(visit.lang()).unwrap_or_default().to_owned()));
    let mut parties: Vec<(PartyId, String)> = named.collect();
    parties.sort_by_key(|(_, name)| sort_key(name));
    Ok(Kept { tokens, parties })
}

fn scope_name(scope: Scope, lang: Lang) -> String {
    messages::say(lang, &format!("own-scope-{scope}"), &[])
}

fn line(app: &App, token: TokenView, parties: &[(PartyId, String)], lang: Lang) -> TokenLine {
    let now = app.clock().now();
    let is_over = token.ends_at <= now;
    let state = match (token.revoked_at.is_some(), is_over) {
        (true, _) => "own-token-revoked",
        (false, true) => "own-token-over",
        (false, false) => "own-token-live",
    };
    let scopes: Vec<String> = token.scopes.iter().map(|scope| scope_name(*scope, lang)).collect();
    TokenLine {
        id: token.id.to_string(),
        scopes: scopes.join(", "),
        // A party that was left is known by nothing but its id.
        party: token.party.map(|id| parties.iter().find(|(own, _)| *own == id).map_or_else(|| id.to_string(), |(_, name)| name.clone())),
        name: token.name,
        since: format::moment(lang, token.created_at),
        ends: format::moment(lang, token.ends_at),
        used: token.used_at.map(|at| format::recent(lang, at, now)),
        state,
        is_live: state == "own-token-live",
    }
}

fn view(app: &App, visit: &Visit, kept: Kept, sent: Option<&Form>) -> TokensPage {
    let lang = visit.lang();
    let typed = |name: &str, usual: &str| sent.map_or_else(|| usual.to_owned(), |form| form.get(name).to_owned());
    let may = |scope: &Scope| *scope != Scope::Staff || !visit.who.actor.staff.is_empty();
    let is_on = |scope: Scope| sent.map_or(scope == Scope::Read, |form| form.all("scopes").any(|s| s == scope.as_str()));
    let party = typed("party", "");
    TokensPage {
        f: visit.frame(app, messages::say(lang, "own-tokens-title", &[])).at(PATH).unlisted().without_search(),
        lines: kept.tokens.into_iter().map(|token| line(app, token, &kept.parties, lang)).collect(),
        key: app.clock().uuid().to_string(),
        name: typed("name", ""),
        choices: Scope::ALL
            .iter()
            .filter(|scope| may(scope))
            .map(|scope| Choice {
                value: scope.to_string(),
                label: scope_name(*scope, lang),
                about: Some(messages::say(lang, &format!("own-scope-{scope}-about"), &[])),
                is_on: is_on(*scope),
            })
            .collect(),
        days: typed("days", DAYS),
        max_days: app.accounts.settings().token_max_days,
        parties: kept
            .parties
            .into_iter()
            .map(|(id, label)| Opt { is_on: party == id.to_string(), value: id.to_string(), label, depth: 0 })
            .collect(),
        fresh: None,
        faults: Vec::new(),
        done: done(visit, &["revoked"]),
    }
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let kept = kept(&app, &visit).await?;
    Ok(page(StatusCode::OK, visit.lang(), &view(&app, &visit, kept, None)))
}

fn request(form: &Form) -> Result<TokenRequest, Problem> {
    let wrong = || Problem::malformed("bad-form");
    let scopes: Result<BTreeSet<Scope>, _> = form.all("scopes").map(str::parse).collect();
    let party = Some(form.get("party")).filter(|text| !text.is_empty()).map(str::parse).transpose();
    Ok(TokenRequest {
        name: form.get("name").to_owned(),
        scopes: scopes.map_err(|_| wrong())?,
        party: party.map_err(|_| wrong())?,
        // What is no number of days is none that is allowed.
        days: form.get("days").trim().parse().unwrap_or_default(),
    })
}

/// Makes a token or revokes one. A form that is sent twice makes one.
pub(in super::super) async fn change(
    State(app): State<App>,
    visit: Visit,
    Writer(mut ctx): Writer,
    form: Form,
) -> Result<Response, Problem> {
    match form.get("_do") {
        "revoke" => {
            let id = form.get("token").parse().map_err(|_| Problem::malformed("bad-form"))?;
            accounts::tokens::revoke(&app.accounts, ctx, id).await?;
            return Ok(go(&localised(visit.lang(), "/account/tokens?did=revoked")));
        }
        "create" => {}
        _ => return Err(Problem::malformed("bad-form")),
    }
    ctx.idempotency = form.once("formTokens").or(ctx.idempotency);
    match accounts::tokens::create_once(&app.accounts, ctx, visit.who.session()?, request(&form)?).await {
        Ok(made) => {
            let fresh = Some(Fresh { name: made.token.name, secret: made.secret });
            let kept = kept(&app, &visit).await?;
            Ok(page(StatusCode::CREATED, visit.lang(), &TokensPage { fresh, ..view(&app, &visit, kept, None) }))
        }
        Err(error) => {
            let place = |pointer: &str| match pointer {
                "/name" => Some(("name".to_owned(), "own-token-name")),
                "/scopes" => Some(("scopes".to_owned(), "own-token-scopes")),
                "/party" => Some(("party".to_owned(), "own-token-party")),
                "/days" => Some(("days".to_owned(), "own-token-days")),
                _ => None,
            };
            let mishap = Mishap::of(error, visit.lang(), place)?;
            let kept = kept(&app, &visit).await?;
            Ok(mishap.show(visit.lang(), |faults| TokensPage { faults, ..view(&app, &visit, kept, Some(&form)) }))
        }
    }
}
