//! A chart to take away: its rows as CSV, and as a drawing that stands by itself. The drawing has its looks in attributes
//! of its elements, for the style sheet stays here and the policy of the pages allows no style inside a file; what is
//! made of it as PNG is made in the browser (`assets/numbers.js`).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::super::format;
use super::super::frame::{Frame, Visit};
use super::{Bar, Chart, PATH, charts, own};
use crate::app::App;
use crate::problem::Problem;

/// Width of a drawing, and of the margin around it.
const WIDTH: usize = 800;
const MARGIN: usize = 24;
/// Height of a line of the title, and of a row.
const TITLE_LINE: usize = 28;
const ROW: usize = 30;
/// Letters that fit into a line of the title, and that a label may have.
const TITLE_LETTERS: usize = 62;
const LABEL_LETTERS: usize = 44;
/// What a letter of a label is wide on average, in tenths: nothing here can measure text.
const LETTER_TENTHS: usize = 76;
/// Room for a figure beside the longest bar.
const FIGURE: usize = 80;

/// One row of a drawing.
struct Drawn<'a> {
    bar: &'a Bar,
    label: String,
    y: usize,
    length: usize,
}

#[derive(Template)]
#[template(path = "chart.svg")]
struct Drawing<'a> {
    lang: &'static str,
    /// The colour of bars.
    accent: String,
    title: &'a str,
    /// The lines of the title, each with its place.
    lines: Vec<(String, usize)>,
    /// What the columns are, and where that stands.
    heads: (&'a str, &'a str),
    heads_y: usize,
    rows: Vec<Drawn<'a>>,
    /// Where bars begin.
    bars_x: usize,
    source: String,
    source_y: usize,
    width: usize,
    height: usize,
    margin: usize,
}

/// A text in lines of at most so many letters; a word that is longer has a line of its own.
fn in_lines(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(letters - 1).collect();
    format!("{}…", beginning.trim_end())
}

fn drawing<'a>(chart: &'a Chart, f: &Frame, day: &str) -> Drawing<'a> {
    let mut y = MARGIN;
    let mut next = |height: usize| {
        y += height;
        y
    };
    let lines = in_lines(&chart.title, TITLE_LETTERS).into_iter().map(|line| (line, next(TITLE_LINE) - 8)).collect();
    let heads_y = next(ROW);
    let labels: Vec<String> = chart.bars.iter().map(|bar| cut(&bar.label, LABEL_LETTERS)).collect();
    let widest = labels.iter().chain([&chart.head]).map(|label| label.chars().count()).max().unwrap_or_default();
    let bars_x = MARGIN + widest * LETTER_TENTHS / 10 + 12;
    let room = WIDTH.saturating_sub(bars_x + FIGURE + MARGIN);
    let rows = chart.bars.iter().zip(labels).map(|(bar, label)| {
        let longest = usize::try_from(bar.length).unwrap_or(100);
        // What is more than nothing is seen.
        let length = (longest * room / 100).max(usize::from(bar.count > 0));
        Drawn { bar, label, y: next(ROW), length }
    });
    Drawing {
        lang: f.lang.code(),
        accent: f.accent(),
        title: &chart.title,
        lines,
        heads: (&chart.head, &chart.unit),
        heads_y,
        rows: rows.collect(),
        bars_x,
        source: format!("{} · {day} · {}", f.space_name(), f.canonical()),
        source_y: next(ROW + 6),
        width: WIDTH,
        height: next(MARGIN - 6),
        margin: MARGIN,
    }
}

/// The same rows that are shown, for a spreadsheet.
fn table(chart: &Chart) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Problem::internal(&e);
    writer.write_record([&chart.head, &chart.unit]).map_err(failed)?;
    for bar in &chart.bars {
        writer.write_record([&bar.label, &bar.count.to_string()]).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Problem::internal(e.error()))?;
    // The mark in front tells spreadsheets that this is UTF-8.
    Ok(["\u{feff}".as_bytes(), &bytes].concat())
}

/// One chart as a file: `<name>.csv` or `<name>.svg`.
pub(in super::super) async fn file(State(app): State<App>, visit: Visit, Path(file): Path<String>) -> Result<Response, Problem> {
    let (name, extension) = file.rsplit_once('.').ok_or_else(Problem::not_found)?;
    let own = own(&app, &visit).await?;
    let charts = charts(&app, &visit, own.as_ref()).await?;
    let chart = charts.into_iter().find(|c| c.name == name).ok_or_else(Problem::not_found)?;
    let (content_type, body) = match extension {
        "csv" => ("text/csv; charset=utf-8", table(&chart)?),
        "svg" => {
            let f = visit.frame(&app, chart.title.as_str()).at(PATH);
            let drawn = drawing(&chart, &f, &format::day(visit.lang(), app.clock().today())).render();
            ("image/svg+xml", drawn.map_err(|e| Problem::internal(&e))?.into_bytes())
        }
        _ => return Err(Problem::not_found()),
    };
    let disposition = format!("attachment; filename=\"{file}\"");
    Ok(([(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_parted_between_words_and_a_long_label_is_cut() {
        assert_eq!(in_lines("Khoa học nông nghiệp có nhiều tin nhất", 20), ["Khoa học nông nghiệp", "có nhiều tin nhất"]);
        assert_eq!(in_lines("", 20), Vec::<String>::new());
        assert_eq!(cut("Thành phố Hồ Chí Minh", 12), "Thành phố H…");
        assert_eq!(cut("Vĩnh Long", 12), "Vĩnh Long");
    }
}
