use base::{Code, MembershipId, PartyId, PartyRole, Refused};
use store::IdempotencyKey;

use super::*;
use crate::membership::{self, Invitation, Status, Step};
use crate::parties::{self, PartyFilter};
use crate::sign_up::{self, SignUp};
use crate::{PartyProfile, PartyReceipt};

pub fn profile(name: &str) -> PartyProfile {
    PartyProfile { names: base::Localised::of(Lang::Vi, name), party_type: Code::from("enterprise"), ..PartyProfile::default() }
}

pub async fn party(site: &Site, founder: &Actor, name: &str) -> PartyId {
    parties::create(&site.accounts, Ctx::of(founder.clone()), profile(name)).await.unwrap().id
}

fn household() -> PartyProfile {
    let body = serde_json::json!({
        "names": {"vi": "Hộ kinh doanh Ba Tri"}, "party_type": "household_business", "tax_code": "012345678901",
        "address": {"province": "86", "commune": "28756", "street": "Số 7, đường Dừa", "street_public": true},
    });
    serde_json::from_value(body).unwrap()
}

async fn step(site: &Site, actor: &Actor, id: MembershipId, step: Step) -> Result<membership::MembershipReceipt, Error> {
    membership::step(&site.accounts, Ctx::of(actor.clone()), id, None, step).await
}

async fn invite(site: &Site, admin: &Actor, party: PartyId, email: &str, role: PartyRole) -> Result<MembershipId, Error> {
    let invitation = Invitation { email: email.into(), roles: BTreeSet::from([role]) };
    Ok(membership::invite(&site.accounts, Ctx::of(admin.clone()), party, invitation).await?.id)
}

/// A confirmed member with an account of this address.
async fn member(site: &Site, admin: &Actor, party: PartyId, email: &str, role: PartyRole) -> (Actor, MembershipId) {
    let person = site.signed_in(email).await;
    let id = invite(site, admin, party, email, role).await.unwrap();
    step(site, &person, id, Step::Accept).await.unwrap();
    step(site, admin, id, Step::Confirm).await.unwrap();
    (site.again(email).await, id)
}

#[tokio::test]
async fn who_registers_a_party_is_its_confirmed_admin() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let first = parties::create(&site.accounts, Ctx::of(founder.clone()), profile("Viện Dừa")).await.unwrap();
        let second = parties::create(&site.accounts, Ctx::of(founder), profile("VIỆN DỪA")).await.unwrap();
        assert_eq!((first.slug.as_str(), second.slug.as_str()), ("vien-dua", "vien-dua-2"));
        assert!(site.again("lan@vien.example").await.has_role(first.id, PartyRole::Admin));
        assert_eq!(parties::find_slug(&site.accounts, "vien-dua-2").await.unwrap(), Some(second.id));
        assert_eq!(site.events().await.iter().filter(|e| *e == "party.created" || *e == "membership.confirmed").count(), 4);
        let nobody = parties::create(&site.accounts, Ctx::of(Actor::anonymous(Lang::Vi)), profile("X")).await;
        assert!(matches!(nobody, Err(Error::Refused(Refused::SignIn))));
    }
}

#[tokio::test]
async fn the_same_request_twice_registers_one_party() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let key = IdempotencyKey { operation: "create_party", key: "a".into(), request_hash: vec![1] };
        let ctx = Ctx { actor: founder, idempotency: Some(key) };
        let first: PartyReceipt = parties::create(&site.accounts, ctx.clone(), profile("Viện Dừa")).await.unwrap();
        assert_eq!(parties::create(&site.accounts, ctx, profile("Viện Dừa")).await.unwrap(), first);
        assert_eq!(parties::list(&site.accounts, &PartyFilter::default(), None, base::Limit::default()).await.unwrap().total, 1);
    }
}

#[tokio::test]
async fn a_tax_code_belongs_to_one_party_however_it_is_typed() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let with = |code: &str| PartyProfile { tax_code: Some(code.into()), ..profile("Viện") };
        let first = parties::create(&site.accounts, Ctx::of(founder.clone()), with("0100109106")).await.unwrap();
        let second = parties::create(&site.accounts, Ctx::of(founder.clone()), with("0100 109.106")).await;
        assert_eq!(faults(second), [("/tax_code".into(), "tax_code_taken")]);
        let third = parties::create(&site.accounts, Ctx::of(founder), profile("Viện")).await.unwrap();
        let admin = site.again("lan@vien.example").await;
        let taken = parties::edit(&site.accounts, Ctx::of(admin.clone()), third.id, 1, with("0100109106")).await;
        assert_eq!(faults(taken), [("/tax_code".into(), "tax_code_taken")]);
        // Its owner may keep it.
        parties::edit(&site.accounts, Ctx::of(admin), first.id, 1, with("0100109106")).await.unwrap();
        assert_eq!(parties::find_tax_code(site.store.db(), "0100109106").await.unwrap(), Some(first.id));
    }
}

#[tokio::test]
async fn of_two_who_register_one_tax_code_at_once_one_gets_through() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (accounts, ctx) = (site.accounts.clone(), Ctx::of(founder.clone()));
                let body = PartyProfile { tax_code: Some("0100109106".into()), ..profile("Viện") };
                tokio::spawn(async move { parties::create(&accounts, ctx, body).await })
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => made += 1,
                refused => assert_eq!(faults(refused), [("/tax_code".into(), "tax_code_taken")]),
            }
        }
        assert_eq!(made, 1);
    }
}

#[tokio::test]
async fn parties_of_one_name_at_once_get_different_slugs() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (accounts, ctx) = (site.accounts.clone(), Ctx::of(founder.clone()));
                tokio::spawn(async move { parties::create(&accounts, ctx, profile("Viện")).await.unwrap().slug })
            })
            .collect();
        let mut slugs = BTreeSet::new();
        for task in tasks {
            slugs.insert(task.await.unwrap());
        }
        assert_eq!(slugs.len(), 4);
    }
}

#[tokio::test]
async fn a_persons_tax_code_and_street_are_for_members_and_staff() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = parties::create(&site.accounts, Ctx::of(founder.clone()), household()).await.unwrap().id;
        let show = async |actor: &Actor| serde_json::to_string(&parties::get(&site.accounts, actor, id).await.unwrap()).unwrap();
        let admin = site.again("lan@vien.example").await;
        let outsider = site.signed_in("minh@vien.example").await;
        let registrar = site.staff("dangky@so.example", &[StaffRole::Registrar]).await;
        let analyst = site.staff("phantich@so.example", &[StaffRole::Analyst]).await;
        for (actor, sees) in
            [(&admin, true), (&registrar, true), (&outsider, false), (&analyst, false), (&Actor::anonymous(Lang::Vi), false)]
        {
            let shown = show(actor).await;
            assert_eq!((shown.contains("012345678901"), shown.contains("đường Dừa")), (sees, sees));
        }
        let list = parties::list(&site.accounts, &PartyFilter::default(), None, base::Limit::default()).await.unwrap();
        let briefs = format!("{:?}{:?}", list, parties::load_many(site.store.db(), &[id]).await.unwrap());
        assert!(briefs.contains("Ba Tri") && !briefs.contains("012345678901") && !briefs.contains("đường Dừa"));
        assert!(!site.dump("event", "payload").await.contains("012345678901"));
        assert!(!site.dump("party", "profile").await.contains("012345678901"));
    }
}

#[tokio::test]
async fn an_organisations_street_is_public_where_it_says_so() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        for (public, shown) in [(true, true), (false, false)] {
            let mut body = PartyProfile { party_type: Code::from("enterprise"), tax_code: None, ..household() };
            body.address.as_mut().unwrap().street_public = public;
            let id = parties::create(&site.accounts, Ctx::of(founder.clone()), body).await.unwrap().id;
            let view = parties::get(&site.accounts, &Actor::anonymous(Lang::Vi), id).await.unwrap();
            assert_eq!(view.profile.address.unwrap().street.is_some(), shown);
        }
    }
}

#[tokio::test]
async fn only_an_admin_edits_and_only_the_version_they_saw() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = party(&site, &founder, "Viện").await;
        let admin = site.again("lan@vien.example").await;
        let (editor, _) = member(&site, &admin, id, "bien@vien.example", PartyRole::Editor).await;
        let edit =
            async |actor: &Actor, seen: i64| parties::edit(&site.accounts, Ctx::of(actor.clone()), id, seen, profile("Viện Mới")).await;
        for other in [&editor, &site.signed_in("minh@vien.example").await] {
            assert!(matches!(edit(other, 1).await, Err(Error::Refused(Refused::Forbidden { .. }))));
        }
        assert!(matches!(edit(&Actor::anonymous(Lang::Vi), 1).await, Err(Error::Refused(Refused::SignIn))));
        assert_eq!(edit(&admin, 1).await.unwrap().version, 2);
        assert!(matches!(edit(&admin, 1).await, Err(Error::Stale { seen: 1 })));
        let missing = parties::edit(&site.accounts, Ctx::of(admin), PartyId(site.clock.uuid()), 1, profile("X")).await;
        assert!(matches!(missing, Err(Error::Refused(Refused::Hidden))));
    }
}

#[tokio::test]
async fn staff_verify_and_a_new_name_has_to_be_verified_anew() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = party(&site, &founder, "Viện").await;
        let admin = site.again("lan@vien.example").await;
        let registrar = site.staff("dangky@so.example", &[StaffRole::Registrar]).await;
        let verify = async |actor: &Actor, seen: i64, level: &str| {
            parties::verify(&site.accounts, Ctx::of(actor.clone()), id, seen, Code::from(level)).await
        };
        assert!(matches!(verify(&admin, 1, "document").await, Err(Error::Refused(Refused::Forbidden { .. }))));
        assert_eq!(faults(verify(&registrar, 1, "yes").await), [("/level".into(), "unknown_verification")]);
        verify(&registrar, 1, "document").await.unwrap();
        let level = async || parties::get(&site.accounts, &admin, id).await.unwrap().verification.level;
        assert_eq!(level().await, *"document");
        let more = PartyProfile { website: Some("https://vien.example".into()), ..profile("Viện") };
        parties::edit(&site.accounts, Ctx::of(admin.clone()), id, 2, more).await.unwrap();
        assert_eq!(level().await, *"document");
        parties::edit(&site.accounts, Ctx::of(admin.clone()), id, 3, profile("Viện Khác")).await.unwrap();
        assert_eq!(level().await, *"unverified");
    }
}

#[tokio::test]
async fn only_a_confirmed_member_acts() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = party(&site, &founder, "Viện").await;
        let admin = site.again("lan@vien.example").await;
        let person = site.signed_in("minh@vien.example").await;
        let acts = async || site.again("minh@vien.example").await.has_role(id, PartyRole::Editor);
        let membership = invite(&site, &admin, id, "Minh@vien.example", PartyRole::Editor).await.unwrap();
        assert!(!acts().await, "invited");
        assert!(step(&site, &admin, membership, Step::Confirm).await.is_err(), "the person is asked first");
        assert!(step(&site, &admin, membership, Step::Accept).await.is_err(), "by nobody else");
        step(&site, &person, membership, Step::Accept).await.unwrap();
        assert!(!acts().await, "accepted");
        assert!(matches!(step(&site, &person, membership, Step::Confirm).await, Err(Error::Refused(Refused::Forbidden { .. }))));
        step(&site, &admin, membership, Step::Confirm).await.unwrap();
        assert!(acts().await, "confirmed");
        step(&site, &admin, membership, Step::Suspend).await.unwrap();
        assert!(!acts().await, "suspended");
        step(&site, &admin, membership, Step::Reinstate).await.unwrap();
        assert!(acts().await, "reinstated");
        let again = step(&site, &admin, membership, Step::Reinstate).await;
        assert!(matches!(again, Err(Error::Step { from: Status::Confirmed, step: Step::Reinstate })));
        step(&site, &person, membership, Step::Leave).await.unwrap();
        assert!(!acts().await, "left");
        assert!(matches!(step(&site, &admin, membership, Step::Suspend).await, Err(Error::Refused(Refused::Hidden))));
        // An outsider cannot tell a membership from nothing.
        let stranger = site.signed_in("la@vien.example").await;
        let other = invite(&site, &admin, id, "minh@vien.example", PartyRole::Viewer).await.unwrap();
        assert!(matches!(step(&site, &stranger, other, Step::Accept).await, Err(Error::Refused(Refused::Hidden))));
        assert!(matches!(membership::get(&site.accounts, &stranger, other).await, Err(Error::Refused(Refused::Hidden))));
        assert!(membership::of_party(&site.accounts, &stranger, id).await.is_err());
    }
}

#[tokio::test]
async fn the_last_admin_cannot_go_in_any_way() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = party(&site, &founder, "Viện").await;
        let admin = site.again("lan@vien.example").await;
        let own = membership::mine(&site.accounts, &admin).await.unwrap()[0].id;
        let viewer = BTreeSet::from([PartyRole::Viewer]);
        for way in [Step::Leave, Step::Suspend, Step::Remove] {
            assert!(matches!(step(&site, &admin, own, way).await, Err(Error::LastAdmin)), "{way}");
        }
        let roles = membership::set_roles(&site.accounts, Ctx::of(admin.clone()), own, 1, viewer.clone()).await;
        assert!(matches!(roles, Err(Error::LastAdmin)));
        let none = membership::set_roles(&site.accounts, Ctx::of(admin.clone()), own, 1, BTreeSet::new()).await;
        assert_eq!(faults(none), [("/roles".into(), "roles_missing")]);

        // An admin who cannot sign in does not count.
        let (second, _) = member(&site, &admin, id, "minh@vien.example", PartyRole::Admin).await;
        let second = second.account().unwrap();
        managing::disable(&site.accounts, Ctx::system(), second, 1).await.unwrap();
        assert!(matches!(step(&site, &admin, own, Step::Leave).await, Err(Error::LastAdmin)));
        managing::enable(&site.accounts, Ctx::system(), second, 2).await.unwrap();
        membership::set_roles(&site.accounts, Ctx::of(admin.clone()), own, 1, viewer).await.unwrap();
        step(&site, &admin, own, Step::Leave).await.unwrap();
        assert_eq!(parties::admins_of(site.store.db(), id).await.unwrap(), [second]);
    }
}

#[tokio::test]
async fn of_two_last_admins_who_leave_at_once_one_stays() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = party(&site, &founder, "Viện").await;
        let admin = site.again("lan@vien.example").await;
        let own = membership::mine(&site.accounts, &admin).await.unwrap()[0].id;
        let (second, theirs) = member(&site, &admin, id, "minh@vien.example", PartyRole::Admin).await;
        let leave = |actor: Actor, id| {
            let accounts = site.accounts.clone();
            tokio::spawn(async move { membership::step(&accounts, Ctx::of(actor), id, None, Step::Leave).await })
        };
        let (a, b) = (leave(admin, own), leave(second, theirs));
        let (a, b) = (a.await.unwrap(), b.await.unwrap());
        assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1);
        assert!(matches!(a.and(b), Err(Error::LastAdmin)));
    }
}

#[tokio::test]
async fn an_invitation_tells_nothing_about_the_address_and_waits_for_its_account() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let id = party(&site, &founder, "Viện Dừa").await;
        let admin = site.again("lan@vien.example").await;
        site.person("co@vien.example", &[]).await;
        for address in ["co@vien.example", "khong@vien.example"] {
            invite(&site, &admin, id, address, PartyRole::Editor).await.unwrap();
            let twice = invite(&site, &admin, id, address, PartyRole::Editor).await;
            assert_eq!(faults(twice), [("/email".into(), "already_member")]);
        }
        let rows = membership::of_party(&site.accounts, &admin, id).await.unwrap();
        let invited: Vec<_> = rows.iter().filter(|m| m.status == Status::Invited).collect();
        assert_eq!(invited.len(), 2);
        assert!(invited.iter().all(|m| m.account.is_none() && m.name.is_none() && m.version == 1));
        let mails = site.post().await;
        assert_eq!(mails.len(), 2);
        assert!(mails.iter().all(|m| m.text.contains("Viện Dừa")));
        assert!(mails.iter().any(|m| m.is_to("khong@vien.example") && m.text.contains("/account/sign-up")));

        // Whoever proves that the address is theirs finds the invitation.
        let body = SignUp { email: "khong@vien.example".into(), name: "Không".into(), lang: Lang::Vi, password: Password::new(PASSWORD) };
        sign_up::sign_up(&site.accounts, &site.client(), body).await.unwrap();
        sign_up::confirm(&site.accounts, &site.post().await[0].link()).await.unwrap();
        let person = site.again("khong@vien.example").await;
        let mine = membership::mine(&site.accounts, &person).await.unwrap();
        assert_eq!((mine.len(), mine[0].status), (1, Status::Invited));
        step(&site, &person, mine[0].id, Step::Accept).await.unwrap();
        assert!(membership::of_party(&site.accounts, &admin, id).await.unwrap().iter().any(|m| m.name.as_deref() == Some("Không")));
        // Members only invite as admins, and only to addresses.
        let (editor, _) = member(&site, &admin, id, "bien@vien.example", PartyRole::Editor).await;
        assert!(matches!(
            invite(&site, &editor, id, "x@vien.example", PartyRole::Viewer).await,
            Err(Error::Refused(Refused::Forbidden { .. }))
        ));
        assert_eq!(faults(invite(&site, &admin, id, "x", PartyRole::Viewer).await), [("/email".into(), "email_form")]);
    }
}

#[tokio::test]
async fn lists_show_each_party_once_and_filter() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        for n in 0..7 {
            party(&site, &founder, &format!("Công ty {n}")).await;
        }
        parties::create(&site.accounts, Ctx::of(founder), household()).await.unwrap();
        let (mut seen, mut cursor) = (BTreeSet::new(), None::<String>);
        loop {
            let page =
                parties::list(&site.accounts, &PartyFilter::default(), cursor.as_deref(), base::Limit::new(3).unwrap()).await.unwrap();
            assert_eq!(page.total, 8);
            assert!(page.items.iter().all(|p| seen.insert(p.id)));
            let Some(next) = page.next else { break };
            cursor = Some(next);
        }
        assert_eq!(seen.len(), 8);
        let some = PartyFilter { province: Some(Code::from("86")), ..PartyFilter::default() };
        assert_eq!(parties::list(&site.accounts, &some, None, base::Limit::default()).await.unwrap().items.len(), 1);
        let bad = parties::list(&site.accounts, &some, Some("x"), base::Limit::default()).await;
        assert!(matches!(bad, Err(Error::Cursor)));
        let first = parties::page_after(site.store.db(), None, 5).await.unwrap();
        let rest = parties::page_after(site.store.db(), first.last().map(|b| b.id), 5).await.unwrap();
        assert_eq!((first.len(), rest.len()), (5, 3));
        assert_eq!(first.iter().chain(&rest).map(|b| b.id).collect::<BTreeSet<_>>(), seen);
    }
}
