//! Who may do what in brokering. The only place where that is decided; the names are rows of the access table.

mod confidential;
mod deals;
mod interests;
mod stories;

pub use confidential::breaks_glass;
pub(crate) use confidential::*;
pub use deals::*;
pub use interests::*;
pub(crate) use stories::*;

/// Makes the actions of a subject: what a proof is of, and who gets one.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal on $object:ty, |$actor:ident, $it:ident| $rule:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;
        impl Action for $name {
            const NAME: &'static str = $text;
            type Object = $object;
            fn allowed($actor: &Actor, $it: &Self::Object) -> bool {
                $rule
            }
        }
    )+};
}
use actions;
