//! What a unit measures and how much of the base unit one of it is, so that 5 t/h can be compared with 4,000 kg/h.
//!
//! The table is data (`config/units.toml`); compounds (`kWh/kg`, `m³/ngày`, `triệu đồng/ha`) are taken apart here. A
//! unit that is not in the table is only comparable with itself: an absurd one compares with nothing and breaks nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::fold::folded;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The longest unit that is looked at, in characters.
const MAX_CHARS: usize = 40;
/// The most pieces of a compound.
const MAX_PIECES: usize = 8;
/// Prefixes that differ by case alone: a thousandth must not be read as a million.
const CASED_PREFIXES: [char; 4] = ['m', 'M', 'p', 'P'];

/// What is measured from an agreed point and not from nothing, as the table calls it.
const INTERVALS: [&str; 3] = ["celsius", "fahrenheit", "ph"];
/// The same for units that are not in the table, without marks and case.
const INTERVAL_NAMES: [&str; 3] = ["°f", "ºf", "do f"];

/// What something measures: powers of base quantities, such as `mass 1, time -1`.
pub type Measures = BTreeMap<String, i32>;

/// A unit, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// How much of the base unit one of it is.
    pub factor: f64,
    /// What it measures.
    pub measures: Measures,
}

impl Unit {
    /// The figure in the other unit; none if the two measure different things.
    #[must_use]
    pub fn convert(&self, figure: f64, to: &Self) -> Option<f64> {
        let converted = figure * self.factor / to.factor;
        (self.measures == to.measures && converted.is_finite()).then_some(converted)
    }
}

/// The table of units.
#[derive(Clone, Debug, Default)]
pub struct Units {
    exact: HashMap<String, Unit>,
    /// By the name without marks and case, where it is one unit's alone.
    plain: HashMap<String, Unit>,
    multipliers: HashMap<String, f64>,
    /// Of the text it was read from.
    hash: [u8; 32],
}

/// The table does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub enum UnitsError {
    /// There is no such file.
    #[error("config/units.toml is missing")]
    Missing,
    /// It is not the TOML it should be.
    #[error("config/units.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// A name stands twice or a factor is no positive number.
    #[error("config/units.toml: unit {0:?} stands twice or has no positive factor")]
    Unit(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "for the reader of the file")]
    version: String,
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
    multipliers: BTreeMap<String, f64>,
    unit: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    names: Vec<String>,
    factor: f64,
    measures: Measures,
}

impl Units {
    /// The table the program was built with.
    ///
    /// # Errors
    /// [`UnitsError`] if the file is not what it should be.
    pub fn built_in() -> Result<Self, UnitsError> {
        Self::parse(&base::defaults::text("units.toml").ok_or(UnitsError::Missing)?)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`UnitsError`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, UnitsError> {
        let file: File = toml::from_str(text)?;
        let mut table = Self { hash: Sha256::digest(text.as_bytes()).into(), ..Self::default() };
        let mut shared: HashMap<String, usize> = HashMap::new();
        for row in &file.unit {
            let plain: std::collections::BTreeSet<String> = row.names.iter().map(|n| folded(n)).collect();
            for name in plain {
                *shared.entry(name).or_default() += 1;
            }
        }
        for row in file.unit {
            let unit = Unit { factor: row.factor, measures: row.measures };
            for name in row.names {
                if !(unit.factor.is_finite() && unit.factor > 0.0) || table.exact.contains_key(&name) {
                    return Err(UnitsError::Unit(name));
                }
                table.exact.insert(name, unit.clone());
            }
        }
        // Symbols that are short or have a prefix differ by case alone: mW is no MW, and mPa is no MPa.
        let cased: HashSet<String> = table.exact.keys().filter(|name| table.has_cased_prefix(name)).map(|name| folded(name)).collect();
        for (name, unit) in &table.exact {
            let plain = folded(name);
            if shared.get(&plain) == Some(&1) && plain.chars().count() > 2 && !cased.contains(&plain) {
                table.plain.insert(plain, unit.clone());
            }
        }
        for (name, by) in file.multipliers {
            if !(by.is_finite() && by > 0.0) {
                return Err(UnitsError::Unit(name));
            }
            table.multipliers.insert(folded(&name), by);
        }
        Ok(table)
    }

    /// Whether a symbol is another one behind a prefix that differs by case: `MPa` is, `min` is not.
    fn has_cased_prefix(&self, name: &str) -> bool {
        let stem = name.strip_prefix(CASED_PREFIXES).and_then(|stem| self.exact.get(stem));
        stem.zip(self.exact.get(name)).is_some_and(|(stem, whole)| stem.measures == whole.measures)
    }

    /// What tells this table from every other one.
    pub(crate) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Understands a unit as people write it; none if it is empty or a piece of it is unknown.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Unit> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_CHARS {
            return None;
        }
        if let Some(unit) = self.name(text) {
            return Some(unit);
        }
        let mut whole = Unit { factor: 1.0, measures: Measures::new() };
        for (n, part) in text.split('/').enumerate() {
            let sign = if n == 0 { 1 } else { -1 };
            // `1/h` says nothing above the line.
            if n == 0 && part.trim() == "1" {
                continue;
            }
            for piece in self.pieces(part)? {
                multiply(&mut whole, &piece, sign)?;
            }
        }
        (whole.factor.is_finite() && whole.factor > 0.0).then_some(whole)
    }

    /// The figure in the other unit. Units nobody listed are comparable with themselves, and so are figures without a unit.
    #[must_use]
    pub fn convert(&self, figure: f64, from: &str, to: &str) -> Option<f64> {
        match (self.read(from), self.read(to)) {
            (Some(from), Some(to)) => from.convert(figure, &to),
            (None, None) => (folded(from.trim()) == folded(to.trim())).then_some(figure),
            _ => None,
        }
    }

    /// Whether figures of a unit have no zero that shares could be taken of: temperatures in degrees, pH.
    pub(crate) fn is_interval(&self, unit: &str) -> bool {
        let by_name = |unit: &str| INTERVAL_NAMES.contains(&folded(unit.trim()).as_str());
        self.read(unit).map_or_else(|| by_name(unit), |unit| INTERVALS.iter().any(|one| unit.measures == measure(one)))
    }

    /// The pieces of one side of a fraction bar: `triệu đồng`, `m·K`, `10⁹ CFU`.
    fn pieces(&self, part: &str) -> Option<Vec<Unit>> {
        let mut found = Vec::new();
        for factor in part.split(['·', '*', '⋅', '.']) {
            let words: Vec<&str> = factor.split_whitespace().collect();
            if words.is_empty() {
                return None;
            }
            let mut at = 0;
            while at < words.len() {
                // The longest name first: `ngày đêm` before `ngày`.
                let (unit, length) = (1..=(words.len() - at).min(3)).rev().find_map(|length| {
                    let name = words.get(at..at + length)?.join(" ");
                    Some((self.name(&name).or_else(|| self.multiplier(&name))?, length))
                })?;
                found.push(unit);
                at += length;
            }
        }
        (!found.is_empty() && found.len() <= MAX_PIECES).then_some(found)
    }

    /// A name of the table, as it is, with a power behind it, or without marks and case.
    fn name(&self, name: &str) -> Option<Unit> {
        if let Some(unit) = self.exact.get(name) {
            return Some(unit.clone());
        }
        if let Some((stem, power)) = power(name)
            && let Some(unit) = self.exact.get(stem)
        {
            let mut whole = Unit { factor: 1.0, measures: Measures::new() };
            multiply(&mut whole, unit, power)?;
            return Some(whole);
        }
        self.plain.get(&folded(name)).cloned()
    }

    /// A word or power of ten that multiplies.
    fn multiplier(&self, word: &str) -> Option<Unit> {
        let factor = match self.multipliers.get(&folded(word)) {
            Some(by) => *by,
            None => {
                let (ten, power) = power(word)?;
                if ten != "10" {
                    return None;
                }
                10_f64.powi(power)
            }
        };
        Some(Unit { factor, measures: Measures::new() })
    }
}

/// One base quantity by itself.
fn measure(name: &str) -> Measures {
    Measures::from([(name.to_owned(), 1)])
}

/// A name and the power behind it: `m³` → (`m`, 3), `m2` → (`m`, 2), `10⁹` → (`10`, 9).
fn power(name: &str) -> Option<(&str, i32)> {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '⁰' => '0',
            '¹' => '1',
            '²' => '2',
            '³' => '3',
            '⁴'..='⁹' => char::from_digit(u32::from(c) - 0x2070, 10).unwrap_or(c),
            other => other,
        })
        .collect();
    let superscript = name.chars().rev().take_while(|c| matches!(c, '⁰' | '¹' | '²' | '³' | '⁴'..='⁹')).count();
    let digits = if superscript > 0 { superscript } else { plain.chars().rev().take_while(char::is_ascii_digit).count() };
    let length = name.chars().count();
    if digits == 0 || digits > 2 || digits == length {
        return None;
    }
    let at = name.char_indices().nth(length - digits).map(|(at, _)| at)?;
    let stem = name.get(..at)?.trim_end_matches('^');
    let power: String = plain.chars().skip(length - digits).collect();
    Some((stem, power.parse().ok()?))
}

fn multiply(whole: &mut Unit, by: &Unit, power: i32) -> Option<()> {
    whole.factor *= by.factor.powi(power);
    for (quantity, exponent) in &by.measures {
        let sum = whole.measures.entry(quantity.clone()).or_default();
        *sum = sum.checked_add(exponent.checked_mul(power)?)?;
    }
    whole.measures.retain(|_, exponent| *exponent != 0);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(figure: f64, from: &str, to: &str) -> Option<f64> {
        let converted = Units::built_in().unwrap().convert(figure, from, to)?;
        Some((converted * 1e6).round() / 1e6)
    }

    #[test]
    fn figures_are_carried_from_one_unit_to_another() {
        assert_eq!(convert(5.0, "t/h", "kg/h"), Some(5_000.0));
        assert_eq!(convert(90.0, "phút", "h"), Some(1.5));
        assert_eq!(convert(90.0, "phut", "giờ"), Some(1.5));
        assert_eq!(convert(24.0, "m³/ngày", "m3/h"), Some(1.0));
        assert_eq!(convert(5.0, "‰", "%"), Some(0.5));
        assert_eq!(convert(1.5, "tỷ đồng", "triệu VND"), Some(1_500.0));
        assert_eq!(convert(2.0, "triệu đồng/ha", "VND/m²"), Some(200.0));
        assert_eq!(convert(1.0, "kWh/kg", "kWh/t"), Some(1_000.0));
        assert_eq!(convert(10.0, "công", "ha"), Some(1.0));
        assert_eq!(convert(2.0, "giạ muối", "kg"), Some(90.0));
        assert_eq!(convert(1.0, "1/h", "Hz"), Some(0.000_278));
        assert_eq!(convert(3.0, "10⁹ CFU/g", "10^6 CFU/g"), Some(3_000.0));
        assert_eq!(convert(1.0, "W/m·K", "kW/m·K"), Some(0.001));
    }

    #[test]
    fn what_measures_different_things_is_not_compared() {
        assert_eq!(convert(5.0, "t/h", "kWh"), None);
        assert_eq!(convert(5.0, "VND", "USD"), None);
        assert_eq!(convert(5.0, "%", ""), None);
        assert_eq!(convert(5.0, "m³", "Nm³"), None);
        assert_eq!(convert(1e9, "mW", "MW"), Some(1.0));
        assert_eq!(convert(1.0, "kg", "Kg"), Some(1.0));
    }

    #[test]
    fn symbols_that_differ_by_case_alone_are_different_units() {
        assert_eq!(convert(1e9, "mPa", "MPa"), Some(1.0));
        assert_eq!(convert(5.0, "mPa·s", "Pa·s"), Some(0.005));
        assert_eq!(convert(1e9, "mWh", "MWh"), Some(1.0));
        assert_eq!((convert(2.0, "Mpa", "MPa"), convert(2.0, "Mwh", "MWh")), (Some(2.0), Some(2.0)));
        // Nobody can say which of the two is meant.
        assert_eq!((convert(1.0, "mpa", "MPa"), convert(1.0, "mwh", "MWh")), (None, None));
        assert_eq!((convert(5.0, "nm3/h", "Nm³/h"), convert(5.0, "nm³", "Nm3")), (Some(5.0), Some(5.0)));
        assert_eq!(convert(5.0, "nm3", "m³"), None);
        // A table that lists one of the two does not read it for the other.
        let row = |name: &str, factor: &str| format!("[[unit]]\nnames = [\"{name}\"]\nfactor = {factor}\nmeasures = {{ pressure = 1 }}\n");
        let table =
            format!("version = \"1\"\nsource = \"\"\n[multipliers]\n{}{}{}", row("Pa", "1.0"), row("MPa", "1e6"), row("Torr", "133.3"));
        let table = Units::parse(&table).unwrap();
        assert_eq!((table.read("mPa"), table.read("MPA")), (None, None));
        assert!(table.read("MPa").is_some() && table.read("torr").is_some());
    }

    #[test]
    fn degrees_and_ph_have_no_zero_and_what_is_counted_has_one() {
        let units = Units::built_in().unwrap();
        assert!(["°C", "độ C", "°F", "pH"].into_iter().all(|unit| units.is_interval(unit)));
        assert!(["", "h", "kg", "K", "%", "°C/h"].into_iter().all(|unit| !units.is_interval(unit)));
    }

    #[test]
    fn figures_without_a_unit_are_compared_with_each_other_alone() {
        assert_eq!((convert(4.0, "", ""), convert(4.0, " ", "")), (Some(4.0), Some(4.0)));
        assert_eq!((convert(4.0, "", "con mắt"), convert(4.0, "kg", "")), (None, None));
    }

    #[test]
    fn unknown_units_compare_with_themselves_alone() {
        assert_eq!(convert(5.0, "con mắt", "Con mat"), Some(5.0));
        assert_eq!(convert(5.0, "con mắt", "cái tai"), None);
        for absurd in
            ["", "/", "//", "m/", "/h", "·", "²", "10", "10⁹⁹⁹", "m99", "kg kg kg kg kg kg kg kg kg", &"x/".repeat(90), "\u{301}", "🦀/🦀"]
        {
            let units = Units::built_in().unwrap();
            let _ = units.convert(1.0, absurd, "kg");
            let _ = units.convert(f64::MAX, absurd, absurd);
        }
    }
}
