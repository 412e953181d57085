//! The reader's mark on every page of a PDF: name, moment and account, so that a copy tells whose it was.
//!
//! Across the page in grey that can be read through, and in a line at its foot. The standard font Helvetica, which every
//! reader has, knows no Vietnamese marks and no other script, so the name is written in plain letters; the account's address
//! and id beside it say for certain who it is. A document is written anew for it: what was signed digitally is no longer so.
//! Not here: the process in which it is done (`marking`).
//! What cannot be marked on every page is refused when it is handed in: what is locked, damaged, or carries other files.

use std::collections::{BTreeSet, HashMap};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream, dictionary};
use serde::{Deserialize, Serialize};

/// Bytes that one packed piece of a document may unpack to.
const UNPACKED: usize = 32 << 20;
/// Pages of a document at most.
const PAGES: usize = 5_000;
/// What the mark's name among a page's resources begins with.
const NAME: &str = "InnospaceMark";

/// Why a document cannot be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmarkable {
    /// It is locked with a password.
    #[error("locked")]
    Locked,
    /// It cannot be read, or a page cannot be written on.
    #[error("damaged")]
    Damaged,
    /// Other files are attached to it, which would go out unmarked.
    #[error("other files are attached")]
    Attachments,
    /// It has too many pages.
    #[error("too many pages")]
    Pages,
}

impl Unmarkable {
    /// The code of the fault that says so.
    #[must_use]
    pub fn fault(self) -> &'static str {
        match self {
            Self::Locked => "pdf_locked",
            Self::Damaged => "pdf_damaged",
            Self::Attachments => "pdf_attachments",
            Self::Pages => "pdf_pages",
        }
    }

    /// The reason with this fault's code.
    pub(crate) fn of_fault(code: &[u8]) -> Option<Self> {
        [Self::Locked, Self::Damaged, Self::Attachments, Self::Pages].into_iter().find(|why| why.fault().as_bytes() == code)
    }
}

impl From<lopdf::Error> for Unmarkable {
    fn from(_: lopdf::Error) -> Self {
        Self::Damaged
    }
}

/// What is written on each page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Across the page.
    pub across: String,
    /// At its foot.
    pub foot: String,
}

impl Mark {
    /// The mark of a reader at a moment. A name in letters of which nothing can be made is not written; their address stands for
    /// it.
    #[must_use]
    pub fn of(name: &str, address: &str, account: base::AccountId, at: chrono::DateTime<chrono::Utc>) -> Self {
        let (name, address) = (plain(name, NAME_MAX), plain(address, ADDRESS_MAX));
        let at = at.format("%Y-%m-%d %H:%M:%S UTC");
        if name.is_empty() || name.contains(UNKNOWN) {
            return Self { across: format!("{address}  {at}"), foot: format!("{address} - {at} - {account}") };
        }
        Self { across: format!("{name}  {at}"), foot: format!("{name} - {address} - {at} - {account}") }
    }
}

/// What stands for a letter that nothing is known of. Nobody's name has it.
const UNKNOWN: char = '?';
/// Letters of a name and of an address at most.
const NAME_MAX: usize = 80;
const ADDRESS_MAX: usize = 120;

/// The text in letters that Helvetica has.
fn plain(text: &str, max: usize) -> String {
    let text = deunicode::deunicode_with_tofu(text, "?");
    let text: String = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(max).collect();
    text.trim().to_owned()
}

/// The document with the mark on every page. Takes some times its size in memory and a moment of a processor.
///
/// # Errors
/// [`Unmarkable`] if not every page can be marked.
pub fn marked(pdf: &[u8], mark: &Mark) -> Result<Vec<u8>, Unmarkable> {
    let mut document = load(pdf)?;
    let pages: BTreeSet<ObjectId> = document.page_iter().take(PAGES + 1).collect();
    if pages.is_empty() {
        return Err(Unmarkable::Damaged);
    }
    if pages.len() > PAGES {
        return Err(Unmarkable::Pages);
    }
    let font = document.try_add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    })?;
    let mut forms: HashMap<(u32, u32), ObjectId> = HashMap::new();
    for page in pages {
        let place = Place::of(&document, page)?;
        let form = match forms.get(&place.size()) {
            Some(form) => *form,
            None => {
                let form = document.try_add_object(form(&place, font, mark))?;
                forms.insert(place.size(), form);
                form
            }
        };
        put(&mut document, page, form, &place)?;
    }
    let mut out = Vec::with_capacity(pdf.len() + 4_096);
    document.save_to(&mut out).map_err(|_| Unmarkable::Damaged)?;
    Ok(out)
}

/// Whether the document can be marked, and is still a whole document with its mark on every page afterwards.
///
/// # Errors
/// [`Unmarkable`] if not.
pub fn try_out(pdf: &[u8]) -> Result<(), Unmarkable> {
    let before = load(pdf)?.page_iter().take(PAGES + 1).count();
    let mark = Mark { across: "trial".to_owned(), foot: "trial".to_owned() };
    let after = load(&marked(pdf, &mark)?)?;
    let pages: Vec<ObjectId> = after.page_iter().collect();
    let all =
        pages.len() == before && pages.iter().all(|page| Place::of(&after, *page).is_ok_and(|place| is_marked(&after, *page, &place)));
    if all { Ok(()) } else { Err(Unmarkable::Damaged) }
}

fn load(pdf: &[u8]) -> Result<Document, Unmarkable> {
    let options = LoadOptions { max_decompressed_size: Some(UNPACKED), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(pdf, options).map_err(|error| match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => Unmarkable::Locked,
        // A lock of another make is told by its name alone.
        _ if pdf.windows(8).any(|w| w == b"/Encrypt") => Unmarkable::Locked,
        _ => Unmarkable::Damaged,
    })?;
    // With an empty password a locked document may open; who locked it did not want it written anew.
    if document.is_encrypted() || document.was_encrypted() {
        return Err(Unmarkable::Locked);
    }
    if carries_files(&document) { Err(Unmarkable::Attachments) } else { Ok(document) }
}

/// Whether other files lie anywhere in a document: in whatever is written within whatever, be it told of or not. What is only
/// referred to is looked at where it is written.
fn carries_files(document: &Document) -> bool {
    let carries =
        |dictionary: &Dictionary| dictionary.has(b"EF") || dictionary.has(b"EmbeddedFiles") || dictionary.has_type(b"EmbeddedFile");
    let mut left: Vec<&Object> = document.objects.values().chain(document.trailer.iter().map(|(_, object)| object)).collect();
    while let Some(object) = left.pop() {
        let dictionary = match object {
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => &stream.dict,
            Object::Array(items) => {
                left.extend(items);
                continue;
            }
            _ => continue,
        };
        if carries(dictionary) {
            return true;
        }
        left.extend(dictionary.iter().map(|(_, object)| object));
    }
    false
}

/// Where a page lies and how it is turned.
struct Place {
    left: f32,
    low: f32,
    right: f32,
    high: f32,
    turn: i64,
    /// As it is seen.
    width: f32,
    height: f32,
}

impl Place {
    fn of(document: &Document, page: ObjectId) -> Result<Self, Unmarkable> {
        let inherited = |key: &[u8]| {
            let mut node = document.get_dictionary(page).ok()?;
            for _ in 0..64 {
                if let Ok(value) = node.get_deref(key, document) {
                    return Some(value);
                }
                node = node.get_deref(b"Parent", document).and_then(Object::as_dict).ok()?;
            }
            None
        };
        let found = inherited(b"CropBox").or_else(|| inherited(b"MediaBox")).and_then(|o| o.as_array().ok());
        let numbers: Vec<f32> = found
            .into_iter()
            .flatten()
            .filter_map(|n| document.dereference(n).ok().and_then(|(_, n)| n.as_float().ok()))
            .filter(|n| n.is_finite())
            .collect();
        // A page that does not say how large it is, is a letter page by the standard's readers.
        let (a, b, c, d) = match numbers.as_slice() {
            [a, b, c, d] => (*a, *b, *c, *d),
            [] => (0.0, 0.0, 612.0, 792.0),
            _ => return Err(Unmarkable::Damaged),
        };
        let (left, right, low, high) = (a.min(c), a.max(c), b.min(d), b.max(d));
        let turn = inherited(b"Rotate").and_then(|o| o.as_i64().ok()).unwrap_or(0).rem_euclid(360);
        let (width, height) = if turn == 90 || turn == 270 { (high - low, right - left) } else { (right - left, high - low) };
        if !(1.0..=20_000.0).contains(&width) || !(1.0..=20_000.0).contains(&height) {
            return Err(Unmarkable::Damaged);
        }
        Ok(Self { left, low, right, high, turn, width, height })
    }

    /// What pages have alike that have the same mark.
    fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    /// The mark's name on such a page: pages of different sizes may share their resources.
    fn name(&self) -> String {
        let (width, height) = self.size();
        format!("{NAME}{width}x{height}")
    }

    /// What turns the page as it is seen into the page as it is written.
    fn matrix(&self) -> String {
        let Self { left, low, right, high, .. } = self;
        match self.turn {
            90 => format!("0 1 -1 0 {right} {low}"),
            180 => format!("-1 0 0 -1 {right} {high}"),
            270 => format!("0 -1 1 0 {left} {high}"),
            _ => format!("1 0 0 1 {left} {low}"),
        }
    }
}

/// The mark as a picture of the page's size.
fn form(place: &Place, font: ObjectId, mark: &Mark) -> Stream {
    let (width, height) = (place.width, place.height);
    let hex = |text: &str| hex::encode(text);
    // A letter of Helvetica is about half as wide as it is high.
    let fits = |room: f32, text: &str, most: f32| (room / (text.len().max(1) as f32 * 0.55)).min(most);
    let slope = (width * width + height * height).sqrt();
    let (cos, sin) = (width / slope, height / slope);
    let large = fits(slope * 0.8, &mark.across, 36.0);
    let small = fits(width * 0.94, &mark.foot, 8.0);
    let (x, y) = (width * 0.1 + large * 0.3 * sin, height * 0.1 - large * 0.3 * cos);
    let content = format!(
        "q /Faint gs 0.35 g BT /F {large} Tf {cos} {sin} -{sin} {cos} {x} {y} Tm <{}> Tj ET Q\n\
         q 1 g 0 0 {width} {} re f 0.1 g BT /F {small} Tf {} {} Td <{}> Tj ET Q\n",
        hex(&mark.across),
        small * 1.6,
        width * 0.03,
        small * 0.5,
        hex(&mark.foot),
    );
    let resources = dictionary! {
        "Font" => dictionary! { "F" => font },
        "ExtGState" => dictionary! { "Faint" => dictionary! { "Type" => "ExtGState", "ca" => 0.3_f32 } },
    };
    let dictionary = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => vec![Object::Real(0.0), Object::Real(0.0), Object::Real(width), Object::Real(height)],
        "Resources" => resources,
    };
    Stream::new(dictionary, content.into_bytes())
}

/// Draws the mark over a page, whatever the page's own contents left behind.
fn put(document: &mut Document, page: ObjectId, form: ObjectId, place: &Place) -> Result<(), Unmarkable> {
    document.add_xobject(page, place.name(), form)?;
    let own: Vec<Object> = document.get_page_contents(page).into_iter().map(Object::Reference).collect();
    let before = document.try_add_object(Stream::new(Dictionary::new(), b"q\n".to_vec()))?;
    let after = format!("\nQ\nq {} cm /{} Do Q\n", place.matrix(), place.name());
    let after = document.try_add_object(Stream::new(Dictionary::new(), after.into_bytes()))?;
    let contents = std::iter::once(Object::Reference(before)).chain(own).chain([Object::Reference(after)]).collect::<Vec<_>>();
    document.get_object_mut(page)?.as_dict_mut()?.set("Contents", contents);
    if is_marked(document, page, place) { Ok(()) } else { Err(Unmarkable::Damaged) }
}

/// Whether a page has the mark among what it draws, and draws it last.
fn is_marked(document: &Document, page: ObjectId, place: &Place) -> bool {
    let name = place.name();
    let Ok(own) = document.get_dictionary(page) else { return false };
    let resources = own.get_deref(b"Resources", document).and_then(Object::as_dict);
    let forms = resources.and_then(|r| r.get_deref(b"XObject", document)).and_then(Object::as_dict);
    let has = forms.is_ok_and(|forms| forms.get_deref(name.as_bytes(), document).is_ok());
    let last = document.get_page_contents(page).pop().and_then(|id| document.get_object(id).ok());
    let draws = last.and_then(|o| o.as_stream().ok()).and_then(|s| s.get_plain_content().ok());
    has && draws.is_some_and(|content| String::from_utf8_lossy(&content).contains(&format!("/{name} Do")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdf(pages: Vec<Dictionary>) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let kids: Vec<Object> = pages
            .into_iter()
            .map(|mut page| {
                let content = document.add_object(Stream::new(dictionary! {}, b"0 0 10 10 re f".to_vec()));
                page.set("Type", "Page");
                page.set("Parent", tree);
                page.set("Contents", content);
                document.add_object(page).into()
            })
            .collect();
        let count = i64::try_from(kids.len()).unwrap();
        let media: Vec<Object> = vec![0.into(), 0.into(), 595.into(), 842.into()];
        document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count, "MediaBox" => media }.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut out = Vec::new();
        document.save_to(&mut out).unwrap();
        out
    }

    /// What is drawn last on each page.
    fn last_drawn(pdf: &[u8]) -> Vec<String> {
        let document = Document::load_mem(pdf).unwrap();
        let last = |page| document.get_object(*document.get_page_contents(page).last().unwrap()).unwrap().as_stream().unwrap().clone();
        document.page_iter().map(|page| String::from_utf8(last(page).get_plain_content().unwrap()).unwrap()).collect()
    }

    #[test]
    fn every_page_is_marked_upright_whatever_its_box_and_turn() {
        let moved: Vec<Object> = vec![100.into(), 50.into(), 300.into(), 450.into()];
        let pages = vec![
            dictionary! {},
            dictionary! { "Rotate" => 90 },
            dictionary! { "Rotate" => 180 },
            dictionary! { "Rotate" => -90 },
            dictionary! { "CropBox" => moved },
        ];
        let plain = pdf(pages);
        let mark = Mark { across: "Lan".to_owned(), foot: "Lan (1)".to_owned() };
        let marked = marked(&plain, &mark).unwrap();
        let drawn = last_drawn(&marked);
        for (drawn, placed) in drawn.iter().zip([
            "1 0 0 1 0 0 cm /InnospaceMark595x842 Do",
            "0 1 -1 0 595 0 cm /InnospaceMark842x595 Do",
            "-1 0 0 -1 595 842 cm /InnospaceMark595x842 Do",
            "0 -1 1 0 0 842 cm /InnospaceMark842x595 Do",
            "1 0 0 1 100 50 cm /InnospaceMark200x400 Do",
        ]) {
            assert!(drawn.contains(placed), "{placed}: {drawn}");
        }
        assert_eq!(drawn.len(), 5);
        // Marking what is marked already puts the new mark over the old one.
        assert_eq!(try_out(&marked), Ok(()));
        assert_eq!(try_out(&plain), Ok(()));
    }

    #[test]
    fn pages_of_different_sizes_that_share_their_resources_have_each_its_own_mark() {
        let small: Vec<Object> = vec![0.into(), 0.into(), 200.into(), 100.into()];
        let mut document =
            Document::load_mem(&pdf(vec![dictionary! {}, dictionary! { "MediaBox" => small }, dictionary! { "Rotate" => 90 }])).unwrap();
        let shared = document.add_object(dictionary! { "XObject" => dictionary! {} });
        for page in document.page_iter().collect::<Vec<_>>() {
            document.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Resources", shared);
        }
        let mut plain = Vec::new();
        document.save_to(&mut plain).unwrap();
        assert_eq!(try_out(&plain), Ok(()));
        let marked = Document::load_mem(&marked(&plain, &Mark { across: "Lan".to_owned(), foot: "Lan (1)".to_owned() }).unwrap()).unwrap();
        // What is drawn last is of the size of the page as it is seen.
        let drawn: Vec<Vec<f32>> = marked
            .page_iter()
            .map(|page| {
                let last = marked.get_object(*marked.get_page_contents(page).last().unwrap()).unwrap().as_stream().unwrap();
                let text = String::from_utf8(last.get_plain_content().unwrap()).unwrap();
                let name = text.split('/').nth(1).unwrap().split(' ').next().unwrap().to_owned();
                let resources = marked.get_dictionary(page).unwrap().get_deref(b"Resources", &marked).unwrap().as_dict().unwrap();
                let forms = resources.get_deref(b"XObject", &marked).unwrap().as_dict().unwrap();
                let form = forms.get_deref(name.as_bytes(), &marked).unwrap().as_stream().unwrap();
                form.dict.get(b"BBox").unwrap().as_array().unwrap().iter().map(|n| n.as_float().unwrap()).collect()
            })
            .collect();
        assert_eq!(drawn, [vec![0.0, 0.0, 595.0, 842.0], vec![0.0, 0.0, 200.0, 100.0], vec![0.0, 0.0, 842.0, 595.0]]);
    }

    #[test]
    fn files_in_a_document_are_found_wherever_they_are_written() {
        type Add<'a> = &'a dyn Fn(&mut Document) -> Object;
        let with = |add: Add<'_>| {
            let mut document = Document::load_mem(&pdf(vec![dictionary! {}])).unwrap();
            let object = add(&mut document);
            document.add_object(object);
            let mut out = Vec::new();
            document.save_to(&mut out).unwrap();
            try_out(&out)
        };
        let file = |document: &mut Document| {
            let inner = document.add_object(Stream::new(dictionary! {}, b"inner".to_vec()));
            Object::from(dictionary! { "Type" => "Filespec", "EF" => dictionary! { "F" => inner } })
        };
        assert_eq!(with(&|_| dictionary! { "Any" => vec![1.into(), dictionary! {}.into()] }.into()), Ok(()));
        let ways: [(&str, Add<'_>); 5] = [
            ("a dictionary", &file),
            ("an array", &|document| Object::Array(vec![file(document)])),
            ("an array in an array", &|document| Object::Array(vec![Object::Array(vec![dictionary! { "FS" => file(document) }.into()])])),
            ("what goes with a stream", &|document| Stream::new(dictionary! { "AF" => vec![file(document)] }, b"q Q".to_vec()).into()),
            ("very deep", &|document| (0..30).fold(file(document), |inner, _| dictionary! { "A" => inner }.into())),
        ];
        for (name, way) in ways {
            assert_eq!(with(way), Err(Unmarkable::Attachments), "{name}");
        }
    }

    #[test]
    fn a_page_without_a_size_or_with_a_senseless_one_is_no_loophole() {
        let senseless: Vec<Object> = vec![0.into(), 0.into(), 0.into(), 0.into()];
        assert_eq!(try_out(&pdf(vec![dictionary! { "MediaBox" => senseless }])), Err(Unmarkable::Damaged));
        assert_eq!(try_out(&pdf(vec![dictionary! { "Resources" => 7 }])), Err(Unmarkable::Damaged));
        assert_eq!(try_out(&pdf(Vec::new())), Err(Unmarkable::Damaged));
        for bad in [&b""[..], b"%PDF-1.7", b"no document"] {
            assert_eq!(try_out(bad), Err(Unmarkable::Damaged));
        }
        let whole = pdf(vec![dictionary! {}]);
        for cut in (0..whole.len()).step_by(7) {
            // Whatever is left of it: it is marked, or it is refused.
            if try_out(&whole[..cut]).is_ok() {
                assert_eq!(last_drawn(&marked(&whole[..cut], &Mark { across: "a".into(), foot: "b".into() }).unwrap()).len(), 1);
            }
        }
    }

    #[test]
    fn a_name_is_written_in_the_letters_that_the_font_has() {
        let account = base::AccountId(uuid::Uuid::nil());
        let of = |name: &str| Mark::of(name, "lan@example.org", account, chrono::DateTime::UNIX_EPOCH);
        let mark = of("Nguyễn Thị Đào (Lan) 林");
        assert_eq!(mark.across, "Nguyen Thi Dao (Lan) Lin  1970-01-01 00:00:00 UTC");
        assert_eq!(
            mark.foot,
            "Nguyen Thi Dao (Lan) Lin - lan@example.org - 1970-01-01 00:00:00 UTC - 00000000-0000-0000-0000-000000000000"
        );
        for (name, read) in [("Иван Петров", "Ivan Petrov"), ("김민수", "gimminsu"), ("佐藤", "Zuo Teng"), ("สมชาย", "smchaay")]
        {
            assert_eq!(of(name).across, format!("{read}  1970-01-01 00:00:00 UTC"), "{name}");
        }
        // Letters that nobody knows, or none at all: the address stands for the name, and nothing unreadable beside it.
        for name in ["\u{e000}\u{e001}", " ", "\u{f0000}Lan"] {
            assert_eq!(of(name).across, "lan@example.org  1970-01-01 00:00:00 UTC", "{name:?}");
            assert!(of(name).foot.starts_with("lan@example.org - 1970"), "{}", of(name).foot);
        }
    }
}
