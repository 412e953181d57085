//! What every page has around it: language, title, addresses in both languages, who is signed in.

use std::borrow::Borrow;
use std::fmt::Display;
use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Actor, Lang, messages};
use serde_json::Value;

use super::faults::FaultLine;
use super::{assets, portion};
use crate::app::App;
use crate::extract::Who;
use crate::look::{Logo, Space};
use crate::problem::Problem;

/// A person who opens a page: who, in which language, where.
pub(super) struct Visit {
    /// Who asks; the language is the page's.
    pub who: Who,
    /// The address without its language, with its parameters.
    pub here: String,
    /// The parameters.
    pub query: String,
    /// How many notices of theirs they have not read.
    pub unread: u64,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut who = Who::from_request_parts(parts, app).await?;
        // A page's language is in its address, whatever the browser or the account would like.
        who.actor.lang = crate::pipeline::language(&HeaderMap::new(), &parts.uri);
        let path = parts.uri.path();
        let path = path.strip_prefix("/en").filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path);
        let path = if path.is_empty() { "/" } else { path };
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let here = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let unread = match who.actor.account() {
            Some(account) => accounts::notices::count_unread(&app.accounts, account).await?,
            None => 0,
        };
        Ok(Self { who, here, query, unread })
    }
}

impl Visit {
    /// The language of the page.
    pub fn lang(&self) -> Lang {
        self.who.actor.lang
    }

    /// The same page for somebody who is not signed in.
    pub fn of_the_public(&self) -> Self {
        let who = Who { actor: Actor::anonymous(self.lang()), session: None, ..self.who.clone() };
        Self { who, here: self.here.clone(), query: self.query.clone(), unread: 0 }
    }

    /// The frame of a page with this title.
    pub fn frame(&self, app: &App, title: impl Into<String>) -> Frame {
        let frame = Frame::new(self.lang(), Arc::clone(&app.space), &app.settings.public_url, &self.here, &self.who.actor);
        Frame { unread: self.unread, asked: self.lasting(), ..frame }.titled(title)
    }
}

/// Parameters that tell what has just been done, and nothing of the page.
const DONE: [&str; 2] = ["did", "saved"];

impl Visit {
    /// What the address asks for, without what has just been done.
    fn lasting(&self) -> String {
        let lasting = form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| !DONE.contains(&&**name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(lasting).finish()
    }
}

/// An address in the page's language.
pub(super) fn localised(lang: Lang, path: &str) -> String {
    match lang {
        Lang::Vi => path.to_owned(),
        Lang::En => format!("/en{path}"),
    }
}

/// The picture that stands for shared links where the space has none of its own.
const SHARED: &str = "shared.png";

/// The picture of a link that is shared.
pub(super) struct Picture {
    /// Its address, whole.
    pub url: String,
    pub width: u32,
    pub height: u32,
    /// How large it is shown.
    pub card: &'static str,
}

/// The frame of a page.
pub(super) struct Frame {
    /// The language.
    pub lang: Lang,
    /// The title, without the space's name.
    pub title: String,
    /// One or two sentences for search engines and shared links.
    pub about: String,
    /// Whether the header has a search box.
    pub has_search: bool,
    /// Whether the header leads to the kinds; the page of results has its tabs instead.
    pub has_nav: bool,
    /// Whether search engines may list the page.
    pub is_listed: bool,
    /// Structured data.
    pub json_ld: Option<String>,
    /// Which place of the navigation this is.
    pub place: &'static str,
    /// Whether somebody is signed in.
    pub is_signed_in: bool,
    /// Whose page it is: what was typed is offered again to that account alone.
    pub account: Option<String>,
    /// Whether that somebody works for the space.
    pub is_staff: bool,
    /// Whether that somebody reviews.
    pub is_moderator: bool,
    /// How many notices that somebody has not read.
    pub unread: u64,
    space: Arc<Space>,
    public_url: String,
    here: String,
    /// The parameters that the page was asked for with.
    asked: String,
}

impl Frame {
    pub fn new(lang: Lang, space: Arc<Space>, public_url: &str, here: &str, actor: &Actor) -> Self {
        Self {
            lang,
            title: String::new(),
            about: String::new(),
            has_search: true,
            has_nav: true,
            is_listed: true,
            json_ld: None,
            place: "",
            is_signed_in: actor.account().is_some(),
            account: actor.account().map(|id| id.to_string()),
            is_staff: !actor.staff.is_empty(),
            is_moderator: actor.is_staff(base::StaffRole::Moderator),
            unread: 0,
            space,
            public_url: public_url.to_owned(),
            here: here.to_owned(),
            asked: String::new(),
        }
    }

    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The first sentences of a text, for search engines and shared links.
    pub fn about(mut self, text: &str) -> Self {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.about = match line.char_indices().nth(200) {
            Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default().trim_end()),
            None => line,
        };
        self
    }

    /// The address that counts, where the one asked for has more in it than the page needs.
    pub fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.here);
        self
    }

    /// The address that counts, which says everything that was asked for, so that nothing of the one asked for is added to it.
    pub fn exactly_at(mut self, path: &str) -> Self {
        self.asked.clear();
        self.at(path)
    }

    /// Which place of the navigation it is.
    pub fn placed(mut self, place: &'static str) -> Self {
        self.place = place;
        self
    }

    /// A page with a search box of its own, or with better things to do.
    pub fn without_search(mut self) -> Self {
        self.has_search = false;
        self
    }

    /// A page that search engines leave alone.
    pub fn unlisted(mut self) -> Self {
        self.is_listed = false;
        self
    }

    /// Structured data; `<` is escaped so that nothing in it can end the element.
    pub fn data(mut self, value: &Value) -> Self {
        self.json_ld = Some(value.to_string().replace('<', "\\u003c"));
        self
    }

    /// The attribute of words in another language than the page's (WCAG 3.1.2); nothing for words in its own.
    pub fn in_lang(&self, lang: impl Borrow<Lang>) -> &'static str {
        match *lang.borrow() {
            lang if lang == self.lang => "",
            Lang::Vi => " lang=\"vi\"",
            Lang::En => " lang=\"en\"",
        }
    }

    /// What is wrong with an input, as the sentence beside it says it; of several faults all of them.
    pub fn fault(&self, faults: &[FaultLine], id: impl Display) -> String {
        let id = id.to_string();
        faults.iter().filter(|line| line.id == id).map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What the field of an input is marked with where something is wrong with it.
    pub fn wrong(&self, faults: &[FaultLine], id: impl Display) -> &'static str {
        if self.fault(faults, id).is_empty() { "" } else { " wrong" }
    }

    /// The attributes of an input that say whether something is wrong with it and where it is described: in its hint, which has
    /// this id if there is one, and in its fault.
    pub fn described(&self, faults: &[FaultLine], id: impl Display, hint: impl Display) -> String {
        let (id, hint) = (id.to_string(), hint.to_string());
        match (hint.is_empty(), self.fault(faults, &id).is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!(" aria-describedby=\"{hint}\""),
            (true, false) => format!(" aria-invalid=\"true\" aria-describedby=\"fault:{id}\""),
            (false, false) => format!(" aria-invalid=\"true\" aria-describedby=\"{hint} fault:{id}\""),
        }
    }

    /// A sentence in the page's language.
    pub fn t(&self, key: impl AsRef<str>) -> String {
        messages::say(self.lang, key.as_ref(), &[])
    }

    /// A sentence with one figure or name.
    pub fn t1(&self, key: &str, name: &str, value: &str) -> String {
        messages::say(self.lang, key, &[(name, value)])
    }

    /// A sentence with two figures or names.
    pub fn t2(&self, key: &str, name: &str, value: &str, other: &str, other_value: &str) -> String {
        messages::say(self.lang, key, &[(name, value), (other, other_value)])
    }

    /// A count with its noun.
    pub fn n(&self, key: &str, count: impl std::borrow::Borrow<u64>) -> String {
        messages::say(self.lang, key, &[("count", &super::format::count(self.lang, *count.borrow()))])
    }

    /// A count alone.
    pub fn count(&self, count: &u64) -> String {
        super::format::count(self.lang, *count)
    }

    /// A whole figure of a hundred with its sign.
    pub fn percent(&self, figure: impl std::fmt::Display) -> String {
        super::format::percent(self.lang, &figure.to_string())
    }

    /// An address in the page's language.
    pub fn href(&self, path: &str) -> String {
        localised(self.lang, path)
    }

    /// The address of an asset.
    pub fn asset(&self, path: &str) -> String {
        match &self.space.look.sheet {
            Some(own) if path == "style.css" => format!("/assets/{}", own.name),
            _ => assets::address(path),
        }
    }

    /// The space's own picture for the head of a page, if it has one.
    pub fn logo(&self) -> Option<&Logo> {
        self.space.look.logo.as_ref()
    }

    /// The picture of a link to the page that is shared: the space's own, or the one drawn for all.
    pub fn picture(&self) -> Picture {
        let own = self.space.look.logo.as_ref().and_then(|logo| Some((logo.href.clone(), logo.shared?)));
        let is_own = own.is_some();
        let (href, (width, height)) = own.unwrap_or_else(|| (assets::address(SHARED), assets::size_of_picture(SHARED).unwrap_or_default()));
        Picture { url: format!("{}{href}", self.public_url), width, height, card: if is_own { "summary" } else { "summary_large_image" } }
    }

    /// The accent on white.
    pub fn accent(&self) -> String {
        self.space.look.accent.to_string()
    }

    /// The space's name.
    pub fn space_name(&self) -> &str {
        match self.lang {
            Lang::Vi => &self.space.settings.name_vi,
            Lang::En => &self.space.settings.name_en,
        }
    }

    /// Who runs the space.
    pub fn operator(&self) -> &str {
        match self.lang {
            Lang::Vi => &self.space.settings.operator_vi,
            Lang::En => &self.space.settings.operator_en,
        }
    }

    /// Whether what is shown is invented.
    pub fn is_demonstration(&self) -> bool {
        self.space.settings.demonstration
    }

    /// The title with the space's name.
    pub fn full_title(&self) -> String {
        if self.title.is_empty() { self.space_name().to_owned() } else { format!("{} – {}", self.title, self.space_name()) }
    }

    /// The title alone, or the space's name where there is none.
    pub fn title_or_name(&self) -> &str {
        if self.title.is_empty() { self.space_name() } else { &self.title }
    }

    /// The page's own address, whole.
    pub fn canonical(&self) -> String {
        format!("{}{}", self.public_url, self.href(&self.here))
    }

    /// The page in each language: `hreflang` and address. Where a text is in one language only, both pages are there all the
    /// same, each its own canonical one, and search engines are told that they belong together.
    pub fn alternates(&self) -> Vec<(&'static str, String)> {
        let whole = |lang| format!("{}{}", self.public_url, localised(lang, &self.here));
        vec![("vi", whole(Lang::Vi)), ("en", whole(Lang::En)), ("x-default", whole(Lang::Vi))]
    }

    /// The language that the page is not in.
    pub fn other(&self) -> Lang {
        self.lang.other()
    }

    /// The page in the other language; its first part, for the other language's texts fall into other parts.
    pub fn other_href(&self) -> String {
        let here = self.whereabouts();
        let whole = match here.split_once('?') {
            Some((path, query)) => {
                let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != portion::PART);
                let kept = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                if kept.is_empty() { path.to_owned() } else { format!("{path}?{kept}") }
            }
            None => here,
        };
        localised(self.other(), &whole)
    }

    /// Whether the page was asked for with this value of a parameter.
    pub fn is_asked(&self, name: &str, value: &str) -> bool {
        form_urlencoded::parse(self.asked.as_bytes()).any(|(n, v)| n == name && v == value)
    }

    /// Where the reader is: the address that counts, with what this page was asked for (filters, a part, two versions).
    fn whereabouts(&self) -> String {
        if self.asked.is_empty() || self.here.contains('?') { self.here.clone() } else { format!("{}?{}", self.here, self.asked) }
    }

    /// Where signing in leads back to.
    pub fn sign_in_href(&self) -> String {
        let back = self.href(&self.whereabouts());
        // A very long search is not worth carrying along, escaped twice, on every page.
        if back.contains("/sign-in") || self.here == "/" || back.len() > 1_000 {
            return self.href("/sign-in");
        }
        let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
        format!("{}?next={back}", self.href("/sign-in"))
    }
}

/// A parameter of the address; empty if it is not there.
pub(super) fn parameter(visit: &Visit, name: &str) -> String {
    form_urlencoded::parse(visit.query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap_or_default()
}

/// A parameter of the address as a value; none if it is not there or empty.
///
/// # Errors
/// 400 with its name if it is there and is none.
pub(super) fn parsed<T: std::str::FromStr>(visit: &Visit, name: &str) -> Result<Option<T>, Problem> {
    Some(parameter(visit, name)).filter(|text| !text.is_empty()).map(|text| text.parse().map_err(|_| Problem::parameter(name))).transpose()
}

/// On to another page, with `GET`.
pub(super) fn go(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// A page as an answer.
pub(super) fn page(status: StatusCode, lang: Lang, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_LANGUAGE, lang.code()),
                (header::CACHE_CONTROL, "no-cache"),
            ];
            (status, headers, html).into_response()
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}
