//! The lists of codes.

use axum::Json as Answer;
use axum::extract::{Path, State};
use base::Vocabulary;
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::problem::Problem;

/// A list without its entries.
#[derive(Serialize, ToSchema)]
pub struct VocabularyRow {
    /// Its name.
    pub code: String,
    /// Its edition.
    pub version: String,
    /// Where it is from.
    pub source: String,
    /// Its title in Vietnamese.
    pub vi: String,
    /// Its title in English.
    pub en: String,
    /// How many entries it has.
    pub entries: usize,
}

/// All lists.
pub(crate) async fn list(State(app): State<App>) -> Answer<List<VocabularyRow>> {
    let rows = app.vocabularies.iter().map(|v| VocabularyRow {
        code: v.code.clone(),
        version: v.version.clone(),
        source: v.source.clone(),
        vi: v.vi.clone(),
        en: v.en.clone(),
        entries: v.terms.len(),
    });
    List::whole(rows.collect())
}

/// One list with its entries.
pub(crate) async fn get(State(app): State<App>, Path(code): Path<String>) -> Result<Answer<Vocabulary>, Problem> {
    app.vocabularies.get(&code).cloned().map(Answer).ok_or_else(Problem::not_found)
}
