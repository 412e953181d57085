//! Permission as a proof: what changes something takes a [`Grant`], and only [`Grant::check`] makes one.
//!
//! What somebody may not see answers exactly like what does not exist: [`Refused::Hidden`] for both.

use crate::Actor;

/// Why somebody may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not there, or not to be seen by this actor: nobody can tell the two apart.
    #[error("not found")]
    Hidden,
    /// Known to be there, but this is not for the actor to do.
    #[error("not allowed: {action}")]
    Forbidden {
        /// The action's name in the access table.
        action: &'static str,
    },
    /// Somebody signed in is needed.
    #[error("sign in first")]
    SignIn,
}

/// Something that may be invisible to an actor.
pub trait Hideable {
    /// Whether the actor may know that it exists.
    fn visible_to(&self, actor: &Actor) -> bool;
}

/// Something an actor can do to an object.
pub trait Action {
    /// Its row in the access table.
    const NAME: &'static str;
    /// To what.
    type Object: Hideable;
    /// Whether the actor may, given that the object is visible.
    fn allowed(actor: &Actor, object: &Self::Object) -> bool;
}

/// Proof that an actor may do `A` to this object. The field is private: only [`Grant::check`] makes one.
///
/// ```compile_fail
/// struct Anything;
/// impl base::Hideable for Anything { fn visible_to(&self, _: &base::Actor) -> bool { false } }
/// struct Break;
/// impl base::Action for Break {
///     const NAME: &'static str = "break";
///     type Object = Anything;
///     fn allowed(_: &base::Actor, _: &Anything) -> bool { false }
/// }
/// let forged: base::Grant<Break> = base::Grant { object: Anything };
/// ```
#[derive(Debug)]
pub struct Grant<A: Action> {
    object: A::Object,
}

impl<A: Action> Grant<A> {
    /// Decides.
    ///
    /// # Errors
    /// [`Refused::Hidden`] if the actor may not see it, [`Refused::SignIn`] if nobody is signed in and
    /// [`Refused::Forbidden`] if the actor may see but not do it.
    pub fn check(actor: &Actor, object: A::Object) -> Result<Self, Refused> {
        if !object.visible_to(actor) {
            return Err(Refused::Hidden);
        }
        if !A::allowed(actor, &object) {
            return Err(match actor.account() {
                None if !actor.is_system() => Refused::SignIn,
                _ => Refused::Forbidden { action: A::NAME },
            });
        }
        Ok(Self { object })
    }

    /// The object, loaded and checked.
    #[must_use]
    pub fn object(&self) -> &A::Object {
        &self.object
    }

    /// Gives the object away and ends the proof.
    #[must_use]
    pub fn into_object(self) -> A::Object {
        self.object
    }
}
