//! What a space may change of its looks: the accent and the logo. Both are read and checked at start, so that a page
//! nobody can read is a line on the terminal and not a complaint.
//!
//! From the accent all that goes with it is mixed: the stronger one of what the pointer is on, what is written on it, the
//! wash beneath chips. The built-in looks are those of `assets/style.css`; what is changed is appended to that sheet, for
//! the policy of the pages allows no style inside them.

pub mod colour;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::app::SpaceSettings;
use crate::web::assets;

pub use colour::{Colour, NoColour};

/// The accent in light and in dark, as the style sheet has them.
const LIGHT: Colour = Colour::new(0x0b, 0x6b, 0x43);
const DARK: Colour = Colour::new(0x62, 0xc9, 0x98);
/// What the accent is read on: paper and wash of the style sheet.
const LIGHT_GROUNDS: [Colour; 2] = [Colour::new(0xff, 0xff, 0xff), Colour::new(0xf5, 0xf7, 0xf4)];
const DARK_GROUNDS: [Colour; 2] = [Colour::new(0x12, 0x18, 0x15), Colour::new(0x1a, 0x22, 0x1e)];
const WHITE: Colour = Colour::new(0xff, 0xff, 0xff);
const BLACK: Colour = Colour::new(0, 0, 0);

/// The least contrast of text: WCAG 2.2, 1.4.3.
const CONTRAST_MIN: f64 = 4.5;
/// A logo is part of every page.
const LOGO_MAX_BYTES: u64 = 64 * 1_024;
/// The least width and height of a picture of a shared link; smaller ones are not shown.
const SHARED_MIN: u32 = 200;
/// Room for a logo in the head of a page.
const LOGO_HEIGHT: f64 = 32.0;
const LOGO_MAX_WIDTH: f64 = 200.0;

/// What is wrong with the looks that were asked for.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// No colour at all.
    #[error("space.{setting}: {cause}")]
    NoColour {
        /// Which setting.
        setting: &'static str,
        /// Why.
        cause: NoColour,
    },
    /// A colour that cannot be read where it is used.
    #[error(
        "space.{setting}: {text} on {ground} has a contrast of {contrast:.2} to 1, and text needs 4.5 to 1 (WCAG 2.2, 1.4.3); \
         choose a {way} colour"
    )]
    Faint {
        /// Which setting.
        setting: &'static str,
        /// What would be written.
        text: Colour,
        /// On what.
        ground: Colour,
        /// How well it can be told apart.
        contrast: f64,
        /// What would help.
        way: &'static str,
    },
    /// A logo that cannot be read.
    #[error("space.logo: {} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A logo that every page would have to carry.
    #[error("space.logo: {} is larger than {} KB", .0.display(), LOGO_MAX_BYTES / 1_024)]
    Heavy(PathBuf),
    /// A file that is neither.
    #[error("space.logo: {} is neither an SVG that says its size (viewBox, or width and height) nor a PNG", .0.display())]
    NoLogo(PathBuf),
}

/// The accent and what goes with it, in one of light and dark.
#[derive(Clone, Copy, Debug)]
struct Palette {
    accent: Colour,
    strong: Colour,
    on_accent: Colour,
    wash: Colour,
}

impl Palette {
    fn light(accent: Colour) -> Self {
        let [paper, _] = LIGHT_GROUNDS;
        Self { accent, strong: accent.mixed(74, BLACK), on_accent: paper, wash: accent.mixed(10, paper) }
    }

    fn dark(accent: Colour) -> Self {
        let [paper, _] = DARK_GROUNDS;
        Self { accent, strong: accent.mixed(70, WHITE), on_accent: paper, wash: accent.mixed(15, paper) }
    }

    /// The worst of what is written with these colours: text, ground, contrast.
    fn faintest(&self, grounds: [Colour; 2]) -> (Colour, Colour, f64) {
        let [paper, wash] = grounds;
        let texts = [
            (self.accent, paper),
            (self.accent, wash),
            (self.accent, self.wash),
            (self.strong, self.wash),
            (self.on_accent, self.accent),
            (self.on_accent, self.strong),
        ];
        let all = texts.map(|(text, ground)| (text, ground, text.contrast(ground)));
        all.into_iter().min_by(|a, b| a.2.total_cmp(&b.2)).unwrap_or((self.accent, paper, 1.0))
    }

    fn checked(self, setting: &'static str, grounds: [Colour; 2], way: &'static str) -> Result<Self, LookError> {
        match self.faintest(grounds) {
            (.., contrast) if contrast >= CONTRAST_MIN => Ok(self),
            (text, ground, contrast) => Err(LookError::Faint { setting, text, ground, contrast, way }),
        }
    }

    fn rules(&self) -> String {
        let Self { accent, strong, on_accent, wash } = self;
        format!(":root{{--accent:{accent};--accent-strong:{strong};--on-accent:{on_accent};--accent-wash:{wash}}}")
    }
}

/// A picture in the head of every page.
#[derive(Clone, Debug)]
pub struct Logo {
    /// Its address.
    pub href: String,
    /// Width and height on the page, so that nothing moves when it comes.
    pub width: u32,
    /// As `width`.
    pub height: u32,
    /// Its own width and height, where it can stand for a link that is shared: where those are shown, drawings are not.
    pub shared: Option<(u32, u32)>,
}

/// A file that only this space has.
#[derive(Clone, Debug)]
pub(crate) struct OwnFile {
    /// Its name, with its hash.
    pub name: String,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// How the space looks, checked.
#[derive(Clone, Debug)]
pub struct Look {
    /// The accent on white, for drawings to take away and the mark in the browser's tab.
    pub accent: Colour,
    /// The logo, if it has one of its own.
    pub logo: Option<Logo>,
    /// The style sheet with the space's colours, if it has its own.
    pub(crate) sheet: Option<OwnFile>,
    logo_file: Option<OwnFile>,
}

/// A space's settings together with the looks that they ask for.
#[derive(Clone, Debug)]
pub struct Space {
    /// What it calls itself.
    pub settings: SpaceSettings,
    /// How it looks.
    pub look: Look,
}

impl Space {
    /// Reads the logo and checks the colours.
    ///
    /// # Errors
    /// If the accent is none, or cannot be read where it is used, or if the logo is not one.
    pub fn open(settings: SpaceSettings) -> Result<Self, LookError> {
        Ok(Self { look: Look::of(&settings)?, settings })
    }
}

impl Look {
    fn of(settings: &SpaceSettings) -> Result<Self, LookError> {
        let colour = |setting: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse::<Colour>).transpose();
            parsed.map_err(|cause| LookError::NoColour { setting, cause })
        };
        let light = colour("accent", &settings.accent)?;
        let dark = colour("accent_dark", &settings.accent_dark)?;
        let logo = settings.logo.as_deref().map(read_logo).transpose()?;
        let accent = light.unwrap_or(LIGHT);
        let sheet = if light.is_some() || dark.is_some() { Some(own_sheet(accent, light.is_some(), dark)?) } else { None };
        let (logo, logo_file) = logo.unzip();
        Ok(Self { accent, logo, sheet, logo_file })
    }

    /// A file that only this space has, by its hashed name.
    pub(crate) fn file(&self, name: &str) -> Option<&OwnFile> {
        [&self.sheet, &self.logo_file].into_iter().flatten().find(|file| file.name == name)
    }
}

/// The style sheet with other colours.
fn own_sheet(accent: Colour, is_other: bool, dark: Option<Colour>) -> Result<OwnFile, LookError> {
    let light = Palette::light(accent).checked("accent", LIGHT_GROUNDS, "darker")?;
    let dark = match dark {
        Some(dark) => Palette::dark(dark).checked("accent_dark", DARK_GROUNDS, "lighter")?,
        None if is_other => lightened(accent),
        None => Palette::dark(DARK),
    };
    let (mut css, light, dark) = (assets::style_sheet().into_owned(), light.rules(), dark.rules());
    // What is printed is on white whatever the screen is.
    let _ = write!(css, "\n{light}\n@media (prefers-color-scheme: dark){{{dark}}}\n@media print{{{light}}}\n");
    let body = css.into_bytes();
    Ok(OwnFile { name: assets::hashed("style.css", &body), content_type: "text/css; charset=utf-8", body })
}

/// The accent of the dark that goes with that of the light: with as much white in it as can be read.
fn lightened(accent: Colour) -> Palette {
    let mut mixtures = (0..=100).rev().step_by(5).map(|percent| Palette::dark(accent.mixed(percent, WHITE)));
    mixtures.find(|p| p.faintest(DARK_GROUNDS).2 >= CONTRAST_MIN).unwrap_or_else(|| Palette::dark(DARK))
}

fn read_logo(path: &Path) -> Result<(Logo, OwnFile), LookError> {
    let unreadable = |cause| LookError::Unreadable { path: path.to_owned(), cause };
    // Its size first: whatever the name leads to is not read whole to find out.
    if std::fs::metadata(path).map_err(unreadable)?.len() > LOGO_MAX_BYTES {
        return Err(LookError::Heavy(path.to_owned()));
    }
    let body = std::fs::read(path).map_err(unreadable)?;
    let raster = assets::size_of_png(&body);
    let (plain, content_type, size) = match raster {
        Some((width, height)) => ("logo.png", "image/png", Some((f64::from(width), f64::from(height)))),
        None => ("logo.svg", "image/svg+xml", size_of_svg(&String::from_utf8_lossy(&body))),
    };
    let (width, height) = size.filter(|(w, h)| *w > 0.0 && *h > 0.0).ok_or_else(|| LookError::NoLogo(path.to_owned()))?;
    let scale = (LOGO_HEIGHT / height).min(LOGO_MAX_WIDTH / width);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 200 pixels")]
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    let name = assets::hashed(plain, &body);
    let shared = raster.filter(|(width, height)| *width.min(height) >= SHARED_MIN);
    let logo = Logo { href: format!("/assets/{name}"), width: pixels(width), height: pixels(height), shared };
    Ok((logo, OwnFile { name, content_type, body }))
}

/// What an attribute of a tag says.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let before = |space: char| format!("{space}{name}=");
    let (_, rest) = [' ', '\n', '\t'].into_iter().find_map(|space| tag.split_once(&before(space)))?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split(quote).next()
}

/// Width and height that an SVG says of itself; of its box, where it has one.
fn size_of_svg(text: &str) -> Option<(f64, f64)> {
    let (_, tag) = text.split_once("<svg")?;
    let (tag, _) = tag.split_once('>')?;
    let figure = |text: &str| text.trim().trim_end_matches("px").parse::<f64>().ok().filter(|n| n.is_finite());
    if let Some(seen) = attribute(tag, "viewBox") {
        let mut sides = seen.split([' ', ',']).filter(|part| !part.is_empty()).skip(2);
        return Some((figure(sides.next()?)?, figure(sides.next()?)?));
    }
    Some((figure(attribute(tag, "width")?)?, figure(attribute(tag, "height")?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SpaceSettings {
        toml::from_str(&base::defaults::text("space.toml").unwrap()).unwrap()
    }

    fn open(accent: Option<&str>, dark: Option<&str>) -> Result<Look, LookError> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Space::open(SpaceSettings { accent: own(accent), accent_dark: own(dark), ..settings() }).map(|space| space.look)
    }

    #[test]
    fn the_colours_here_are_those_of_the_style_sheet() {
        let css = assets::style_sheet();
        let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
        let has = |css: &str, token: &str, colour: Colour| assert!(css.contains(&format!("--{token}: {colour};")), "{token} {colour}");
        for (css, accent, [paper, wash]) in [(light, LIGHT, LIGHT_GROUNDS), (dark, DARK, DARK_GROUNDS)] {
            has(css, "accent", accent);
            has(css, "paper", paper);
            has(css, "wash", wash);
        }
    }

    #[test]
    fn the_built_in_accents_can_be_read_where_they_are_used() {
        assert!(Palette::light(LIGHT).checked("accent", LIGHT_GROUNDS, "").is_ok());
        assert!(Palette::dark(DARK).checked("accent_dark", DARK_GROUNDS, "").is_ok());
        let look = open(None, None).unwrap();
        assert!(look.sheet.is_none() && look.logo.is_none(), "nothing of its own is served where nothing was asked for");
    }

    #[test]
    fn an_accent_that_cannot_be_read_is_refused_with_a_line_that_says_why() {
        let said = open(Some("#ffcc00"), None).unwrap_err().to_string();
        assert!(said.contains("space.accent: ") && said.contains("4.5 to 1") && said.contains("choose a darker colour"), "{said}");
        let said = open(Some("#004a99"), Some("#202830")).unwrap_err().to_string();
        assert!(said.contains("space.accent_dark: ") && said.contains("choose a lighter colour"), "{said}");
        let said = open(Some("blue"), None).unwrap_err().to_string();
        assert!(said.contains("space.accent: \"blue\" is no colour"), "{said}");
    }

    #[test]
    fn an_accent_of_the_light_brings_one_for_the_dark() {
        for accent in ["#004a99", "#5b2a86", "#000000", "#7a1f1f"] {
            let look = open(Some(accent), None).unwrap();
            let sheet = String::from_utf8(look.sheet.unwrap().body).unwrap();
            assert!(sheet.contains(&format!("\n:root{{--accent:{accent};")), "{accent}");
            assert!(lightened(accent.parse().unwrap()).faintest(DARK_GROUNDS).2 >= CONTRAST_MIN, "{accent}");
            assert!(sheet.contains(&format!("@media print{{:root{{--accent:{accent};")), "{accent}");
        }
    }

    #[test]
    fn an_svg_says_its_size_in_its_box_or_itself() {
        assert_eq!(size_of_svg("<?xml?><svg xmlns='x' viewBox=\"0 0 64 32\" width='9'><path/></svg>"), Some((64.0, 32.0)));
        assert_eq!(size_of_svg("<svg width=\"40px\" height='20'/>"), Some((40.0, 20.0)));
        assert_eq!(size_of_svg("<svg><path/></svg>"), None);
        assert_eq!(size_of_svg("a text"), None);
    }

    #[test]
    fn a_logo_is_small_and_is_a_picture() {
        let folder = tempfile::tempdir().unwrap();
        let logo = |name: &str, body: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, body).unwrap();
            Space::open(SpaceSettings { logo: Some(path), ..settings() }).map(|space| space.look)
        };
        let look = logo("wide.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 100\"></svg>").unwrap();
        let shown = look.logo.clone().unwrap();
        assert_eq!((shown.width, shown.height), (200, 25));
        assert!(look.file(shown.href.strip_prefix("/assets/").unwrap()).is_some());
        assert!(matches!(logo("text.svg", b"a text").unwrap_err(), LookError::NoLogo(_)));
        assert!(matches!(logo("large.svg", &[b' '; 70_000]).unwrap_err(), LookError::Heavy(_)));
        let missing = Space::open(SpaceSettings { logo: Some(folder.path().join("none.png")), ..settings() });
        assert!(matches!(missing.unwrap_err(), LookError::Unreadable { .. }));
    }
}
