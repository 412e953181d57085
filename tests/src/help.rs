//! Help as it travels: a page with its pictures is light enough for a phone in the fields.

use base::Lang;
use store::testing::TestStore;

use crate::site::Site;

/// What a page of help may weigh with everything that it loads besides fonts and style, which every page shares.
const BYTES: usize = 150_000;

/// The addresses of scripts, pictures and the sign in the tab.
fn loaded(html: &str) -> Vec<String> {
    let of = |mark: &str| html.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect::<Vec<_>>();
    let mut all = [of(" src=\""), of("rel=\"icon\" href=\"")].concat();
    all.sort();
    all.dedup();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_help_is_light_with_everything_that_it_loads() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let (reader, packed) = (site.visitor(), site.visitor().with("accept-encoding", "gzip"));
    for lang in Lang::ALL {
        for role in ["businesses", "institutes", "brokers", "moderators"] {
            let path = if lang == Lang::Vi { format!("/help/{role}") } else { format!("/en/help/{role}") };
            let html = reader.get(&path).await.text;
            let loaded = loaded(&html);
            assert!(loaded.iter().filter(|address| address.ends_with(".png")).count() >= 2, "{loaded:?}");
            let mut bytes = packed.get(&path).await.bytes.len();
            for address in &loaded {
                let answer = packed.get(address).await;
                assert_eq!(answer.status, 200, "{address}");
                bytes += answer.bytes.len();
            }
            assert!(bytes <= BYTES, "{path}: {bytes}");
        }
    }
    site.stop().await;
}
