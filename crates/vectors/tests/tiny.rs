//! The inference with a tiny model that the test makes itself.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::Lang;
use tempfile::TempDir;
use vectors::testing::{DIMENSIONS, tiny_model};
use vectors::{Anchors, EncodeError, Encoder, ModelError, Packed, Threads, Way, open};

const VI: Lang = Lang::Vi;
const THREADS: Threads = Threads { count: 2, on_start: || {} };

fn model() -> (TempDir, Arc<dyn Encoder>) {
    let folder = tempfile::tempdir().unwrap();
    tiny_model(folder.path(), 1).unwrap();
    let encoder = open(folder.path(), Way::default(), THREADS).unwrap();
    (folder, encoder)
}

fn cosine(encoder: &dyn Encoder, one: &str, other: &str) -> f64 {
    let packed = |text: &str| Packed::of(&encoder.encode(text, VI).unwrap()).unwrap();
    packed(one).cosine(&packed(other))
}

#[test]
fn the_same_text_has_the_same_vector_whatever_is_encoded_before_or_beside_it() {
    let (folder, encoder) = model();
    let first = encoder.encode("máy sấy cơm dừa", VI).unwrap();
    assert_eq!(first.len(), DIMENSIONS);
    assert!((first.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
    encoder.encode("ao nuôi tôm thẻ, màng lọc nước lợ, lò than", VI).unwrap();
    assert_eq!(encoder.encode("máy sấy cơm dừa", VI).unwrap(), first);
    let beside: Vec<_> = (0..4)
        .map(|n| {
            let encoder = Arc::clone(&encoder);
            std::thread::spawn(move || {
                let other = ["ao", "lọc nước", "lò than bơm nhiệt", "tôm"][n];
                (0..8).map(|_| (encoder.encode(other, VI).unwrap(), encoder.encode("máy sấy cơm dừa", VI).unwrap()).1).collect::<Vec<_>>()
            })
        })
        .collect();
    for one in beside {
        assert!(one.join().unwrap().iter().all(|vector| *vector == first));
    }
    // Another one that was opened anew agrees, and so does this one after it gave its memory back.
    encoder.rest();
    assert_eq!(encoder.encode("máy sấy cơm dừa", VI).unwrap(), first);
    let one_thread = open(folder.path(), Way::default(), Threads { count: 1, ..THREADS }).unwrap();
    assert_eq!(one_thread.encode("máy sấy cơm dừa", VI).unwrap(), first);
}

#[test]
fn what_means_the_same_lies_nearer_than_what_does_not() {
    let (_folder, encoder) = model();
    let same = cosine(&*encoder, "máy sấy cơm dừa", "machine dryer flesh coconut");
    let other = cosine(&*encoder, "máy sấy cơm dừa", "pond farming shrimp whiteleg");
    assert!(same > 0.99 && other < 0.7, "{same} {other}");
}

#[test]
fn an_empty_and_an_endless_text_have_a_vector_too() {
    let (_folder, encoder) = model();
    assert_eq!(encoder.encode("", VI).unwrap().len(), DIMENSIONS);
    let endless = "sấy ".repeat(200_000);
    // What is read ends before the texts differ.
    assert_eq!(encoder.encode(&endless, VI).unwrap(), encoder.encode(&format!("{endless} tôm"), VI).unwrap());
    // Words that no vocabulary has, and what is no word at all.
    assert_eq!(encoder.encode("\u{1f965}\u{301}\0 ∞", VI).unwrap().len(), DIMENSIONS);
}

#[test]
fn a_prefix_is_part_of_what_is_encoded() {
    let (folder, plain) = model();
    let prefixed = open(folder.path(), Way { prefix: "lọc ".to_owned(), ..Way::default() }, THREADS).unwrap();
    assert_eq!(prefixed.encode("nước", VI).unwrap(), plain.encode("lọc nước", VI).unwrap());
    assert_ne!(prefixed.fingerprint(), plain.fingerprint());
}

#[test]
fn each_thread_of_a_model_begins_as_it_is_told_to() {
    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    tiny_model(folder.path(), 1).unwrap();
    let threads = Threads { count: 3, on_start: || _ = BEGUN.fetch_add(1, Ordering::SeqCst) };
    let encoder = open(folder.path(), Way::default(), threads).unwrap();
    encoder.encode("dừa", VI).unwrap();
    drop(encoder);
    assert!((1..=3).contains(&BEGUN.load(Ordering::SeqCst)));
}

#[test]
fn weights_that_are_no_numbers_give_no_direction_and_files_that_are_gone_are_told() {
    let folder = tempfile::tempdir().unwrap();
    tiny_model(folder.path(), 1).unwrap();
    let path = folder.path().join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    bytes[8 + header..].chunks_exact_mut(4).for_each(|number| number.copy_from_slice(&f32::NAN.to_le_bytes()));
    std::fs::write(&path, bytes).unwrap();
    let encoder = open(folder.path(), Way::default(), THREADS).unwrap();
    assert!(matches!(encoder.encode("dừa", VI), Err(EncodeError::NoDirection)));
    encoder.rest();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(encoder.encode("dừa", VI), Err(EncodeError::Load(_))));
    // A tokenizer that is JSON and no tokenizer is found when it is first used, and told too.
    tiny_model(folder.path(), 1).unwrap();
    std::fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    let encoder = open(folder.path(), Way::default(), THREADS).unwrap();
    assert!(matches!(encoder.encode("dừa", VI), Err(EncodeError::Load(_))));
    assert!(matches!(open(std::path::Path::new("/nowhere"), Way::default(), THREADS), Err(ModelError::Missing { .. })));
}

#[test]
fn what_all_texts_of_a_language_have_in_common_is_taken_from_each() {
    let folder = tempfile::tempdir().unwrap();
    tiny_model(folder.path(), 1).unwrap();
    // All Vietnamese texts speak of a machine; what is left tells them apart.
    let texts = ["máy sấy", "máy bơm", "máy lọc", "máy than", "máy tôm", "máy nước", "máy dừa", "máy lò", "máy ao"];
    let anchors = |count: usize| Anchors([(VI, texts.iter().take(count).map(|t| (*t).to_owned()).collect())].into());
    let with = |anchors: Anchors| open(folder.path(), Way { anchors, ..Way::default() }, THREADS).unwrap();
    let (plain, set_right, too_few) = (with(Anchors::default()), with(anchors(9)), with(anchors(3)));
    let two = |encoder: &dyn Encoder| cosine(encoder, "máy sấy", "máy lọc");
    assert!(two(&*set_right) < two(&*plain) - 0.2, "{} {}", two(&*set_right), two(&*plain));
    assert_eq!(two(&*too_few), two(&*plain));
    // The other language has none, so nothing is taken from it.
    assert_eq!(set_right.encode("machine", Lang::En).unwrap(), plain.encode("machine", Lang::En).unwrap());
    assert_ne!(set_right.encode("machine", VI).unwrap(), plain.encode("machine", VI).unwrap());
}
