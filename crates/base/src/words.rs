//! Small closed lists of words: one enum, the same word in the database, the API and the vocabularies.

/// The word is none of the possible ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the possible words")]
pub struct UnknownWord;

/// Makes an enum of words: `ALL`, `as_str`, `Display`, `FromStr`, serde and schema. The crate that uses it depends on
/// serde and utoipa. A word is taken as a bare token: utoipa does not read the `rename` of one that is a `literal`, and
/// would give the names of the variants as the words.
#[macro_export]
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:tt),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in the database, the API and the vocabularies.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(s: &str) -> Result<Self, $crate::UnknownWord> {
                match s { $($text => Ok(Self::$variant),)+ _ => Err($crate::UnknownWord) }
            }
        }
    )+};
}
