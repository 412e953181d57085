//! A space with an accent and a logo of its own.

use server::SpaceSettings;
use store::testing::TestStore;

use crate::site::Site;

const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 32\"><path d=\"M0 0h64v32z\"/></svg>";

#[tokio::test(flavor = "multi_thread")]
async fn a_space_with_its_own_accent_and_logo_shows_them_on_every_page_and_chart() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, LOGO).unwrap();
    let site = Site::start_with(TestStore::sqlite().await.unwrap(), |config| {
        let own = SpaceSettings { accent: Some("#004a99".to_owned()), logo: Some(logo), ..config.space(false).unwrap() };
        config.space = Some(own);
    })
    .await;
    let visitor = site.visitor();
    let page = visitor.get("/").await.text;
    let between = |text: &str, before: &str| text.split_once(before).unwrap().1.split_once('"').unwrap().0.to_owned();
    let sheet = visitor.get(&between(&page, "rel=\"stylesheet\" href=\"")).await.text;
    assert!(sheet.contains("--accent:#004a99;") && sheet.contains("Be Vietnam Pro"), "the whole sheet, with the accent over it");
    let picture = visitor.get(&between(&page, "<img class=\"logo\" src=\"")).await.text;
    assert_eq!(picture, LOGO);
    assert!(page.contains("width=\"64\" height=\"32\""), "nothing moves when the logo comes");
    let mark = visitor.get("/favicon.svg").await.text;
    assert!(mark.contains("#004a99") && !mark.contains("#0b6b43"));
    let missing = visitor.get("/no-such-page").await;
    assert!(missing.status == 404 && missing.text.contains("class=\"logo\""), "pages that say what went wrong look the same");
}
