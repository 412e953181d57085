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

/// What tells a PNG's size, and nothing to see.
fn png(width: u32, height: u32) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_shared_has_a_picture_and_it_is_the_space_s_own_where_that_can_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let content =
        |page: &str, name: &str| page.split_once(&format!("=\"{name}\" content=\"")).unwrap().1.split_once('"').unwrap().0.to_owned();
    // Drawn for all; a logo too small to be shown there changes nothing.
    for own in [None, Some(png(64, 64)), Some(png(512, 300))] {
        let logo = own.as_ref().map(|body| {
            let path = folder.path().join("logo.png");
            std::fs::write(&path, body).unwrap();
            path
        });
        let site = Site::start_with(TestStore::sqlite().await.unwrap(), |config| {
            config.space = Some(SpaceSettings { logo, ..config.space(false).unwrap() });
        })
        .await;
        let visitor = site.visitor();
        let is_own = own.as_ref().is_some_and(|body| *body == png(512, 300));
        for path in ["/", "/en/search"] {
            let page = visitor.get(path).await.text;
            let address = content(&page, "og:image");
            let picture = visitor.get(address.strip_prefix(&site.app.settings.public_url).unwrap()).await;
            assert_eq!((picture.status.as_u16(), &picture.headers["content-type"]), (200, &"image/png".parse().unwrap()), "{address}");
            let size: (u32, u32) = (content(&page, "og:image:width").parse().unwrap(), content(&page, "og:image:height").parse().unwrap());
            assert_eq!(size, if is_own { (512, 300) } else { (1_200, 630) });
            assert!(picture.bytes.starts_with(&png(size.0, size.1)) && picture.bytes.len() <= 40 * 1_024, "{}", picture.bytes.len());
            assert_eq!(content(&page, "twitter:card"), if is_own { "summary" } else { "summary_large_image" });
            assert!(!content(&page, "og:image:alt").is_empty());
        }
        site.stop().await;
    }
}
