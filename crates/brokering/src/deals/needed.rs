//! Which pipelines the deals there are go by: a server that lacks one of them does not begin, for it could neither show nor move them.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use store::{Store, StoreError};

use super::rows::deal;
use crate::pipelines::{Pipelines, file_name};

/// Deals that are named of those that lack one pipeline.
const NAMED: u64 = 10;

/// What deals go by and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The kind of these deals.
    pub kind: String,
    /// The version of its pipeline.
    pub version: i64,
    /// The stage they stand in, where there is the version but not this stage.
    pub stage: Option<String>,
    /// The codes of the first of them.
    pub codes: Vec<String>,
    /// How many there are.
    pub count: u64,
}

impl std::fmt::Display for Lacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = file_name(&self.kind, self.version);
        match &self.stage {
            Some(stage) => write!(f, "{named} has no stage {stage:?}, in which {}", self.codes.join(", "))?,
            None => write!(f, "{named} is missing, version {} of {:?}, which {}", self.version, self.kind, self.codes.join(", "))?,
        }
        let others = self.count.saturating_sub(self.codes.len() as u64);
        if others > 0 {
            write!(f, " and {others} more")?;
        }
        f.write_str(if self.stage.is_some() { " stand" } else { " go by" })
    }
}

/// Why a server with these pipelines does not begin.
#[derive(Debug, thiserror::Error)]
pub enum NeededError {
    /// Deals go by what is not there.
    #[error(
        "deals go by pipelines that are not there: {}; put each of these files, as it was when the deals were opened, into the folder \
         that brokering.pipelines_folder names, or leave that empty if they are built-in ones",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Lacking(Vec<Lacking>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(FromQueryResult)]
struct Counted {
    kind: String,
    pipeline_version: i64,
    stage: String,
    count: i64,
}

/// Refuses pipelines that lack a version which a deal goes by, or the stage it stands in. Deals that ended are looked at too: what
/// came of them is read along their pipeline.
///
/// # Errors
/// [`NeededError::Lacking`] names the deals and what they lack.
pub async fn must_have_pipelines(store: &Store, pipelines: &Pipelines) -> Result<(), NeededError> {
    use deal::Column as C;
    let db = store.db();
    let counted = deal::Entity::find()
        .select_only()
        .columns([C::Kind, C::PipelineVersion, C::Stage])
        .column_as(Expr::col(C::Id).count(), "count")
        .group_by(C::Kind)
        .group_by(C::PipelineVersion)
        .group_by(C::Stage)
        .order_by_asc(C::Kind)
        .order_by_asc(C::PipelineVersion)
        .order_by_asc(C::Stage)
        .into_model::<Counted>()
        .all(db)
        .await
        .map_err(StoreError::from)?;
    let mut lacking: Vec<Lacking> = Vec::new();
    for one in counted {
        let count = u64::try_from(one.count).unwrap_or_default();
        let is_same = |l: &&mut Lacking| l.stage.is_none() && (&l.kind, l.version) == (&one.kind, one.pipeline_version);
        let stage = match pipelines.get(&one.kind, one.pipeline_version) {
            Some(pipeline) if pipeline.stage(&one.stage).is_some() => continue,
            Some(_) => Some(one.stage.clone()),
            None => None,
        };
        if let Some(known) = lacking.iter_mut().find(is_same).filter(|_| stage.is_none()) {
            known.count += count;
            continue;
        }
        let mut these = deal::Entity::find().filter(C::Kind.eq(one.kind.as_str())).filter(C::PipelineVersion.eq(one.pipeline_version));
        if let Some(stage) = &stage {
            these = these.filter(C::Stage.eq(stage.as_str()));
        }
        let codes = these.select_only().column(C::Code).order_by_asc(C::Code).limit(NAMED).into_tuple().all(db).await;
        let codes = codes.map_err(StoreError::from)?;
        lacking.push(Lacking { kind: one.kind, version: one.pipeline_version, stage, codes, count });
    }
    if lacking.is_empty() { Ok(()) } else { Err(NeededError::Lacking(lacking)) }
}
