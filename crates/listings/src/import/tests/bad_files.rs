//! A file that is wrong is told so clearly and changes nothing.

use std::io::Write as _;

use base::{Actor, Limit};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{DRAFTS, NEEDS, Space, needs};
use crate::import::testing::workbook;
use crate::import::{ImportState, Limits, Mapping, Options, faults, read};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_why_and_imports_nothing() {
    let space = Space::sqlite().await;
    let whole = needs(400, "x");
    let gz = packed(whole.as_bytes());
    let wide: Vec<u8> = "\u{feff}id,title,problem\n1,Máy sấy,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let open_quote = format!("{}n9,\"mở ra rồi thôi,x\n", needs(3, "x"));
    let many = format!("{}\n", "a,".repeat(1_000_000));
    let wide_row = format!("id,title,problem\n1,x{}\n", ",".repeat(1_000_000));
    let long_row = format!("id,title,problem\n1,\"{}\",x\n", "dài ".repeat(400_000));
    let cases: Vec<(&str, Vec<u8>, &str, Option<u64>)> = vec![
        ("cut gz", gz[..gz.len() / 2].to_vec(), "cut", None),
        ("damaged gz", [&gz[..30], &[0xff; 40], &gz[70..]].concat(), "gz_damaged", None),
        ("twice packed", packed(&gz), "packed_twice", None),
        ("open quote", open_quote.into_bytes(), "open_quote", Some(5)),
        ("cut row", b"id,title,problem\n1,a,b\n2,a".to_vec(), "row_cells", Some(3)),
        ("utf-16", wide, "not_utf8", None),
        ("windows", b"id,title,problem\n1,caf\xe9 cr\xe8me,x\n".to_vec(), "not_utf8", Some(2)),
        ("1e6 columns", many.into_bytes(), "too_many_columns", Some(1)),
        ("1e6 cells", wide_row.into_bytes(), "too_many_columns", Some(2)),
        ("long row", long_row.into_bytes(), "row_too_long", Some(2)),
        ("missing column", b"id,titel,problem\n1,a,b\n".to_vec(), "column_missing", Some(1)),
        ("column twice", b"id,title,title\n1,a,b\n".to_vec(), "column_twice", Some(1)),
        ("nothing", b"".to_vec(), "empty", None),
        ("only a header", b"id,title,problem\n".to_vec(), "empty", None),
        ("old excel", [&[0xd0, 0xcf, 0x11, 0xe0][..], &[0; 600]].concat(), "old_excel", None),
        ("half a line", b"{\"id\": \"1\", \"title\": \"a\"}\n{\"id\": \"2\", \"ti".to_vec(), "cut", Some(2)),
        ("broken line", b"{\"id\": \"1\"}\n{\"id\": 1e400}\n{}\n".to_vec(), "bad_json", Some(2)),
        ("deep", format!("{{\"id\": {}1{}}}\n", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(), "bad_json", Some(1)),
        ("a list", b"[{\"id\": \"1\"}]".to_vec(), "json_array", None),
        ("damaged zip", [&b"PK\x03\x04"[..], &[7; 500]].concat(), "cut", None),
    ];
    for (name, bytes, code, row) in cases {
        let path = space.file("bad", bytes);
        let mut import = crate::import::Import::new(space.listings.clone());
        import.limits.sheet_program = reader();
        if name == "damaged zip" && import.limits.sheet_program.is_none() {
            continue;
        }
        let mapping = Mapping::parse("test", NEEDS).unwrap();
        let view = import.run(store::Ctx::system(), &path, Some(&mapping), &space.options()).await.unwrap();
        let failure = view.failure.unwrap_or_else(|| panic!("{name}"));
        assert_eq!((view.state, failure.code.as_str()), (ImportState::Failed, code), "{name}: {}", failure.message);
        assert!(row.is_none() || failure.row == row, "{name}: {:?}", failure.row);
        assert!(!failure.message.starts_with("import-"), "{name} has no sentence");
        assert_eq!(space.count().await, 0, "{name}");
    }
}

#[tokio::test]
async fn one_faulty_row_stops_everything_unless_faulty_rows_are_skipped() {
    for space in Space::all().await {
        let text = "id;title;trl\n1;Một;5\n2;Hai;mười\n3;Ba;12\n1;Lại;5\n;Không mã;3\n6;\u{202e}Sáu;6\n7;=1+1;7\n";
        let view = space.import(text, Some(DRAFTS), &space.options()).await;
        assert_eq!((view.state, view.rows_total, view.faulty), (ImportState::Failed, Some(7), 5));
        assert_eq!(view.failure.as_ref().map(|f| f.code.as_str()), Some("rows_faulty"));
        assert_eq!(space.count().await, 0);

        let found = faults(&space.listings, &Actor::system(), view.id, None, Limit::default()).await.unwrap();
        let found: Vec<(u64, &str, &str, &str)> =
            found.items.iter().map(|f| (f.row, f.column.as_str(), f.pointer.as_str(), f.code.as_str())).collect();
        assert_eq!(
            found,
            [
                (3, "trl", "/trl_min", "not_whole_number"),
                (4, "trl", "/trl_min", "trl_range"),
                (5, "", "/provenance/external_id", "twice_in_file"),
                (6, "id", "/provenance/external_id", "missing"),
                (7, "title", "/title/vi", "forbidden_character"),
            ]
        );

        let dry = space.import(text, Some(DRAFTS), &Options { dry_run: true, ..space.options() }).await;
        assert_eq!((dry.state, dry.faulty, space.count().await), (ImportState::Done, 5, 0));
        let some = space.import(text, Some(DRAFTS), &Options { skip_faulty: true, ..space.options() }).await;
        assert_eq!((some.state, some.created, some.rows_done, space.count().await), (ImportState::Done, 2, 7, 2));
        // A text that begins like a formula is a text.
        assert_eq!(space.row("7").await.title, "=1+1");
    }
}

/// This crate's example, which reads sheets as the binary does; built with the tests.
fn reader() -> Option<std::path::PathBuf> {
    let path = std::env::current_exe().unwrap().parent()?.parent()?.join("examples/bulk_import");
    path.exists().then_some(path)
}

#[tokio::test]
async fn a_workbook_is_read_in_a_process_of_its_own_that_may_not_grow() {
    let Some(program) = reader() else { return };
    let space = Space::sqlite().await;
    let limits = Limits { sheet_program: Some(program), ..Limits::default() };
    let header = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>title</t></is></c><c r="C1" t="inlineStr"><is><t>trl</t></is></c></row>"#;
    let row =
        r#"<row r="2"><c r="A2"><v>17</v></c><c r="B2" t="inlineStr"><is><t>Máy sấy</t></is></c><c r="C2"><f>2+3</f><v>5</v></c></row>"#;
    let book = workbook(&format!("{header}{row}"));
    let mapping = Mapping::parse("test", DRAFTS).unwrap();
    for bytes in [packed(&book), book] {
        let path = space.file("book", bytes);
        let mut import = crate::import::Import::new(space.listings.clone());
        import.limits = limits.clone();
        let view = import.run(store::Ctx::system(), &path, Some(&mapping), &space.options()).await.unwrap();
        assert_eq!(view.state, ImportState::Done, "{view:?}");
    }
    assert_eq!(space.row("17").await.title, "Máy sấy");

    let text = format!(r#"{header}<row r="2"><c r="A2" t="inlineStr"><is><t>{}</t></is></c></row>"#, "x".repeat(30_000_000));
    let path = space.file("large", workbook(&text));
    let small = Limits { sheet_memory_bytes: 64 << 20, ..limits.clone() };
    let code = read::open(&path, &small).and_then(|s| s.collect::<Result<Vec<_>, _>>()).unwrap_err().code;
    assert!(["row_too_long", "sheet_stopped"].contains(&code.as_str()), "{code}");
    let code = read::open(&path, &Limits { sheet_memory_bytes: 20 << 20, ..limits }).map(drop).unwrap_err().code;
    assert!(["unpacked_too_big", "sheet_stopped"].contains(&code.as_str()), "{code}");
}

#[tokio::test]
async fn an_apostrophe_that_a_spreadsheet_was_guarded_with_goes() {
    let space = Space::sqlite().await;
    space
        .import("id,title,trl\n1,'=1+1,'+5\n2,'tis,3\n", Some(&DRAFTS.replace("type = \"integer\"", "type = \"number\"")), &space.options())
        .await;
    assert_eq!((space.row("1").await.title.as_str(), space.row("2").await.title.as_str()), ("=1+1", "'tis"));
}
