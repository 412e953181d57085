//! What an operator with the data directory in hand makes: administrators, and the people of a demonstration.

use std::collections::BTreeSet;

use base::{AccountId, Faults, Lang, Refused, StaffRole};
use store::{Ctx, StoreError};

use crate::email::Email;
use crate::password::Password;
use crate::people::{AccountReceipt, AccountStatus, Fresh, checked_name, insert};
use crate::{Accounts, Error};

/// An account made by an operator: active at once.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The language of pages and mail.
    pub lang: Lang,
    /// The password.
    pub password: Password,
    /// Roles in the space.
    pub staff: BTreeSet<StaffRole>,
    /// True for invented people of a demonstration.
    pub demonstration: bool,
}

/// Makes an active account. For [`Ctx::system`]: the command line and demonstrations.
///
/// # Errors
/// [`Error::Invalid`] with all faults, an address that is taken among them.
pub async fn create(accounts: &Accounts, ctx: Ctx, new: NewAccount) -> Result<AccountReceipt, Error> {
    if !ctx.actor.is_system() {
        return Err(Refused::Forbidden { action: "account.create" }.into());
    }
    let mut faults = Faults::new();
    let email = Email::checked(&new.email, "/email", &mut faults);
    let name = checked_name(&new.name, "/name", &mut faults);
    if !new.demonstration {
        new.password.check(&accounts.settings, &[&name, &new.email], "/password", &mut faults);
    }
    faults.into_result()?;
    let Some(email) = email else { return Err(Error::fault("/email", "email_form")) };
    let hash = accounts.hasher.hash(&new.password).await?;
    let fresh =
        Fresh { email, name, lang: new.lang, hash, status: AccountStatus::Active, staff: new.staff, demonstration: new.demonstration };
    let result = accounts
        .store
        .write(ctx, move |tx| {
            let fresh = fresh.clone();
            async move {
                let row = insert(&tx, fresh).await?;
                crate::membership::attach(&tx, AccountId(row.id), &row.email_key).await?;
                Ok::<_, Error>(AccountReceipt { id: AccountId(row.id), version: 1 })
            }
        })
        .await;
    match result {
        Err(Error::Store(StoreError::Duplicate(which))) if which.contains("email_key") => Err(Error::fault("/email", "email_taken")),
        other => other,
    }
}

/// Makes an administrator. For the command line.
///
/// # Errors
/// As [`create`].
pub async fn create_admin(accounts: &Accounts, email: &str, name: &str, password: Password) -> Result<AccountReceipt, Error> {
    let new = NewAccount {
        email: email.to_owned(),
        name: name.to_owned(),
        lang: Lang::Vi,
        password,
        staff: BTreeSet::from([StaffRole::Administrator]),
        demonstration: false,
    };
    create(accounts, Ctx::system(), new).await
}
