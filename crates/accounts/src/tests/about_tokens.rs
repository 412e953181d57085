use base::{PartyId, PartyRole, Scope};

use super::about_parties::party;
use super::*;
use crate::settings::SecondFactorRule;
use crate::tokens::{self, TokenRequest};

fn request(scopes: &[Scope], party: Option<PartyId>) -> TokenRequest {
    TokenRequest { name: "Máy chủ".into(), scopes: scopes.iter().copied().collect(), party, days: 30 }
}

async fn token(site: &Site, email: &str, request: TokenRequest) -> Result<tokens::NewToken, Error> {
    let (actor, session) = site.of(&site.sign_in(email, PASSWORD).await.unwrap().secret).await.unwrap();
    tokens::create(&site.accounts, Ctx::of(actor), &session, request).await
}

async fn of(site: &Site, secret: &str) -> Option<Actor> {
    actor::of_token(&site.accounts, &Secret::received(secret)).await.unwrap().map(|(actor, _)| actor)
}

#[tokio::test]
async fn a_token_may_less_than_its_account() {
    for site in Site::all().await {
        let founder = site.signed_in("lan@vien.example").await;
        let first = party(&site, &founder, "Viện Một").await;
        let second = party(&site, &founder, "Viện Hai").await;
        let all = token(&site, "lan@vien.example", request(&[Scope::Read], None)).await.unwrap();
        assert!(all.secret.starts_with("insp_"));
        let actor = of(&site, &all.secret).await.unwrap();
        assert!(actor.is_member(first) && actor.is_member(second) && !actor.has_scope(Scope::Write));
        let one = token(&site, "lan@vien.example", request(&[Scope::Read, Scope::Write], Some(second))).await.unwrap();
        let actor = of(&site, &one.secret).await.unwrap();
        assert!(!actor.is_member(first) && actor.has_role(second, PartyRole::Admin));
        assert!(matches!(actor.capacity, base::Capacity::Program(_)));
        // A token makes no tokens, parties or passwords.
        let session = site.of(&site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret).await.unwrap().1;
        let more = tokens::create(&site.accounts, Ctx::of(actor.clone()), &session, request(&[Scope::Read], None)).await;
        assert!(matches!(more, Err(Error::Refused(base::Refused::Forbidden { .. }))));
        assert!(tokens::list(&site.accounts, &actor).await.is_err());
        assert!(!site.dump("api_token", "secret_hash").await.contains(&one.secret));
        assert!(!format!("{one:?}").contains(&one.secret));
    }
}

#[tokio::test]
async fn a_token_is_dead_when_revoked_when_over_and_when_its_account_is_disabled() {
    for site in Site::all().await {
        let id = site.person("lan@vien.example", &[]).await;
        let make = async || token(&site, "lan@vien.example", request(&[Scope::Read], None)).await.unwrap();
        let (revoked, over, owner) = (make().await, make().await, make().await);
        let (actor, _) = site.of(&site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret).await.unwrap();
        let stranger = site.signed_in("minh@vien.example").await;
        let refused = tokens::revoke(&site.accounts, Ctx::of(stranger), revoked.token.id).await;
        assert!(matches!(refused, Err(Error::Refused(base::Refused::Hidden))));
        assert!(of(&site, &revoked.secret).await.is_some());
        tokens::revoke(&site.accounts, Ctx::of(actor.clone()), revoked.token.id).await.unwrap();
        tokens::revoke(&site.accounts, Ctx::of(actor.clone()), revoked.token.id).await.unwrap();
        assert!(of(&site, &revoked.secret).await.is_none());
        assert!(tokens::list(&site.accounts, &actor).await.unwrap().iter().any(|t| t.id == owner.token.id && t.revoked_at.is_none()));
        managing::disable(&site.accounts, Ctx::system(), id, 1).await.unwrap();
        assert!(of(&site, &owner.secret).await.is_none());
        managing::enable(&site.accounts, Ctx::system(), id, 2).await.unwrap();
        assert!(of(&site, &owner.secret).await.is_none(), "a token that was revoked stays so");
        let fresh = make().await;
        site.later(TimeDelta::days(30));
        assert!(of(&site, &over.secret).await.is_none());
        assert!(of(&site, &fresh.secret).await.is_none());
        assert!(of(&site, "insp_nothing").await.is_none());
    }
}

#[tokio::test]
async fn a_request_that_reaches_too_far_is_refused_with_all_faults() {
    for site in Site::all().await {
        let other = site.signed_in("minh@vien.example").await;
        let theirs = party(&site, &other, "Viện Khác").await;
        site.person("lan@vien.example", &[]).await;
        let bad = TokenRequest { name: String::new(), days: 366, ..request(&[Scope::Staff], Some(theirs)) };
        let found: Vec<String> = faults(token(&site, "lan@vien.example", bad).await).into_iter().map(|(p, _)| p).collect();
        assert_eq!(found, ["/name", "/scopes", "/party", "/days"]);
        assert_eq!(faults(token(&site, "lan@vien.example", request(&[], None)).await), [("/scopes".into(), "scopes_missing")]);
    }
}

#[tokio::test]
async fn staff_work_needs_the_scope_and_the_role_of_this_moment() {
    let settings = AccountSettings { staff_second_factor: SecondFactorRule::Optional, ..AccountSettings::default() };
    for site in Site::all_with(settings).await {
        let id = site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let staff = token(&site, "duyet@so.example", request(&[Scope::Read, Scope::Staff], None)).await.unwrap();
        let plain = token(&site, "duyet@so.example", request(&[Scope::Read, Scope::Write], None)).await.unwrap();
        assert!(of(&site, &staff.secret).await.unwrap().is_staff(StaffRole::Moderator));
        assert!(of(&site, &plain.secret).await.unwrap().staff.is_empty());
        // Made without a second factor, it is worth nothing where one is required.
        let strict = Accounts { settings: Arc::new(AccountSettings::default()), ..site.accounts.clone() };
        let (actor, _) = actor::of_token(&strict, &Secret::received(&staff.secret)).await.unwrap().unwrap();
        assert!(actor.staff.is_empty());
        managing::set_staff(&site.accounts, Ctx::system(), id, 1, BTreeSet::new()).await.unwrap();
        assert!(of(&site, &staff.secret).await.unwrap().staff.is_empty());
    }
}
