use super::*;
use crate::sign_up::{self, SignUp};
use crate::{recovery, sessions};

fn body(email: &str) -> SignUp {
    SignUp { email: email.into(), name: "Nguyễn Thị Lan".into(), lang: Lang::Vi, password: Password::new(PASSWORD) }
}

async fn sign_up(site: &Site, email: &str) -> Result<(), Error> {
    sign_up::sign_up(&site.accounts, &site.client(), body(email)).await
}

#[tokio::test]
async fn an_account_is_confirmed_by_its_link_and_the_link_works_once() {
    for site in Site::all().await {
        sign_up(&site, "lan@vien.example").await.unwrap();
        assert!(matches!(site.sign_in("lan@vien.example", PASSWORD).await, Err(Error::Unconfirmed)));
        let mails = site.post().await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].is_to("lan@vien.example"));
        let link = mails[0].link();
        assert!(!site.dump("one_time_token", "secret_hash").await.contains(link.reveal()));
        assert!(!site.dump("job", "payload").await.contains(link.reveal()));

        sign_up::confirm(&site.accounts, &link).await.unwrap();
        assert!(matches!(sign_up::confirm(&site.accounts, &link).await, Err(Error::Link)));
        assert!(site.sign_in("LAN@vien.example", PASSWORD).await.is_ok());
        assert_eq!(site.events().await, ["account.signed_up", "account.confirmed", "account.signed_in"]);
    }
}

#[tokio::test]
async fn a_link_is_over_after_a_day_and_when_a_newer_one_was_sent() {
    for site in Site::all().await {
        sign_up(&site, "lan@vien.example").await.unwrap();
        let first = site.post().await[0].link();
        sign_up::resend(&site.accounts, &site.client(), "lan@vien.example").await.unwrap();
        let second = site.post().await[0].link();
        assert!(matches!(sign_up::confirm(&site.accounts, &first).await, Err(Error::Link)));
        // A link for one end opens nothing for another.
        assert!(matches!(recovery::reset(&site.accounts, &second, &Password::new(PASSWORD)).await, Err(Error::Link)));
        site.later(TimeDelta::hours(24));
        assert!(matches!(sign_up::confirm(&site.accounts, &second).await, Err(Error::Link)));
    }
}

#[tokio::test]
async fn of_many_who_use_one_link_at_once_one_gets_through() {
    for site in Site::all().await {
        sign_up(&site, "lan@vien.example").await.unwrap();
        let link = site.post().await[0].link();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let (accounts, link) = (site.accounts.clone(), link.clone());
                tokio::spawn(async move { sign_up::confirm(&accounts, &link).await.is_ok() })
            })
            .collect();
        let mut through = 0;
        for task in tasks {
            through += usize::from(task.await.unwrap());
        }
        assert_eq!(through, 1);
        assert_eq!(site.events().await.iter().filter(|e| *e == "account.confirmed").count(), 1);
    }
}

#[tokio::test]
async fn a_known_and_an_unknown_address_are_answered_alike() {
    for site in Site::all().await {
        site.person("co@vien.example", &[]).await;
        let open = |site: &Site| {
            let store = site.store.clone();
            async move { store.count_jobs().await.unwrap().0 }
        };
        for (n, address) in ["co@vien.example", "khong@vien.example"].into_iter().enumerate() {
            let before = open(&site).await;
            recovery::request(&site.accounts, &site.client(), address).await.unwrap();
            sign_up::resend(&site.accounts, &site.client(), address).await.unwrap();
            sign_up(&site, address).await.unwrap();
            assert_eq!(open(&site).await - before, 3, "{n}");
            // And both may cause as many letters.
            assert!(matches!(recovery::request(&site.accounts, &site.client(), address).await, Err(Error::Throttled { .. })));
        }
        let mails = site.post().await;
        let to = |address: &str| mails.iter().filter(|m| m.is_to(address)).count();
        assert_eq!((to("co@vien.example"), to("khong@vien.example")), (2, 1)); // reset and "you have one"; confirm
        // Sign-in: the same error for an unknown address and a wrong password.
        assert!(matches!(site.sign_in("co@vien.example", "sai").await, Err(Error::Credentials)));
        assert!(matches!(site.sign_in("ai@vien.example", "sai").await, Err(Error::Credentials)));
        // Whoever signs up again does not change the account that is there.
        assert!(site.sign_in("co@vien.example", PASSWORD).await.is_ok());
    }
}

/// A rough measure that a missing hash would fail by a factor of ten; the fine one (reliability.md, A6) needs a quiet
/// machine.
#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let settings = AccountSettings { sign_in_per_account: crate::Rate { attempts: 1_000, minutes: 5 }, ..AccountSettings::default() };
    for site in Site::all_with(settings).await {
        site.person("co@vien.example", &[]).await;
        let mut times = [Vec::new(), Vec::new()];
        for n in 0..30 {
            let address = ["co@vien.example", "khong@vien.example"][n % 2];
            let start = std::time::Instant::now();
            assert!(matches!(site.sign_in(address, "sai").await, Err(Error::Credentials)));
            times[n % 2].push(start.elapsed().as_secs_f64());
        }
        let [known, unknown] = times.map(|mut t| {
            t.sort_by(f64::total_cmp);
            t[t.len() / 2]
        });
        assert!((0.4..2.5).contains(&(unknown / known)), "{known} {unknown}");
    }
}

#[tokio::test]
async fn all_faults_of_a_sign_up_come_at_once() {
    for site in Site::all().await {
        let bad =
            SignUp { email: "lan".into(), name: "Lan\r\nBcc: all@vien.example".into(), lang: Lang::Vi, password: Password::new("123") };
        let found = faults(sign_up::sign_up(&site.accounts, &site.client(), bad).await);
        assert_eq!(found, [("/email".into(), "email_form"), ("/name".into(), "one_line"), ("/password".into(), "password_short")]);
        assert!(site.events().await.is_empty());
    }
}

#[tokio::test]
async fn a_reset_ends_all_sessions_and_its_link_works_once_for_ten_minutes() {
    for site in Site::all().await {
        site.person("lan@vien.example", &[]).await;
        let secret = site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret;
        recovery::request(&site.accounts, &site.client(), "lan@vien.example").await.unwrap();
        let old = site.post().await[0].link();
        site.later(TimeDelta::minutes(10));
        let fresh = Password::new("sáu con vịt bơi ngang");
        assert!(matches!(recovery::reset(&site.accounts, &old, &fresh).await, Err(Error::Link)));

        recovery::request(&site.accounts, &site.client(), "lan@vien.example").await.unwrap();
        let link = site.post().await[0].link();
        // A password that will not do does not use the link up.
        assert_eq!(faults(recovery::reset(&site.accounts, &link, &Password::new("matkhau1")).await)[0].1, "password_guessable");
        assert!(site.is_in(&secret).await);
        recovery::reset(&site.accounts, &link, &fresh).await.unwrap();
        assert!(!site.is_in(&secret).await);
        assert!(matches!(recovery::reset(&site.accounts, &link, &fresh).await, Err(Error::Link)));
        assert!(matches!(site.sign_in("lan@vien.example", PASSWORD).await, Err(Error::Credentials)));
        assert!(site.sign_in("lan@vien.example", "sáu con vịt bơi ngang").await.is_ok());
        assert!(site.post().await[0].text.contains("Mật khẩu của tài khoản bạn vừa được thay đổi"));
    }
}

#[tokio::test]
async fn changing_the_password_ends_other_sessions_and_renews_this_one() {
    for site in Site::all().await {
        site.person("lan@vien.example", &[]).await;
        let other = site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret;
        let mine = site.sign_in("lan@vien.example", PASSWORD).await.unwrap();
        let (actor, _) = site.of(&mine.secret).await.unwrap();
        let change = |old: &str, new: &str| {
            let (accounts, ctx, id) = (site.accounts.clone(), Ctx::of(actor.clone()), mine.session.id);
            let (old, new) = (Password::new(old), Password::new(new));
            async move { recovery::change(&accounts, ctx, id, &old, &new).await }
        };
        assert!(matches!(change("sai", "sáu con vịt bơi ngang").await, Err(Error::Credentials)));
        assert!(site.is_in(&other).await);
        let renewed = change(PASSWORD, "sáu con vịt bơi ngang").await.unwrap();
        assert!(!site.is_in(&other).await);
        assert!(!site.is_in(&mine.secret).await);
        assert_eq!(site.of(&renewed).await.unwrap().1.id, mine.session.id);
    }
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_signed_out() {
    for site in Site::all().await {
        site.person("lan@vien.example", &[]).await;
        let sign_in = async || site.sign_in("lan@vien.example", PASSWORD).await.unwrap();
        let idle = sign_in().await.secret;
        site.later(TimeDelta::hours(12));
        assert!(!site.is_in(&idle).await);

        let used = sign_in().await.secret;
        for _ in 0..16 {
            site.later(TimeDelta::hours(10));
            assert!(site.is_in(&used).await);
        }
        site.later(TimeDelta::hours(8)); // 168 hours in all
        assert!(!site.is_in(&used).await);

        let (first, second) = (sign_in().await, sign_in().await);
        let (actor, session) = site.of(&first.secret).await.unwrap();
        assert_eq!(sessions::list(&site.accounts, &actor, session.id).await.unwrap().len(), 2);
        sessions::end(&site.accounts, Ctx::of(actor.clone()), first.session.id).await.unwrap();
        assert!(!site.is_in(&first.secret).await);
        assert!(site.is_in(&second.secret).await);
        // Somebody else's session is as good as none.
        let other = site.signed_in("minh@vien.example").await;
        let refused = sessions::end(&site.accounts, Ctx::of(other), second.session.id).await;
        assert!(matches!(refused, Err(Error::Refused(base::Refused::Hidden))));
        assert!(site.is_in(&second.secret).await);
        assert!(!site.is_in(&Secret::received("inss_x")).await);

        sessions::sweep(&site.accounts).await.unwrap();
        assert!(site.is_in(&second.secret).await);
    }
}

#[tokio::test]
async fn an_account_has_no_more_sessions_than_the_limit() {
    let settings = AccountSettings {
        hash_memory_kib: 64,
        hash_passes: 1,
        sign_in_per_account: crate::Rate { attempts: 100, minutes: 5 },
        ..AccountSettings::default()
    };
    for site in Site::all_with(settings).await {
        site.person("lan@vien.example", &[]).await;
        let first = site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret;
        for _ in 0..50 {
            site.later(TimeDelta::seconds(20));
            site.sign_in("lan@vien.example", PASSWORD).await.unwrap();
        }
        assert!(!site.is_in(&first).await);
        let (actor, session) = site.of(&site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret).await.unwrap();
        assert_eq!(sessions::list(&site.accounts, &actor, session.id).await.unwrap().len(), 50);
    }
}

#[tokio::test]
async fn guesses_are_counted_and_the_owner_on_a_known_device_still_gets_in() {
    for site in Site::all().await {
        site.person("lan@vien.example", &[]).await;
        let device = site.sign_in("lan@vien.example", PASSWORD).await.unwrap().device;
        for address in ["lan@vien.example", "khong@vien.example"] {
            for _ in 0..10 {
                assert!(matches!(site.sign_in(address, "sai").await, Err(Error::Credentials)), "{address}");
            }
            let Err(Error::Throttled { retry_after }) = site.sign_in(address, PASSWORD).await else { panic!("{address} was let through") };
            assert!(retry_after.as_secs() > 0 && retry_after.as_secs() <= 300);
        }
        let known = Client { device: Some(device.clone()), ..site.client() };
        assert!(site.sign_in_from(&known, "lan@vien.example", PASSWORD).await.is_ok());
        // The mark is for one account only.
        assert!(matches!(site.sign_in_from(&known, "khong@vien.example", "sai").await, Err(Error::Throttled { .. })));
        site.later(TimeDelta::minutes(5));
        assert!(site.sign_in("lan@vien.example", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn guesses_from_one_address_are_counted_over_all_accounts() {
    let settings = AccountSettings { sign_in_per_address: crate::Rate { attempts: 5, minutes: 5 }, ..AccountSettings::default() };
    for site in Site::all_with(settings).await {
        site.person("lan@vien.example", &[]).await;
        for n in 0..5 {
            assert!(matches!(site.sign_in(&format!("{n}@vien.example"), "sai").await, Err(Error::Credentials)));
        }
        assert!(matches!(site.sign_in("lan@vien.example", PASSWORD).await, Err(Error::Throttled { .. })));
        let elsewhere = Client { address: "192.0.2.2".into(), ..site.client() };
        assert!(site.sign_in_from(&elsewhere, "lan@vien.example", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn an_old_hash_is_renewed_at_the_next_sign_in() {
    for site in Site::all_with(AccountSettings { hash_passes: 1, ..AccountSettings::default() }).await {
        site.person("lan@vien.example", &[]).await;
        let stronger = AccountSettings { hash_passes: 2, ..AccountSettings::default() };
        let hasher = crate::password::Hasher::new(&stronger).unwrap();
        let site = Site { accounts: Accounts { hasher, ..site.accounts.clone() }, ..site };
        assert!(site.dump("account", "password_hash").await.contains("t=1"));
        assert!(site.sign_in("lan@vien.example", PASSWORD).await.is_ok());
        assert!(site.dump("account", "password_hash").await.contains("t=2"));
        assert!(site.sign_in("lan@vien.example", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_looks_like_a_wrong_password() {
    for site in Site::all().await {
        let id = site.person("lan@vien.example", &[]).await;
        let secret = site.sign_in("lan@vien.example", PASSWORD).await.unwrap().secret;
        let admin = site.staff("quantri@so.example", &[StaffRole::Administrator]).await;
        let other = site.signed_in("minh@vien.example").await;
        let refused = managing::disable(&site.accounts, Ctx::of(other), id, 1).await;
        assert!(matches!(refused, Err(Error::Refused(base::Refused::Hidden))));
        assert!(matches!(managing::disable(&site.accounts, Ctx::of(admin.clone()), id, 7).await, Err(Error::Stale { seen: 7 })));
        managing::disable(&site.accounts, Ctx::of(admin.clone()), id, 1).await.unwrap();
        assert!(!site.is_in(&secret).await);
        assert!(matches!(site.sign_in("lan@vien.example", PASSWORD).await, Err(Error::Credentials)));
        recovery::request(&site.accounts, &site.client(), "lan@vien.example").await.unwrap();
        assert!(site.post().await.is_empty());
        managing::enable(&site.accounts, Ctx::of(admin), id, 2).await.unwrap();
        assert!(site.sign_in("lan@vien.example", PASSWORD).await.is_ok());
        assert!(!site.is_in(&secret).await);
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    for site in Site::all().await {
        let admin = site.staff("quantri@so.example", &[StaffRole::Administrator]).await;
        let id = admin.account().unwrap();
        let roles = BTreeSet::from([StaffRole::Moderator]);
        let result = managing::set_staff(&site.accounts, Ctx::of(admin.clone()), id, 1, roles.clone()).await;
        assert!(matches!(result, Err(Error::LastAdministrator)));
        assert!(matches!(managing::disable(&site.accounts, Ctx::of(admin.clone()), id, 1).await, Err(Error::LastAdministrator)));
        site.person("hai@so.example", &[StaffRole::Administrator]).await;
        managing::set_staff(&site.accounts, Ctx::of(admin), id, 1, roles).await.unwrap();
    }
}

#[tokio::test]
async fn losing_or_gaining_a_staff_role_ends_the_sessions() {
    for site in Site::all().await {
        let id = site.person("duyet@so.example", &[StaffRole::Moderator]).await;
        let secret = site.sign_in("duyet@so.example", PASSWORD).await.unwrap().secret;
        let admin = site.staff("quantri@so.example", &[StaffRole::Administrator]).await;
        managing::set_staff(&site.accounts, Ctx::of(admin), id, 1, BTreeSet::new()).await.unwrap();
        assert!(!site.is_in(&secret).await);
    }
}

#[tokio::test]
async fn accounts_are_listed_for_administrators_only_each_once() {
    for site in Site::all().await {
        let admin = site.staff("quantri@so.example", &[StaffRole::Administrator]).await;
        let other = site.signed_in("lan@vien.example").await;
        for n in 0..5 {
            site.person(&format!("{n}@vien.example"), &[]).await;
        }
        let filter = &people::AccountFilter::default();
        let refused = people::list(&site.accounts, &other, filter, None, base::Limit::default()).await;
        assert!(matches!(refused, Err(Error::Refused(base::Refused::Forbidden { .. }))));
        let (mut seen, mut cursor) = (BTreeSet::new(), None::<String>);
        loop {
            let page = people::list(&site.accounts, &admin, filter, cursor.as_deref(), base::Limit::new(3).unwrap()).await.unwrap();
            assert_eq!(page.total, 7);
            for account in page.items {
                assert!(seen.insert(account.id));
            }
            let Some(next) = page.next else { break };
            cursor = Some(next);
        }
        assert_eq!(seen.len(), 7);
        let id = admin.account().unwrap();
        assert!(matches!(people::get(&site.accounts, &other, id).await, Err(Error::Refused(base::Refused::Hidden))));
        assert_eq!(people::get(&site.accounts, &admin, other.account().unwrap()).await.unwrap().email, "lan@vien.example");
    }
}

#[tokio::test]
async fn an_administrator_made_at_the_command_line_can_sign_in_and_an_address_is_taken_once() {
    for site in Site::all().await {
        people::create_admin(&site.accounts, "quantri@so.example", "Quản trị", Password::new(PASSWORD)).await.unwrap();
        let session = site.sign_in("quantri@so.example", PASSWORD).await.unwrap().session;
        assert!(session.second_factor_setup_due);
        let again = people::create_admin(&site.accounts, "QuanTri@so.example", "Quản trị", Password::new(PASSWORD)).await;
        assert_eq!(faults(again), [("/email".into(), "email_taken")]);
        let short = people::create_admin(&site.accounts, "hai@so.example", "Hai", Password::new("123")).await;
        assert_eq!(faults(short)[0].0, "/password");
    }
}

#[tokio::test]
async fn one_edits_ones_own_name_with_the_version_one_saw() {
    for site in Site::all().await {
        let actor = site.signed_in("lan@vien.example").await;
        let edit = people::AccountEdit { name: " Lan  ".into(), lang: Lang::En };
        assert_eq!(people::edit_me(&site.accounts, Ctx::of(actor.clone()), 1, edit.clone()).await.unwrap().version, 2);
        assert!(matches!(people::edit_me(&site.accounts, Ctx::of(actor.clone()), 1, edit).await, Err(Error::Stale { seen: 1 })));
        let me = people::me(&site.accounts, &actor).await.unwrap();
        assert_eq!((me.name.as_str(), me.lang), ("Lan", Lang::En));
        assert!(matches!(people::me(&site.accounts, &Actor::anonymous(Lang::Vi)).await, Err(Error::Refused(base::Refused::SignIn))));
    }
}

#[tokio::test]
async fn no_name_or_subject_can_add_a_header_to_a_mail() {
    for site in Site::all().await {
        let letter = mail::Letter {
            name: Some("Lan\r\nBcc: all@vien.example\r\n".into()),
            email: "lan@vien.example".into(),
            lang: Lang::Vi,
            subject: "Chào\r\nBcc: all@vien.example\r\n\r\n<script>".into(),
            text: "Chào.\n".into(),
            stop: None,
        };
        site.mailer.send(&site.accounts, &letter, uuid::Uuid::nil()).await.unwrap();
        let raw = site.post().await.remove(0).raw;
        let head = raw.split("\r\n\r\n").next().unwrap();
        assert!(head.lines().all(|l| !l.to_ascii_lowercase().starts_with("bcc")), "{head}");
        let names: Vec<&str> =
            head.lines().filter(|l| !l.starts_with([' ', '\t'])).filter_map(|l| l.split_once(':')).map(|(n, _)| n).collect();
        for once in ["From", "To", "Subject", "Date", "Message-ID"] {
            assert_eq!(names.iter().filter(|n| **n == once).count(), 1, "{once}");
        }
        let bad = mail::Letter { email: "lan@vien.example\r\nBcc: all@vien.example".into(), ..letter };
        assert!(site.mailer.send(&site.accounts, &bad, uuid::Uuid::nil()).await.is_err());
    }
}

#[tokio::test]
async fn the_letter_that_somebody_waits_for_leaves_before_all_that_were_due_earlier() {
    for site in Site::all().await {
        site.person("lan@vien.example", &[]).await;
        let leave = |tx: store::Tx| async move {
            for _ in 0..3 {
                tx.enqueue("mail.notice", &serde_json::json!({}), tx.now()).await?;
            }
            Ok::<_, store::StoreError>(())
        };
        site.store.write(Ctx::system(), leave).await.unwrap();
        site.later(TimeDelta::hours(1));
        recovery::request(&site.accounts, &site.client(), "lan@vien.example").await.unwrap();
        let mut kinds = Vec::new();
        while let Some(job) = site.store.claim_job(Which::AllBut("none")).await.unwrap() {
            kinds.push(job.kind);
        }
        assert_eq!(kinds, ["mail.reset_password", "mail.notice", "mail.notice", "mail.notice"]);
    }
}

#[tokio::test]
async fn the_742_profile_says_when_a_password_is_due() {
    for site in Site::all_with(AccountSettings { password_max_age_days: 90, ..AccountSettings::default() }).await {
        site.person("lan@vien.example", &[]).await;
        assert!(!site.sign_in("lan@vien.example", PASSWORD).await.unwrap().session.password_change_due);
        site.later(TimeDelta::days(90));
        assert!(site.sign_in("lan@vien.example", PASSWORD).await.unwrap().session.password_change_due);
    }
}
