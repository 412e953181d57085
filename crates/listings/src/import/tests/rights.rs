//! Who may import, see and take back.

use std::collections::BTreeSet;

use base::{AccountId, Actor, Capacity, Lang, Membership, PartyId, PartyRole, Refused, Scope, StaffRole};
use store::Ctx;

use super::{NEEDS, Space, needs};
use crate::ListingError;
use crate::import::rights::{may_import, may_import_something, still};
use crate::import::{Import, ImportError, Mapping, Options, get, undo};

fn actor(party: PartyId, roles: &[PartyRole], staff: &[StaffRole], scopes: &[Scope]) -> Actor {
    Actor {
        capacity: Capacity::Person(AccountId(uuid::Uuid::from_u128(7))),
        lang: Lang::En,
        memberships: if roles.is_empty() { Vec::new() } else { vec![Membership { party, roles: roles.iter().copied().collect() }] },
        staff: staff.iter().copied().collect(),
        scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
    }
}

#[tokio::test]
async fn editors_import_drafts_and_only_others_publish_them() {
    use {PartyRole as P, Scope as S, StaffRole as R};
    let space = Space::sqlite().await;
    let all = &[S::Read, S::Write, S::Import, S::Staff];
    let (drafts, publish) = (space.options(), Options { publish: true, ..space.options() });
    let may = |actor: &Actor, options: &Options| may_import(actor, options).is_ok();
    for (who, actor, may_draft, may_publish) in [
        ("nobody", Actor::anonymous(Lang::Vi), false, false),
        ("outsider", actor(space.party, &[], &[], all), false, false),
        ("viewer", actor(space.party, &[P::Viewer], &[], all), false, false),
        ("editor", actor(space.party, &[P::Editor], &[], all), true, false),
        ("editor's token without the scope", actor(space.party, &[P::Editor], &[], &[S::Read, S::Write]), false, false),
        ("moderator", actor(space.party, &[], &[R::Moderator], all), true, true),
        ("moderator of the same party", actor(space.party, &[P::Editor], &[R::Moderator], all), true, false),
        ("broker", actor(space.party, &[], &[R::Broker], all), false, false),
        ("system", Actor::system(), true, true),
    ] {
        assert_eq!((may(&actor, &drafts), may(&actor, &publish)), (may_draft, may_publish), "{who}");
        assert_eq!(may(&actor, &Options { party: None, ..drafts.clone() }), actor.is_system(), "{who}");
    }

    for (who, actor, may) in [
        ("nobody", Actor::anonymous(Lang::Vi), false),
        ("viewer", actor(space.party, &[P::Viewer], &[], all), false),
        ("editor", actor(space.party, &[P::Editor], &[], all), true),
        ("editor's token without the scope", actor(space.party, &[P::Editor], &[], &[S::Read, S::Write]), false),
        ("moderator", actor(space.party, &[], &[R::Moderator], all), true),
        ("broker", actor(space.party, &[], &[R::Broker], all), false),
    ] {
        assert_eq!(may_import_something(&actor).is_ok(), may, "{who}");
    }

    let view = space.import(needs(2, "x"), Some(NEEDS), &drafts).await;
    let writer = actor(space.party, &[P::Editor], &[], &[S::Write]);
    assert!(matches!(get(&space.listings, &writer, view.id).await, Err(ListingError::Refused(Refused::Hidden))));
    let own = crate::list::Filter { party: Some(space.party), ..Default::default() };
    let listed = crate::list::list(&space.listings, &writer, &own, base::Limit::default(), None).await;
    assert!(matches!(listed, Err(ListingError::Refused(Refused::Forbidden { .. }))), "a token that only writes reads no drafts");
    let outsider = actor(space.party, &[], &[], all);
    assert!(matches!(get(&space.listings, &outsider, view.id).await, Err(ListingError::Refused(Refused::Hidden))));
    assert!(matches!(undo(&space.listings, Ctx::of(outsider.clone()), view.id).await, Err(ListingError::Refused(Refused::Hidden))));
    let viewer = actor(space.party, &[P::Viewer], &[], all);
    assert!(get(&space.listings, &viewer, view.id).await.is_ok());
    assert!(matches!(undo(&space.listings, Ctx::of(viewer), view.id).await, Err(ListingError::Refused(Refused::Forbidden { .. }))));
    let path = space.file("f", needs(2, "x"));
    let mapping = Mapping::parse("test", NEEDS).unwrap();
    let refused = Import::new(space.listings.clone()).run(Ctx::of(outsider), &path, Some(&mapping), &drafts).await;
    assert!(matches!(refused, Err(ImportError::Listing(ListingError::Refused(_)))));
}

#[tokio::test]
async fn a_waiting_import_of_whoever_lost_the_right_is_not_run() {
    for space in Space::all().await {
        for (n, (roles, staff, drafts, publish)) in [
            ([PartyRole::Editor].as_slice(), [].as_slice(), true, false),
            (&[PartyRole::Admin], &[], true, false),
            (&[PartyRole::Viewer], &[], false, false),
            (&[], &[], false, false),
            (&[], &[StaffRole::Moderator], true, true),
            (&[PartyRole::Viewer], &[StaffRole::Moderator], false, false),
        ]
        .into_iter()
        .enumerate()
        {
            let new = accounts::people::NewAccount {
                email: format!("person{n}@example.org"),
                name: "Người thử".to_owned(),
                lang: Lang::Vi,
                password: accounts::Password::new("sông nước miền tây 2026"),
                staff: staff.iter().copied().collect(),
                demonstration: true,
            };
            let account = accounts::people::create(&space.accounts, Ctx::system(), new).await.unwrap().id;
            if !roles.is_empty() {
                let roles = roles.iter().copied().collect();
                accounts::membership::put_confirmed(&space.accounts, Ctx::system(), space.party, account, roles).await.unwrap();
            }
            let may = |publish| still(&space.listings, account, space.party, publish);
            assert_eq!((may(false).await.is_ok(), may(true).await.is_ok()), (drafts, publish), "{roles:?} {staff:?}");
        }
    }
}
