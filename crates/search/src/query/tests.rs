use super::parser::{MAX_PHRASES, MAX_PREFIXES};
use super::*;

fn shape(query: &str) -> String {
    let parsed = parse(query, &Vocabularies::default()).unwrap();
    let clauses: Vec<String> = parsed.clauses.iter().map(ToString::to_string).collect();
    let mut shape = clauses.join(" ");
    if !parsed.ignored.is_empty() {
        shape.push_str(&format!(" !{}", parsed.ignored.join(",")));
    }
    shape
}

#[test]
fn the_language_says_what_it_means() {
    assert_eq!(shape("máy sấy dừa"), "may say dua");
    assert_eq!(shape("\"cơm dừa\" -khô"), "\"com dua\" -kho");
    assert_eq!(shape("dừa OR bưởi xanh"), "dua|buoi xanh");
    assert_eq!(shape("công nghệ* dừa"), "cong nghe* dua");
    assert_eq!(shape("kind:need trl:5..7 dừa"), "kind=need trl=5/6/7 dua");
    assert_eq!(shape("code:CN-2026-000123"), "#2026000123/cn2026000123");
    assert_eq!(shape("ESP-32 5 t/h"), "esp32 5 t h");
    assert_eq!(shape("party:\"Đại học Trà Vinh\""), "Party(dai hoc tra vinh)");
    let id = "0197b2c4-0000-7000-8000-000000000001";
    let text = format!("dừa -PARTY:{id} party:\"{id}\" title:{id} {id} party:dừa");
    let named: Vec<(&str, Uuid)> = owners(&text).collect();
    assert_eq!(named, [(id, id.parse().unwrap()), (id, id.parse().unwrap())]);
    assert_eq!(owners(&format!("{text}{}", " ".repeat(MAX_BYTES))).count(), 0);
    assert_eq!(shape("-t/h"), "-\"t h\"");
}

#[test]
fn brackets_hold_together_what_is_in_them() {
    assert_eq!(shape("(dừa xiêm) OR bưởi"), "dua|buoi xiem|buoi");
    assert_eq!(shape("bưởi OR (dừa xiêm)"), "buoi|dua buoi|xiem");
    assert_eq!(shape("(dừa xiêm) OR (bưởi xanh)"), "dua|buoi dua|xanh xiem|buoi xiem|xanh");
    assert_eq!(shape("máy (dừa OR bưởi) khô"), "may dua|buoi kho");
    assert_eq!(shape("(dừa OR bưởi)(mít OR xoài)"), "dua|buoi mit|xoai");
    assert_eq!(shape("(dừa OR bưởi) OR mít"), "dua|buoi|mit");
    assert_eq!(shape("(\"cơm dừa\" OR kind:need) sấy"), "\"com dua\"|kind=need say");
    assert_eq!(shape("-(sấy) dừa"), "-say dua");
    assert_eq!(shape("dừa -(sấy khô)"), "dua -say -kho");
    assert_eq!(shape("dừa -(sấy OR \"đông khô\")"), "dua -say -\"dong kho\"");
    assert_eq!(shape("máy sấy (bơm nhiệt)"), "may say bom nhiet");
    assert_eq!(shape("Ca(NO3)2 (dừa)"), "ca no3 2 dua");
}

#[test]
fn a_bracket_that_says_nothing_is_told() {
    assert_eq!(shape("(dừa xiêm"), "dua xiem !(");
    assert_eq!(shape("dừa) xiêm"), "dua xiem !)");
    assert_eq!(shape("((dừa xiêm) OR bưởi)"), "dua xiem|buoi !(");
    // What nobody wants is not asked for, though it is not understood where it stands.
    assert_eq!(shape("(dừa -(khô))"), "dua -kho !-(");
    assert_eq!(shape("(dừa -(khô (già)) xiêm)"), "dua -kho -gia xiem !-(,(");
    assert_eq!(shape("(dừa OR) xiêm"), "dua xiem !OR");
    assert_eq!(shape("() OR dừa"), "dua !OR");
    assert_eq!(shape("dừa OR ()"), "dua !OR");
    assert_eq!(shape("(dừa -khô) OR bưởi"), "dua -kho buoi !OR");
    assert_eq!(shape("dừa OR -(khô)"), "dua -kho !OR");
    // What would become too much is not put together.
    assert_eq!(shape("(a b c d e) OR (f g h i)"), "a b c d e f g h i !OR");
    let rows = |text: &str| {
        let parsed = parse(text, &Vocabularies::default()).unwrap();
        let atoms = parsed.clauses.iter().flat_map(|c| &c.any).filter(|a| matches!(a, Atom::Phrase(_))).count();
        (atoms, parsed.ignored)
    };
    assert_eq!(rows("(a b c d) OR \"e f\" OR \"g h\""), (8, Vec::new()));
    assert_eq!(rows("(a b c d) OR \"e f\" OR \"g h\" OR \"i k\""), (8, vec!["\"i k\"".to_owned()]));
}

#[test]
fn a_word_of_parts_is_one_on_either_side_of_or() {
    assert_eq!(shape("low-cost OR bưởi"), "\"low cost\"|buoi");
    assert_eq!(shape("bưởi OR low-cost"), "buoi|\"low cost\"");
    assert_eq!(shape("low-cost OR t/h OR bưởi"), "\"low cost\"|\"t h\"|buoi");
    assert_eq!(shape("máy low-cost bưởi"), "may low cost buoi");
    assert_eq!(shape("low-cost AND bưởi OR mít"), "low cost buoi|mit");
    for two in [["low-cost", "bưởi"], ["t/h", "5-10"], ["ESP-32", "low-cost"]] {
        let parsed = |text: String| parse(&text, &Vocabularies::default()).unwrap();
        let (one, other) = (parsed(format!("{} OR {}", two[0], two[1])), parsed(format!("{} OR {}", two[1], two[0])));
        let words = |parsed: &Parsed| {
            let mut atoms: Vec<String> = parsed.clauses.iter().flat_map(|c| &c.any).map(ToString::to_string).collect();
            let mut words: Vec<String> = parsed.words.iter().map(|w| w.exact.clone()).collect();
            atoms.sort();
            words.sort();
            (parsed.clauses.len(), atoms, words)
        };
        assert_eq!(words(&one), words(&other), "{two:?}");
        assert_eq!(one.clauses.len(), 1, "{two:?}");
    }
}

#[test]
fn a_value_that_no_list_has_is_words() {
    let all = Vocabularies::built_in().unwrap();
    let ignored = |query: &str| parse(query, &all).unwrap().ignored;
    assert_eq!(ignored("kind:need province:86 price_band:100-500"), [""; 0]);
    assert_eq!(ignored("kind:product"), ["kind:"]);
    assert_eq!(ignored("ipc:a23 ipc:\"a23n 5/01\" KIND:Need lang:EN"), [""; 0]);
    let parsed = parse("ipc:a23,A23n kind:NEED -lang:EN", &all).unwrap();
    let clauses: Vec<String> = parsed.clauses.iter().map(ToString::to_string).collect();
    assert_eq!(clauses, ["ipc=A23/A23N", "kind=need", "-language=en"]);
    assert_eq!(ignored("province:86,bến"), ["province:"]);
}

#[test]
fn what_has_no_meaning_is_searched_as_words_and_told() {
    assert_eq!(shape("visibility:private"), "visibility private !visibility:");
    assert_eq!(shape("\"dừa"), "dua !\"");
    assert_eq!(shape("party: dừa"), "dua !party:");
    assert_eq!(shape("Title:"), " !Title:");
    assert_eq!(shape("note: dừa"), "note dua");
    assert_eq!(shape("OR dừa OR"), "dua !OR");
    assert_eq!(shape("dừa OR -khô"), "dua -kho !OR");
    assert_eq!(shape("(dừa)"), "dua");
    assert_eq!(shape("de*"), "de !*");
    assert_eq!(shape("trl:99"), "trl 99 !trl:");
    assert_eq!(shape("- -- ~"), " !-,--,~");
    assert_eq!(shape("\u{202e}dua"), "dua");
}

#[test]
fn nothing_is_too_much_but_length() {
    // What costs more than its length is bounded; the rest is searched as words, or left out where it would exclude.
    let many = parse(&"thanh* ".repeat(20), &Vocabularies::default()).unwrap();
    assert_eq!(many.clauses.iter().filter(|c| matches!(c.any[..], [Atom::Prefix(_)])).count(), MAX_PREFIXES);
    let many = parse(&format!("{}-\"a b\"", "\"dừa sáp\" ".repeat(20)), &Vocabularies::default()).unwrap();
    assert_eq!(many.clauses.iter().filter(|c| matches!(c.any[..], [Atom::Phrase(_)])).count(), MAX_PHRASES);
    assert!(many.clauses.iter().all(|c| !c.negated) && many.ignored.contains(&"\"dừa sáp\"".to_owned()), "{:?}", many.ignored);
    assert_eq!(parse(&"a".repeat(MAX_BYTES + 1), &Vocabularies::default()), Err(QueryError::TooLong));
    let many = parse(&(0..300).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ")[..MAX_BYTES], &Vocabularies::default()).unwrap();
    assert_eq!(many.clauses.len(), MAX_TERMS);
    assert!(!many.ignored.is_empty());
    for hostile in [
        "(".repeat(1000),
        "-(".repeat(500),
        "\"".repeat(999),
        "* ".repeat(500),
        "a OR ".repeat(200),
        "a\u{300}".repeat(300),
        "-\"".repeat(500),
        "a:".repeat(500),
    ] {
        parse(&hostile, &Vocabularies::default()).unwrap();
    }
}
