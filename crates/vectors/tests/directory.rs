//! A model directory that is not what it should be is refused in words that say what to do, with or without inference.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use vectors::testing::{DIMENSIONS, TOKENS, tiny_model};
use vectors::{Anchors, MAX_MODEL_BYTES, ModelError, Way, check};

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    tiny_model(folder.path(), 1).unwrap();
    folder
}

fn refused(folder: &Path) -> (ModelError, String) {
    let error = check(folder, &Way::default()).unwrap_err();
    let said = error.to_string();
    (error, said)
}

fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(&path, config.to_string()).unwrap();
}

#[test]
fn a_whole_directory_says_what_it_is() {
    let (one, same, other) = (folder(), folder(), folder());
    tiny_model(other.path(), 2).unwrap();
    let way = |prefix: &str| Way { prefix: prefix.to_owned(), ..Way::default() };
    let checked = check(one.path(), &way("query: ")).unwrap();
    assert_eq!((checked.dimensions, checked.tokens), (DIMENSIONS, TOKENS));
    // The same files used in the same way are the same model, wherever they lie; nothing else is.
    assert_eq!(check(same.path(), &way("query: ")).unwrap().fingerprint, checked.fingerprint);
    assert_ne!(check(same.path(), &way("passage: ")).unwrap().fingerprint, checked.fingerprint);
    assert_ne!(check(other.path(), &way("query: ")).unwrap().fingerprint, checked.fingerprint);
    let anchors = Anchors([(base::Lang::Vi, vec!["Máy sấy".to_owned()])].into());
    assert_ne!(check(same.path(), &Way { anchors, ..way("query: ") }).unwrap().fingerprint, checked.fingerprint);
    assert_eq!(checked.fingerprint.to_string().len(), 32);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = folder();
        std::fs::remove_file(folder.path().join(name)).unwrap();
        let (error, said) = refused(folder.path());
        assert!(matches!(error, ModelError::Missing { .. }) && said.contains(name), "{said}");
    }
    let (error, said) = refused(Path::new("/nowhere/at/all"));
    assert!(matches!(error, ModelError::Missing { .. }) && said.contains("a model directory has config.json"), "{said}");
}

#[test]
fn a_model_of_another_kind_is_refused_by_its_kind() {
    let folder = folder();
    edit(folder.path(), |config| config["model_type"] = "xlm-roberta".into());
    let (error, said) = refused(folder.path());
    assert!(matches!(error, ModelError::Architecture { .. }) && said.contains("“xlm-roberta”"), "{said}");
}

#[test]
fn weights_that_are_cut_off_too_long_or_no_weights_are_damaged() {
    let write = |folder: &Path, bytes: &[u8]| std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
    let whole = std::fs::read(folder().path().join("model.safetensors")).unwrap();
    let mut longer = whole.clone();
    longer.push(0);
    let mut huge_header = whole.clone();
    huge_header[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut no_json = whole.clone();
    no_json[8] = b'?';
    for wrong in [&whole[..whole.len() - 1], &whole[..4], &whole[..40], &longer, &huge_header, &no_json, &[]] {
        let folder = folder();
        write(folder.path(), wrong);
        let (error, said) = refused(folder.path());
        assert!(matches!(error, ModelError::Damaged { .. }) && said.contains("model.safetensors"), "{said}");
    }
}

#[test]
fn files_that_do_not_belong_together_are_told() {
    let folder = folder();
    edit(folder.path(), |config| config["vocab_size"] = 50.into());
    let (_, said) = refused(folder.path());
    assert!(said.contains("embeddings.word_embeddings.weight") && said.contains("[50, 32]"), "{said}");
    for (wrong, name) in [("{", "config.json"), ("[]", "tokenizer.json")] {
        let folder = self::folder();
        std::fs::write(folder.path().join(name), wrong).unwrap();
        let (error, said) = refused(folder.path());
        assert!(matches!(error, ModelError::Damaged { .. }) && said.contains(name), "{said}");
    }
}

#[test]
fn a_model_that_is_too_large_is_refused_before_it_is_read() {
    let folder = folder();
    // A file with a hole takes no room on the disk.
    std::fs::File::create(folder.path().join("model.safetensors")).unwrap().set_len(MAX_MODEL_BYTES + 1).unwrap();
    let (error, said) = refused(folder.path());
    assert!(matches!(error, ModelError::TooLarge { .. }) && said.contains(&MAX_MODEL_BYTES.to_string()), "{said}");
}
