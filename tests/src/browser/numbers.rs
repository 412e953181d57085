//! Charts to take away: the table and the drawing for everybody, the picture that the browser paints of the drawing.

use std::path::Path;

use serde_json::json;

use super::png::Picture;
use super::{Browser, DESKTOP, PHONE_DARK, journey_in_the_demonstration};
use crate::site::{Site, until};

/// A number that an attribute of the drawing says.
fn attribute(svg: &str, name: &str) -> usize {
    svg.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_is_taken_away_as_a_table_a_drawing_and_with_scripts_a_picture() {
    journey_in_the_demonstration("numbers", async |site: &Site, browser: &Browser| {
        let visitor = site.visitor();
        let csv = visitor.get("/numbers/fields.csv").await;
        let drawing = visitor.get("/numbers/fields.svg").await;
        assert_eq!((csv.status.as_u16(), drawing.status.as_u16()), (200, 200), "{}", drawing.text);
        assert_eq!(drawing.headers["content-type"], "image/svg+xml");
        assert_eq!(drawing.headers["content-disposition"], "attachment; filename=\"fields.svg\"");
        // It has all that the table has, and needs nothing of the page: no style sheet, no class, no variable.
        let svg = &drawing.text;
        let rows: Vec<&str> = csv.text.lines().skip(1).collect();
        assert!(rows.len() > 2, "{}", csv.text);
        for row in rows {
            let (label, count) = row.rsplit_once(',').unwrap();
            let label = label.trim_matches('"');
            assert!(svg.contains(&format!("<title>{label}: {count}</title>")), "{label} {count}: {svg}");
        }
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{svg}");
        for part in ["style", "class=", "var(", "currentColor", "href"] {
            assert!(!svg.contains(part), "{part}: {svg}");
        }
        let english = visitor.get("/en/numbers/fields.svg").await.text;
        assert!(english.contains("lang=\"en\"") && english.contains("has the most listings"), "{english}");
        for file in ["fields.png", "fields", "nothing.svg", "standing.svg", "standing.csv"] {
            assert_eq!(visitor.get(&format!("/numbers/{file}")).await.status, 404, "{file}");
        }
        assert_eq!(site.invented("kiem-duyet").await.get("/numbers/standing.svg").await.status, 200);

        // Without scripts there is no button that could do nothing.
        let plain = browser.window(DESKTOP).await;
        plain.without_scripts().await;
        plain.open("/numbers").await;
        plain.see("a[data-drawing=\"fields\"]").await;
        assert!(!plain.sees("[data-png]").await);

        // With scripts the browser paints it, twice as large, and keeps it as a file; dark pages make no dark picture.
        let folder = tempfile::tempdir().unwrap();
        let window = browser.window(PHONE_DARK).await;
        let keep = json!({"behavior": "allow", "downloadPath": folder.path()});
        window.cdp("Browser.setDownloadBehavior", keep).await;
        window.open("/numbers").await;
        window.click("[data-png=\"fields\"]").await;
        let file = folder.path().join("fields.png");
        until("the picture is there", async || is_whole(&file)).await;
        let picture = Picture::read(&std::fs::read(&file).unwrap());
        assert_eq!((picture.width, picture.height), (2 * attribute(svg, "width"), 2 * attribute(svg, "height")));
        assert_eq!(picture.dots[0], [255, 255, 255]);
        assert!(picture.dots.contains(&[0x0b, 0x6b, 0x43]), "the bars are in it");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

/// Whether a PNG is written to its end.
fn is_whole(file: &Path) -> bool {
    std::fs::read(file).is_ok_and(|bytes| bytes.ends_with(b"IEND\xae\x42\x60\x82"))
}
