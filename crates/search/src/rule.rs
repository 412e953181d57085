//! The rules of the search as switches, so that a test can take one away and see what it is for.
//!
//! Only for tests (feature `testing`): in any other build [`off`] is the constant `false`, and what asks it costs
//! nothing. A switch holds for one thread and for one closure. That is enough, since documents are analysed and queries
//! answered in the thread of the caller; nothing that runs in tantivy's own threads may ask for a rule.
//! Never here: what a rule does.

/// A rule that decides what is found, what stands above what, or what is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A letter and its marks written apart are the letter with its marks (L8).
    Compose,
    /// Capitals are small letters.
    LowerCase,
    /// Marks are optional (L3).
    Marks,
    /// đ is found by d (L3).
    Stroke,
    /// Small raised and lowered digits are digits: H₂SO₄, m³.
    SmallDigits,
    /// It does not matter on which vowel a tone stands (L6).
    TonePlace,
    /// kỹ is kĩ (L7).
    OneI,
    /// Marks that were typed count (L5).
    ExactView,
    /// Shapes that were typed without a tone count (L5).
    Shapes,
    /// Neighbouring syllables count as one (L4, L10).
    Pairs,
    /// Words near each other count.
    Nearness,
    /// No phrase reaches from one passage into the next.
    Passages,
    /// English words are found by their other forms.
    EnglishStems,
    /// Parts joined by a sign are also one word: ESP-32, KH&CN (L11, L15).
    Joined,
    /// A number and the unit written onto it are also two words: 22kW.
    Units,
    /// 2,5 is 2.5 and no 25.
    Decimals,
    /// What was typed as one word of parts is found where the parts stand in a row, too (L15).
    Parts,
    /// A number is found in any spelling.
    Numbers,
    /// A query that can be a number is looked up whole.
    Lookup,
    /// Words of one meaning.
    Synonyms,
    /// Short and long forms.
    Abbreviations,
    /// Vietnamese and English.
    Translations,
    /// A term with several meanings needs other words beside it.
    Context,
    /// A synonym is only meant with its own marks.
    MeantMarks,
    /// Telex keys are read (L9).
    Telex,
    /// VNI keys are read (L9).
    Vni,
    /// A mistyped word is mended.
    Typos,
    /// A proposal is written with marks.
    WrittenMarks,
    /// Words in quotes stand in a row.
    Phrases,
    /// `-word` is not to be there.
    Exclusion,
    /// `a OR b`.
    Or,
    /// `beginning*`.
    Prefix,
    /// `field:value`.
    FieldValues,
    /// Where nothing has all words, most of them will do.
    Relaxation,
    /// Then a rare word counts more than a common one.
    Telling,
}

#[cfg(any(test, feature = "testing"))]
mod switch {
    use std::cell::Cell;

    use super::Rule;

    thread_local! {
        static OFF: Cell<Option<Rule>> = const { Cell::new(None) };
    }

    pub(crate) fn off(rule: Rule) -> bool {
        OFF.get() == Some(rule)
    }

    pub(crate) fn any_is_off() -> bool {
        OFF.get().is_some()
    }

    /// Does something without a rule: documents have to be made and queries asked in this thread.
    pub fn without<T>(rule: Rule, f: impl FnOnce() -> T) -> T {
        struct Back(Option<Rule>);
        impl Drop for Back {
            fn drop(&mut self) {
                OFF.set(self.0);
            }
        }
        let _back = Back(OFF.replace(Some(rule)));
        f()
    }

    impl Rule {
        /// All of them.
        pub const ALL: [Self; 35] = [
            Self::Compose,
            Self::LowerCase,
            Self::Marks,
            Self::Stroke,
            Self::SmallDigits,
            Self::TonePlace,
            Self::OneI,
            Self::ExactView,
            Self::Shapes,
            Self::Pairs,
            Self::Nearness,
            Self::Passages,
            Self::EnglishStems,
            Self::Joined,
            Self::Units,
            Self::Decimals,
            Self::Parts,
            Self::Numbers,
            Self::Lookup,
            Self::Synonyms,
            Self::Abbreviations,
            Self::Translations,
            Self::Context,
            Self::MeantMarks,
            Self::Telex,
            Self::Vni,
            Self::Typos,
            Self::WrittenMarks,
            Self::Phrases,
            Self::Exclusion,
            Self::Or,
            Self::Prefix,
            Self::FieldValues,
            Self::Relaxation,
            Self::Telling,
        ];
    }
}

#[cfg(any(test, feature = "testing"))]
pub use switch::without;
#[cfg(any(test, feature = "testing"))]
pub(crate) use switch::{any_is_off, off};

/// Whether any rule is switched off: never.
#[cfg(not(any(test, feature = "testing")))]
#[inline(always)]
pub(crate) const fn any_is_off() -> bool {
    false
}

/// Whether a rule is switched off: never.
#[cfg(not(any(test, feature = "testing")))]
#[inline(always)]
pub(crate) const fn off(_: Rule) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_off_within_the_closure_and_in_its_thread_alone() {
        assert!(!off(Rule::Marks));
        without(Rule::Marks, || {
            assert!(off(Rule::Marks) && !off(Rule::Stroke));
            assert!(!std::thread::spawn(|| off(Rule::Marks)).join().unwrap());
        });
        assert!(!off(Rule::Marks));
    }

    #[test]
    fn every_rule_is_in_the_list_once() {
        for (n, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(n, rule as usize, "{rule:?}");
        }
    }
}
