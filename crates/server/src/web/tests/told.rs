//! Days, times and signs: what is told of them in one place agrees with what is told in another.

use askama::Template;
use base::{Lang, messages};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::view::ListingView;
use search::{DocKind, Hit};
use serde_json::Value;

use super::super::card::CardView;
use super::super::listing::{Names, listing_page};
use super::{frame, hit, view, vocabularies};

#[test]
fn search_engines_are_told_the_last_day_that_the_page_shows() {
    // Shortly before seven in the morning of the next day in Vietnam.
    let ends: DateTime<Utc> = "2026-11-24T23:51:00Z".parse().unwrap();
    let one = ListingView { expires_at: Some(ends), ..view(Kind::Need, "Cần máy sấy", Lang::Vi, true) };
    let html = listing_page(frame(Lang::Vi, "/x"), &one, &Names::new(), Vec::new(), &vocabularies(), 0).unwrap().render().unwrap();
    let (_, rest) = html.split_once("<script type=\"application/ld+json\">").unwrap();
    let data: Value = serde_json::from_str(rest.split("</script>").next().unwrap()).unwrap();
    assert_eq!(data["validThrough"], "2026-11-25");
    assert!(html.contains(">25/11/2026</time>"), "{html}");
}

#[test]
fn no_words_before_how_long_ago_something_was_call_it_a_time_of_the_clock() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let (mut folders, mut seen) = (vec![root], 0);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| line.contains(".ago }}")) {
                for (before, _) in line.match_indices(".ago }}").map(|(at, _)| line.split_at(at)) {
                    // What stands right before the time, if it is a message.
                    let Some((words, _)) = before.rsplit_once("<time ") else { continue };
                    let Some(call) = words.trim_end().strip_suffix("\") }}") else { continue };
                    let key = call.rsplit('"').next().unwrap();
                    let said = messages::say(Lang::Vi, key, &[]);
                    assert!(!said.ends_with(" lúc"), "{}: {key} = {said}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_sign_of_a_verified_party_stays_with_the_last_word_of_its_name() {
    for (name, start, end) in [("Viện Nghiên cứu Dừa", "Viện Nghiên cứu", "Dừa"), ("Dừa", "", "Dừa")] {
        let mut found: Hit = hit(DocKind::Technology);
        if let Some(party) = &mut found.card.party {
            party.name = [(Lang::Vi, name.to_owned())].into();
        }
        let card = CardView::of(found, Lang::Vi, &vocabularies());
        assert_eq!((card.party_start(), card.party_end()), (start, end));
    }
}
