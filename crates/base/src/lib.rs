//! Plain values of the space: ids, time, money, localised text, faults, vocabularies, the actor.
//!
//! What always holds: nothing here opens a file, a socket or a database; every function gives the same answer for
//! the same arguments, apart from [`Clock`] and [`secret`], which exist so that time and chance are passed in.
//! Not here: anything one feature alone needs; it lives in that feature's crate.

pub mod access;
mod actor;
pub mod body;
pub mod clock;
mod code;
pub mod defaults;
mod fault;
pub mod figures;
pub mod fold;
mod ids;
mod lang;
pub mod messages;
mod money;
mod page;
pub mod secret;
pub mod text;
pub mod vocab;
mod words;

pub use access::{Action, Grant, Hideable, Refused};
pub use actor::{Actor, Capacity, Membership, PartyRole, Scope, StaffRole};
pub use clock::Clock;
pub use code::Code;
pub use fault::{Fault, Faults};
pub use ids::*;
pub use lang::Lang;
pub use money::{Currency, Money, MoneyRange};
pub use page::{Cursor, CursorError, Limit, Page, PublicPage, PublicSpan};
pub use text::{Localised, Origin, Text};
pub use vocab::{Term, Vocabularies, Vocabulary};
pub use words::UnknownWord;
