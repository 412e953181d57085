//! What is found, and what stands above what: Vietnamese rules, the query language, codes.
use crate::corpus::*;

fn fruit() -> search::Search {
    index(vec![
        technology(1, "Máy sấy cơm dừa bằng bơm nhiệt", "Sấy cơm dừa công suất 5 t/h, tiết kiệm điện"),
        technology(2, "Dây chuyền chế biến dứa", "Gọt vỏ và ép nước dứa"),
        technology(3, "Giống dưa lưới kháng bệnh", "Dưa lưới trồng nhà màng"),
        technology(4, "Vật liệu đường ống chịu mặn", "Ống dẫn nước trên đường giao thông"),
        technology(5, "Chiết xuất cây dương xỉ", "Cây dương xỉ làm dược liệu"),
        technology(6, "Hệ thống hòa lưới điện mặt trời", "Bộ nghịch lưu hòa lưới"),
        technology(7, "Thiết bị hoà tan phân bón", "Khuấy và hoà tan nhanh"),
        technology(8, "Nâng cao kỹ năng nuôi tôm", "Quy trình kĩ thuật nuôi tôm"),
        technology(9, "Bộ điều khiển ESP-32 cho tưới nhỏ giọt", "Dùng mạch ESP32, cảm biến H2SO4"),
        technology(10, "Nước giải khát từ dừa xiêm xanh", "Dừa xiêm xanh đóng chai").keywords(&["dừa xiêm", "đóng chai"]),
        technology(11, "Trồng xen xiêm la dưới tán dừa", "Cây xiêm la và dừa"),
        technology(12, "Sở KH&CN giới thiệu mô hình", "Ứng dụng KHCN tại Bến Tre"),
        technology(13, "Chế phẩm sinh học", "").english("Coconut husk drying", "Dryers for drying coconuts"),
        asset(14, "Phương pháp tách vỏ", "1-2019-01234"),
        asset(15, "Kết cấu khung", "1-0012345"),
        need(16, "Cần máy bóc vỏ lụa dừa", "Bóc thủ công chậm"),
    ])
}

#[test]
fn marks_are_optional_and_count_when_typed() {
    let s = fruit();
    let all = strictly(&s, "dua");
    assert!([1, 2, 3, 10, 11, 16].iter().all(|n| all.contains(n)), "{all:?}");
    for (typed, with) in [("dừa", vec![1, 10, 11, 16]), ("dứa", vec![2]), ("dưa", vec![3])] {
        let got = found(&s, typed);
        let first: Vec<u128> = got.iter().copied().take(with.len()).collect();
        assert!(with.iter().all(|n| first.contains(n)), "{typed}: {got:?}");
    }
    assert_eq!(found(&s, "đường")[0], 4);
    assert_eq!(found(&s, "dương")[0], 5);
    assert_eq!(
        {
            let mut all = strictly(&s, "duong");
            all.sort_unstable();
            all
        },
        [4, 5]
    );
    assert_eq!(strictly(&s, "DUA XIEM XANH"), [10]);
}

#[test]
fn tone_places_and_i_for_y_are_the_same_word() {
    let s = fruit();
    for typed in ["hòa", "hoà", "hoa"] {
        let mut got = strictly(&s, typed);
        got.sort_unstable();
        assert_eq!(got, [6, 7], "{typed}");
    }
    assert_eq!(found(&s, "kĩ năng")[0], 8);
    assert_eq!(found(&s, "kỹ thuật")[0], 8);
    assert_eq!(strictly(&s, "ky nang"), [8]);
}

#[test]
fn decomposed_and_upper_case_queries_find_the_same() {
    let s = fruit();
    let apart = "Du\u{31b}\u{300}a xie\u{302}m";
    assert_eq!(found(&s, apart), found(&s, "dừa xiêm"));
    assert_eq!(found(&s, "DỪA XIÊM"), found(&s, "dừa xiêm"));
}

#[test]
fn neighbouring_syllables_stand_above_the_same_syllables_apart() {
    let s = fruit();
    let got = found(&s, "dua xiem");
    assert_eq!(&got[..2], [10, 11]);
}

#[test]
fn a_phrase_is_in_a_row_and_its_marks_count() {
    let s = fruit();
    assert_eq!(strictly(&s, "\"cơm dừa\""), [1]);
    assert_eq!(strictly(&s, "\"com dua\""), [1]);
    assert!(strictly(&s, "\"dừa cơm\"").is_empty());
    assert!(strictly(&s, "\"cơm dứa\"").is_empty());
}

#[test]
fn what_is_excluded_is_not_found() {
    let s = fruit();
    // 13 has the English word for it.
    let mut got = strictly(&s, "dừa -xiêm -máy");
    got.sort_unstable();
    assert_eq!(got, [2, 3, 13]);
    let got = strictly(&s, "dua -\"dua xiem\"");
    assert!(!got.contains(&10) && got.contains(&11), "{got:?}");
    assert_eq!(find(&s, "-dua").total, 16 - u64::try_from(strictly(&s, "dua").len()).unwrap());
}

#[test]
fn or_and_prefix_widen() {
    let s = fruit();
    let mut got = strictly(&s, "đường OR tôm");
    got.sort_unstable();
    assert!(got.contains(&4) && got.contains(&8), "{got:?}");
    assert!(strictly(&s, "nghich*").contains(&6));
    assert!(strictly(&s, "ngh*").contains(&6));
}

#[test]
fn units_models_and_abbreviations_stay_findable() {
    let s = fruit();
    assert_eq!(strictly(&s, "5 t/h"), [1]);
    for typed in ["ESP32", "esp-32", "H2SO4"] {
        assert_eq!(strictly(&s, typed), [9], "{typed}");
    }
    for typed in ["KHCN", "KH&CN", "kh-cn"] {
        assert!(found(&s, typed).contains(&12), "{typed}");
    }
}

#[test]
fn numbers_and_codes_are_found_in_any_spelling() {
    let s = fruit();
    for typed in ["1-2019-01234", "1 2019 01234", "1201901234", "VN 1-2019-01234"] {
        assert_eq!(found(&s, typed).first(), Some(&14), "{typed}");
    }
    for typed in ["1-0012345", "VN 1-0012345", "1 0012345", "VN10012345", "number:1-0012345"] {
        let results = find(&s, typed);
        assert_eq!((numbers(&results)[0], results.relaxed), (15, false), "{typed}");
    }
    for typed in ["CN-2026-000001", "cn 2026 000001", "cn2026000001", "code:CN-2026-000001"] {
        assert_eq!(found(&s, typed).first(), Some(&1), "{typed}");
    }
}

#[test]
fn what_has_a_number_comes_before_what_mentions_it() {
    let mention = (1..=20).map(|n| technology(n, "Máy theo 1-0012345", "1-0012345 và 1-0012345, cải tiến 1-0012345"));
    let s = index(mention.chain([asset(21, "Quy trình ủ men", "1-0012345")]).collect());
    for typed in ["1-0012345", "máy 1-0012345", "number:1-0012345"] {
        assert_eq!(found(&s, typed).first(), Some(&21), "{typed}");
    }
}

#[test]
fn english_is_found_by_other_forms_of_its_words() {
    let s = fruit();
    for typed in ["coconut dryer", "drying coconuts", "dried coconut"] {
        assert_eq!(found(&s, typed).first(), Some(&13), "{typed}");
    }
}

#[test]
fn words_that_no_text_has_together_are_relaxed_and_it_is_said() {
    let s = fruit();
    let results = find(&s, "máy sấy cơm dừa tàu vũ trụ");
    assert!(results.relaxed);
    assert_eq!(numbers(&results)[0], 1);
    let one = search::Query { enough: base::Limit::new(1).unwrap(), ..search::Query::words("máy sấy cơm dừa") };
    assert!(!s.find(&one, &anybody()).unwrap().relaxed);
    let short = search::Query { limit: base::Limit::new(1).unwrap(), ..search::Query::words("máy sấy cơm dừa") };
    assert_eq!(s.find(&short, &anybody()).unwrap().total, find(&s, "máy sấy cơm dừa").total, "a page's size changes no total");
}

#[test]
fn a_mistyped_word_gets_a_proposal() {
    let s = fruit();
    let results = find(&s, "nghich luuu");
    assert_eq!(results.did_you_mean.as_deref(), Some("nghich luu"));
    assert_eq!(find(&s, "nghịch lưu").did_you_mean, None);
}

#[test]
fn results_show_the_readers_language_and_mark_the_words() {
    let s = index(vec![technology(1, "Máy sấy dừa", "Sấy <nhanh>").english("Coconut dryer", "Dries fast")]);
    let hit = &find(&s, "may say").items[0];
    assert_eq!(hit.highlights.title, "<mark>Máy</mark> <mark>sấy</mark> dừa");
    assert_eq!(hit.highlights.snippet, "<mark>Sấy</mark> &lt;nhanh&gt;");
    let english = search::Viewer::of(&base::Actor::anonymous(base::Lang::En));
    let results = s.find(&search::Query::words("máy sấy"), &english).unwrap();
    assert_eq!(results.items[0].highlights.title, "Coconut <mark>dryer</mark>");
    assert_eq!(results.items[0].card.title(base::Lang::En), "Coconut dryer");
}

#[test]
fn suggestions_need_no_marks_and_forgive_a_typo() {
    let s = fruit();
    s.apply(&search::Batch {
        add: vec![search::Document::party(&party_document(9, "Trường Đại học Trà Vinh"), &vocabularies())],
        remove: vec![],
        position: 2,
    })
    .unwrap();
    let texts = |typed: &str| s.suggest(typed, &anybody(), 8).unwrap().into_iter().map(|x| x.text).collect::<Vec<_>>();
    assert!(texts("dua xi").contains(&"dừa xiêm".to_owned()), "{:?}", texts("dua xi"));
    assert!(texts("Máy sấy").contains(&"Máy sấy cơm dừa bằng bơm nhiệt".to_owned()));
    assert!(texts("truong dai hoc tra").contains(&"Trường Đại học Trà Vinh".to_owned()));
    assert!(texts("cn-2026-00000").contains(&"CN-2026-000001".to_owned()));
    assert!(texts("dwa xiem").contains(&"dừa xiêm".to_owned()), "{:?}", texts("dwa xiem"));
    assert!(texts("q").is_empty());
}

#[test]
fn a_synonym_a_translation_and_an_abbreviation_find_each_other() {
    let s = index(vec![
        technology(1, "Sàn chuyển giao công nghệ", "Nơi gặp nhau"),
        technology(2, "Chuyên mục CGCN", "Bản tin hằng tháng"),
        technology(3, "Chuyển giao hàng hóa bằng công nghệ số", "Kho bãi"),
        technology(4, "Máy gọt trái thơm", "Gọt vỏ trái"),
        technology(5, "Máy rửa quả", "Rửa quả tươi"),
    ]);
    for typed in ["chuyển giao công nghệ", "CGCN", "technology transfer"] {
        let all = strictly(&s, typed);
        assert!(all.contains(&1) && all.contains(&2), "{typed}: {all:?}");
    }
    assert!(!strictly(&s, "cgcn").contains(&3));
    // What was typed stands above what stands in for it.
    assert_eq!(found(&s, "CGCN")[0], 2);
    assert_eq!(found(&s, "máy rửa quả")[0], 5);
    // A word with other meanings too needs others beside it.
    assert_eq!(strictly(&s, "trái"), [4]);
    let one = search::Query { enough: base::Limit::new(1).unwrap(), ..search::Query::words("trái tươi") };
    assert_eq!(numbers(&s.find(&one, &anybody()).unwrap()), [5]);
    // A phrase in quotes is left as it is.
    assert_eq!(strictly(&s, "\"chuyển giao công nghệ\""), [1]);
}

#[test]
fn other_synonyms_count_from_the_next_search_on() {
    let s = index(vec![technology(1, "Lò rang hạt", "Rang đều"), technology(2, "Thiết bị tẩm vị", "Tẩm đều")]);
    assert_eq!(strictly(&s, "roaster"), [] as [u128; 0]);
    let own = search::synonyms::Synonyms::parse("version = \"1\"\n[[group]]\nkind = \"translation\"\nterms = [\"lò rang\", \"roaster\"]");
    s.set_synonyms(own.unwrap());
    assert_eq!(strictly(&s, "roaster"), [1]);
    let explained = s.explain(&search::Query::words("roaster"), &anybody()).unwrap();
    assert_eq!(explained.stands_in[0].terms, ["lò rang"]);
    assert!(explained.hits[0].texts.iter().any(|(field, term, value)| field == "title" && term == "lo_rang" && *value > 0.0));
}

#[test]
fn keys_that_no_input_method_turned_into_marks_get_a_proposal() {
    let s = index(vec![technology(1, "Công nghệ sấy lạnh", "Sấy nông sản"), technology(2, "Công nghệ sinh học", "Vi sinh")]);
    assert_eq!(find(&s, "cong nghe65 saay").did_you_mean.as_deref(), Some("công nghệ sấy"));
    assert_eq!(find(&s, "coong ngheej saays").did_you_mean.as_deref(), Some("công nghệ sấy"));
    assert_eq!(find(&s, "công nghệ sấy").did_you_mean, None);
}

#[test]
fn the_parts_of_a_score_make_the_whole() {
    let s = fruit();
    let explained = s.explain(&search::Query::words("máy sấy cơm dừa"), &anybody()).unwrap();
    assert!(explained.hits[0].nearness > 0.0);
    for hit in &explained.hits {
        let texts: f32 = hit.texts.iter().map(|(_, _, value)| value).sum();
        let whole = texts * hit.standing + hit.nearness;
        assert!((whole - hit.score).abs() < hit.score * 0.01, "{whole} {}", hit.score);
    }
}

#[test]
fn parts_make_the_whole_behind_the_best_and_the_order_is_named() {
    let many = (1..=90_u128).map(|n| technology(n, &format!("Máy sấy dừa số {n}"), &"và còn nữa ".repeat(usize::try_from(n).unwrap())));
    let others = (1_001..=1_200).map(|n| technology(n, "Khác hẳn", "Không liên quan"));
    let s = index(many.chain(others).collect());
    let hundred = |text: &str| search::Query { limit: base::Limit::new(100).unwrap(), ..search::Query::words(text) };
    let explained = s.explain(&hundred("máy sấy"), &anybody()).unwrap();
    assert_eq!((explained.order, explained.hits.len()), ("score", 90));
    for (place, hit) in explained.hits.iter().enumerate() {
        let whole = hit.texts.iter().map(|(_, _, value)| value).sum::<f32>() * hit.standing + hit.nearness;
        assert!((whole - hit.score).abs() < hit.score * 0.01, "{place}: {whole} {}", hit.score);
    }
    assert!(explained.hits[0].nearness > 0.0 && explained.hits[89].nearness.abs() < f32::EPSILON);
    let nothing = s.explain(&hundred(""), &anybody()).unwrap();
    assert_eq!(nothing.order, "standing");
    assert!(nothing.hits.iter().all(|hit| hit.texts.is_empty() && (hit.score - hit.standing).abs() < hit.score * 0.01));
    let newest = s.explain(&search::Query { sort: search::Sort::Newest, ..hundred("máy sấy") }, &anybody()).unwrap();
    assert_eq!(newest.order, "newest");
    assert!(newest.hits.iter().all(|hit| hit.score.abs() < f32::EPSILON && hit.texts.is_empty() && hit.nearness.abs() < f32::EPSILON));
}

#[test]
fn a_row_with_marks_is_no_row_of_the_same_words_apart() {
    let s = index(vec![
        technology(1, "Dừa tươi và dứa khô", "Bảo quản"),
        technology(2, "Nước dứa tươi", "Ép lạnh"),
        technology(3, "Bảo quản trái", "Dừa tươi xuất khẩu; mứt dứa"),
        technology(4, "Trái dứa tươi, dừa tươi", "Cả hai"),
    ]);
    let sorted = |text: &str| {
        let mut all = strictly(&s, text);
        all.sort_unstable();
        all
    };
    assert_eq!(sorted("\"dứa tươi\""), [2, 4]);
    assert_eq!(sorted("\"dừa tươi\""), [1, 3, 4]);
    assert_eq!(sorted("\"dua tuoi\""), [1, 2, 3, 4]);
    assert_eq!(sorted("tươi -\"dứa tươi\""), [1, 3]);
    assert_eq!(sorted("tươi -title:dứa"), [3]);
    assert_eq!(sorted("tươi -title:dừa"), [2, 3]);
    assert_eq!(sorted("tươi -title:dua"), [3]);
}

#[test]
fn values_alone_are_in_the_order_of_a_list() {
    let s = index((1..=9).map(|n| need(n, &format!("Cần máy {n}"), "Chưa có")).collect());
    let by_filter = s.find(&search::Query::words("").with(search::Facet::Kind, "need"), &anybody()).unwrap();
    assert_eq!(numbers(&by_filter), found(&s, "kind:need"));
    assert_eq!(numbers(&by_filter), found(&s, "cần*").into_iter().filter(|n| *n > 0).collect::<Vec<_>>());
}

#[test]
fn a_beginning_finds_every_word_that_begins_so() {
    let s = index((1..=700_u128).map(|n| technology(n, &format!("thanh{n:04}x"), "x")).collect());
    let found = find(&s, "thanh*");
    assert_eq!((found.total, found.ignored), (700, Vec::<String>::new()));
}

#[test]
fn a_beginning_counts_by_where_it_stands_and_by_its_marks() {
    let s = index(vec![
        technology(1, "Máy gọt", "Gọt dừa"),
        technology(2, "Máy gọt dừa", "Gọt nhanh"),
        technology(3, "Máy gọt dứa", "Gọt nhanh"),
        technology(4, "Máy gọt", "Gọt nhanh").keywords(&["dừa"]),
        technology(5, "Máy gọt", "Gọt dưa"),
    ]);
    assert_eq!(found(&s, "dừa*"), [2, 4, 1, 3, 5]);
    assert_eq!(found(&s, "dua*"), [3, 2, 4, 5, 1]);
    assert_eq!(found(&s, "dứa*")[0], 3);
    let sorted = |text: &str| {
        let mut all = strictly(&s, text);
        all.sort_unstable();
        all
    };
    assert_eq!(sorted("gọt -dừa*"), [3, 5]);
    assert_eq!(sorted("gọt -dua*"), [] as [u128; 0]);
    assert_eq!(sorted("gọt -dưa*"), [] as [u128; 0], "a shape without a tone may be unfinished");
}

#[test]
fn what_somebody_may_not_see_takes_no_place_among_suggestions() {
    let mut all: Vec<Make> = (1..=600_u128)
        .map(|n| technology(n, &format!("Sấy lạnh {n:04}"), "x").audience(listings::published::Audience::Registered))
        .collect();
    all.push(technology(601, "Sấy lạnh zzz", "x"));
    let s = index(all);
    let texts: Vec<String> = s.suggest("say lanh", &anybody(), 8).unwrap().into_iter().map(|x| x.text).collect();
    assert_eq!(texts, ["Sấy lạnh zzz"]);
}

#[test]
fn a_proposal_is_never_longer_than_what_may_be_asked_and_right_words_are_left_alone() {
    let s = index(vec![technology(1, "Công nghệ sấy", "x").english("Drying coconuts", "Dryers")]);
    let fermented = index(vec![technology(1, "Kombuchax lên men", "x")]);
    assert_eq!(find(&fermented, "kombucha").did_you_mean.as_deref(), Some("kombuchax"));
    let long = "kombucha ".repeat(113);
    assert!(long.len() <= 1_024);
    assert_eq!(fermented.find(&search::Query::words(long), &anybody()).unwrap().did_you_mean, None);
    assert_eq!(find(&s, "dryings tractor").did_you_mean, None);
    let parts = index(vec![technology(1, "Phụ tùng", "x").english("Spare parts", "Parts")]);
    let bare = find(&parts, "party:");
    assert_eq!((bare.did_you_mean, bare.ignored), (None, vec!["party:".to_owned()]));
}

#[test]
fn suggestions_have_the_marks_that_were_typed_first_and_begin_with_any_word() {
    let s = index(vec![
        technology(1, "Máy gọt dứa", "x").keywords(&["dứa", "chế biến dứa"]),
        technology(2, "Máy gọt dứa nhanh", "x").keywords(&["dứa"]),
        technology(3, "Giống mới", "x").keywords(&["dưa"]),
        technology(4, "Nước giải khát từ quả", "x").keywords(&["dừa", "dừa xiêm xanh"]),
        technology(5, "Nhân nuôi cấy phôi trong ống nghiệm kín", "x").keywords(&["ươm và ươm lại"]),
    ]);
    // Two of its words begin so, and it is one document all the same.
    assert_eq!(s.suggest("ươm", &anybody(), 8).unwrap().iter().map(|x| x.count).collect::<Vec<_>>(), [1]);
    let texts = |typed: &str| s.suggest(typed, &anybody(), 8).unwrap().into_iter().map(|x| x.text).collect::<Vec<_>>();
    for typed in ["dứa", "dưa", "dừa"] {
        let all = texts(typed);
        assert_eq!(all[0], typed, "{all:?}");
        assert!(["dứa", "dưa", "dừa"].iter().all(|word| all.iter().any(|text| text == word)), "{typed}: {all:?}");
    }
    assert_eq!(texts("dua")[0], "dứa", "without marks what is commonest");
    let long = s.suggest("nhan nuoi cay phoi trong ong nghiem", &anybody(), 8).unwrap();
    assert_eq!((long.len(), long[0].count), (1, 1), "found by its beginning alone, it comes once");
    assert_eq!(texts("dừ")[..2], ["dừa", "dừa xiêm xanh"]);
    for (typed, text) in [
        ("xiem", "dừa xiêm xanh"),
        ("xiêm xa", "dừa xiêm xanh"),
        ("bien dua", "chế biến dứa"),
        ("gọt", "Máy gọt dứa"),
        ("giai khat", "Nước giải khát từ quả"),
        ("giải khát từ quả", "Nước giải khát từ quả"),
        ("nuôi cấy phôi trong ống nghiệm kín", "Nhân nuôi cấy phôi trong ống nghiệm kín"),
    ] {
        assert!(texts(typed).contains(&text.to_owned()), "{typed}: {:?}", texts(typed));
    }
}

#[test]
fn titles_that_begin_alike_hide_no_keyword() {
    let many = (1..=1_200_u128).map(|n| technology(n, &format!("Dự án mẫu {n:05}"), "x"));
    let s = index(many.chain([technology(1_201, "Máy gọt", "x").keywords(&["dưa lưới", "dừa"])]).collect());
    let texts: Vec<String> = s.suggest("du", &anybody(), 8).unwrap().into_iter().map(|x| x.text).collect();
    assert!(texts.contains(&"dừa".to_owned()) && texts.contains(&"dưa lưới".to_owned()), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("Dự án")), "{texts:?}");
}

/// Most documents of a broad search are left before they are reckoned to the end, sooner once lists were read before; what is
/// walked page by page is not left.
#[test]
fn what_is_left_unreckoned_never_belonged_onto_the_page() {
    let weights = search::Weights { near: 0.0, run: 0.0, cover: 0.0, cover_pairs: 0.0, ..search::Weights::default() };
    let s = empty_with(search::Settings { weights, ..search::Settings::default() });
    let words = ["máy", "sấy", "dừa", "lúa", "nước", "nhanh", "sạch", "mới"];
    let mut state = 7_u64;
    let mut chance = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut text = |least: usize, more: usize| {
        let length = least + chance(more);
        (0..length).map(|_| words[chance(words.len()).min(chance(words.len()))]).collect::<Vec<_>>().join(" ")
    };
    let all = (1..=3_000_u128).map(|n| technology(n, &text(1, 6), &text(5, 60)).keywords(&[&text(1, 3)]));
    s.apply(&search::Batch { add: documents(all.collect()), remove: Vec::new(), position: 1 }).unwrap();
    for typed in ["máy sấy dừa", "may say dua", "sấy lúa nước sạch", "dừa OR mới"] {
        let mut query = search::Query { limit: base::Limit::new(100).unwrap(), ..search::Query::words(typed) };
        let mut walked: Vec<(f32, u128)> = Vec::new();
        let total = loop {
            let page = s.find(&query, &anybody()).unwrap();
            walked.extend(page.items.iter().map(|hit| (hit.score, hit.card.id.as_u128())));
            query.cursor = page.next;
            if query.cursor.is_none() {
                break page.total;
            }
        };
        assert!(total > 1_000, "{typed}: {total}");
        let known: std::collections::BTreeSet<u128> = walked.iter().map(|(_, id)| *id).collect();
        assert_eq!((known.len(), walked.len()), (usize::try_from(total).unwrap(), known.len()), "{typed}");
        assert!(walked.is_sorted_by(|a, b| a.0 >= b.0), "{typed}: by what they are worth");
        for rows in [3, 20] {
            // By another size of the page, so that nothing is given again that was kept.
            let limit = base::Limit::new(rows).unwrap();
            let page = s.find(&search::Query { limit, ..search::Query::words(typed) }, &anybody()).unwrap();
            assert_eq!(numbers(&page), walked.iter().take(usize::from(rows)).map(|(_, id)| *id).collect::<Vec<_>>(), "{typed}, {rows}");
        }
    }
}
