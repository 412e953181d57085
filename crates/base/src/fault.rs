//! What is wrong with something a person or a program sent: all of it at once, each with its place.

use std::collections::BTreeMap;

use crate::Lang;
use crate::messages;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901) into what was sent.
    pub pointer: String,
    /// What: a stable code; its sentence is the message `fault-<code>` (underscores as hyphens).
    pub code: &'static str,
    /// Figures and names for the sentence.
    pub args: BTreeMap<&'static str, String>,
}

impl Fault {
    /// The sentence for a reader.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let args: Vec<(&str, &str)> = self.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        messages::fault(lang, self.code, &args)
    }
}

/// A growing list of faults; empty means all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Most faults reported at once; more would help nobody and cost memory.
    pub const LIMIT: usize = 200;

    /// Nothing wrong so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a fault that needs no figures.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str) {
        self.add_with(pointer, code, &[]);
    }

    /// Notes a fault with the figures or names its sentence shows.
    pub fn add_with(&mut self, pointer: impl Into<String>, code: &'static str, args: &[(&'static str, &str)]) {
        if self.0.len() < Self::LIMIT {
            let args = args.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
            self.0.push(Fault { pointer: pointer.into(), code, args });
        }
    }

    /// Takes over another list.
    pub fn extend(&mut self, other: Self) {
        for fault in other.0 {
            if self.0.len() < Self::LIMIT && !self.0.contains(&fault) {
                self.0.push(fault);
            }
        }
    }

    /// The same faults, told of something that lies at `place` in what was sent.
    #[must_use]
    pub fn below(self, place: &str) -> Self {
        Self(self.0.into_iter().map(|fault| Fault { pointer: format!("{place}{}", fault.pointer), ..fault }).collect())
    }

    /// Those for which this holds, and the others, each in their order.
    #[must_use]
    pub fn apart(self, is_first: impl Fn(&Fault) -> bool) -> (Self, Self) {
        let (first, others) = self.0.into_iter().partition(is_first);
        (Self(first), Self(others))
    }

    /// True while nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// The faults themselves.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}
