use base::{Scope, SessionId};
use totp_rs::Builder;

use super::*;
use crate::settings::SecondFactorRule;
use crate::{recovery, second_factor};

/// The code an authenticator app shows for this secret now.
fn code(site: &Site, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let now = u64::try_from(site.clock.now().timestamp()).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(now).to_string()
}

/// Staff who set up a second factor: the app's secret, the recovery codes, the session.
async fn set_up(site: &Site, email: &str) -> (String, Vec<String>, Secret) {
    let signed_in = site.sign_in(email, PASSWORD).await.unwrap();
    let (actor, session) = site.of(&signed_in.secret).await.unwrap();
    let setup = second_factor::begin(&site.accounts, Ctx::of(actor.clone()), &Password::new(PASSWORD)).await.unwrap();
    assert!(setup.url.starts_with("otpauth://totp/Innospace:"), "{}", setup.url);
    let set = second_factor::confirm(&site.accounts, Ctx::of(actor), session.id, &code(site, &setup.secret)).await.unwrap();
    assert!(!site.is_in(&signed_in.secret).await, "the session gets a new secret");
    (setup.secret, set.recovery_codes, set.secret)
}

async fn give(site: &Site, secret: &Secret, code: &str) -> Result<Secret, Error> {
    let (actor, session) = site.of(secret).await.unwrap();
    second_factor::give(&site.accounts, Ctx::of(actor), session.id, code).await
}

#[tokio::test]
async fn staff_roles_are_there_only_after_the_second_factor() {
    for site in Site::all().await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (actor, session) = site.of(&site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret).await.unwrap();
        assert!(session.second_factor_setup_due && actor.staff.is_empty());
        let (app, _, secret) = set_up(&site, "duyet@so.example").await;
        let (actor, session) = site.of(&secret).await.unwrap();
        assert!(actor.is_staff(StaffRole::Moderator) && !session.second_factor_due && !session.second_factor_setup_due);

        site.later(TimeDelta::seconds(30));
        let secret = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        let (actor, session) = site.of(&secret).await.unwrap();
        assert!(session.second_factor_due && actor.staff.is_empty() && !actor.has_scope(Scope::Write));
        assert!(matches!(give(&site, &secret, "000000").await, Err(Error::Code)));
        let renewed = give(&site, &secret, &code(&site, &app)).await.unwrap();
        assert!(!site.is_in(&secret).await, "the old secret opens nothing");
        assert!(site.of(&renewed).await.unwrap().0.is_staff(StaffRole::Moderator));
    }
}

#[tokio::test]
async fn where_it_is_optional_staff_need_none_but_give_one_they_have() {
    let settings = AccountSettings { staff_second_factor: SecondFactorRule::Optional, ..AccountSettings::default() };
    for site in Site::all_with(settings).await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let secret = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        assert!(site.of(&secret).await.unwrap().0.is_staff(StaffRole::Moderator));
        set_up(&site, "duyet@so.example").await;
        let (actor, session) = site.of(&site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret).await.unwrap();
        assert!(session.second_factor_due && actor.staff.is_empty());
        // Nor does an older session without it keep its rights.
        assert!(site.of(&secret).await.unwrap().0.staff.is_empty());
    }
}

#[tokio::test]
async fn a_code_is_accepted_once() {
    for site in Site::all().await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (app, _, _) = set_up(&site, "duyet@so.example").await;
        let first = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        let second = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        // The code that ended the setting-up is used up as well.
        assert!(matches!(give(&site, &first, &code(&site, &app)).await, Err(Error::Code)));
        site.later(TimeDelta::seconds(30));
        let shown = code(&site, &app);
        give(&site, &first, &shown).await.unwrap();
        assert!(matches!(give(&site, &second, &shown).await, Err(Error::Code)));
        // Of many with one fresh code at once, one gets through.
        site.later(TimeDelta::seconds(30));
        let shown = code(&site, &app);
        let (actor, session) = site.of(&second).await.unwrap();
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let (accounts, ctx, id, shown) = (site.accounts.clone(), Ctx::of(actor.clone()), session.id, shown.clone());
                tokio::spawn(async move { second_factor::give(&accounts, ctx, id, &shown).await.is_ok() })
            })
            .collect();
        let mut through = 0;
        for task in tasks {
            through += usize::from(task.await.unwrap());
        }
        assert_eq!(through, 1);
    }
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_the_owner_is_told() {
    for site in Site::all().await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (_, codes, _) = set_up(&site, "duyet@so.example").await;
        assert_eq!(codes.len(), 10);
        site.post().await;
        let first = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        let second = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        assert!(give(&site, &first, &codes[0].to_uppercase().replace('-', " ")).await.is_ok());
        assert!(matches!(give(&site, &second, &codes[0]).await, Err(Error::Code)));
        assert!(give(&site, &second, &codes[1]).await.is_ok());
        assert_eq!(site.post().await.len(), 2);
    }
}

#[tokio::test]
async fn guesses_at_the_second_factor_are_counted() {
    for site in Site::all().await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (app, _, _) = set_up(&site, "duyet@so.example").await;
        site.later(TimeDelta::seconds(30));
        let secret = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        for _ in 0..10 {
            assert!(matches!(give(&site, &secret, "000000").await, Err(Error::Code)));
        }
        assert!(matches!(give(&site, &secret, &code(&site, &app)).await, Err(Error::Throttled { .. })));
    }
}

#[tokio::test]
async fn a_password_reset_does_not_stand_in_for_the_second_factor() {
    for site in Site::all().await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (_, _, secret) = set_up(&site, "duyet@so.example").await;
        site.post().await;
        recovery::request(&site.accounts, &site.client(), "duyet@so.example").await.unwrap();
        let link = site.post().await[0].link();
        recovery::reset(&site.accounts, &link, &Password::new("sáu con vịt bơi ngang")).await.unwrap();
        assert!(!site.is_in(&secret).await);
        let secret = site.sign_in("duyet@so.example", "sáu con vịt bơi ngang").await.unwrap().secret;
        let (actor, session) = site.of(&secret).await.unwrap();
        assert!(session.second_factor_due && actor.staff.is_empty());
        // Nor can it be removed, replaced, or the password changed before it was given.
        let password = Password::new("sáu con vịt bơi ngang");
        assert!(matches!(second_factor::remove(&site.accounts, Ctx::of(actor.clone()), &password).await, Err(Error::Refused(_))));
        assert!(matches!(second_factor::begin(&site.accounts, Ctx::of(actor.clone()), &password).await, Err(Error::Refused(_))));
        assert!(matches!(second_factor::renew_codes(&site.accounts, Ctx::of(actor.clone()), &password).await, Err(Error::Refused(_))));
        let change = recovery::change(&site.accounts, Ctx::of(actor), session.id, &password, &Password::new(PASSWORD)).await;
        assert!(matches!(change, Err(Error::Refused(_))));
    }
}

#[tokio::test]
async fn it_lies_encrypted_and_goes_with_the_password_or_an_administrator() {
    for site in Site::all().await {
        let id = site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (app, codes, secret) = set_up(&site, "duyet@so.example").await;
        let raw: Vec<u8> = totp_rs::Secret::try_from_base32(&app).unwrap().as_ref().to_vec();
        let stored = people::find(site.store.db(), id).await.unwrap().unwrap().totp_secret.unwrap();
        assert!(!stored.windows(raw.len()).any(|w| w == raw));
        let (actor, _) = site.of(&secret).await.unwrap();
        assert!(matches!(
            second_factor::remove(&site.accounts, Ctx::of(actor.clone()), &Password::new("sai")).await,
            Err(Error::Credentials)
        ));
        second_factor::remove(&site.accounts, Ctx::of(actor), &Password::new(PASSWORD)).await.unwrap();
        let (actor, session) = site.of(&secret).await.unwrap();
        assert!(session.second_factor_setup_due && actor.staff.is_empty());
        assert!(matches!(give(&site, &secret, &codes[3]).await, Err(Error::SecondFactorState)));

        let (_, _, secret) = set_up(&site, "duyet@so.example").await;
        let admin = site.staff("quantri@so.example", &[StaffRole::Administrator]).await;
        let version = people::get(&site.accounts, &admin, id).await.unwrap().version;
        let take = |reason| second_factor::remove_of(&site.accounts, Ctx::of(admin.clone()), id, version, reason);
        assert!(matches!(take("mất").await, Err(Error::Invalid(_))), "an administrator says why");
        assert!(site.is_in(&secret).await);
        take("Mất điện thoại, đã gặp tại Sở").await.unwrap();
        assert!(matches!(take("Mất điện thoại, đã gặp tại Sở").await, Err(Error::Stale { .. })));
        let done = crate::acts::of(&site.accounts, &admin, &[id]).await.unwrap();
        assert_eq!((done.len(), done[0].by), (1, admin.account()));
        assert!(!site.is_in(&secret).await);
        let (_, session) = site.of(&site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret).await.unwrap();
        assert!(!session.second_factor_due);
    }
}

#[tokio::test]
async fn a_session_of_somebody_else_gets_no_new_secret() {
    for site in Site::all().await {
        site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let (app, _, _) = set_up(&site, "duyet@so.example").await;
        site.later(TimeDelta::seconds(30));
        let mine = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        site.person("lan@vien.example", &[]).await;
        let theirs = site.sign_in("lan@vien.example", PASSWORD).await.unwrap();
        let (actor, _) = site.of(&mine).await.unwrap();
        let result = second_factor::give(&site.accounts, Ctx::of(actor), SessionId(theirs.session.id.0), &code(&site, &app)).await;
        assert!(matches!(result, Err(Error::Refused(base::Refused::SignIn))));
        assert!(site.is_in(&theirs.secret).await);
    }
}
