//! The tables of interests. Only the modules beside this one, and the counted history, touch them.

use sea_orm::sea_query::{Expr, SimpleExpr};

use super::Status;

/// Whether an interest is open, in the very words of the index `interest_due`: SQLite finds an index of some rows by its
/// words, and not by values that are bound.
pub(super) fn is_open() -> SimpleExpr {
    Expr::cust(format!("status IN ('{}')", Status::OPEN.join("','")))
}

pub(crate) mod interest {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "interest")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub listing_id: Uuid,
        pub listing_kind: String,
        pub seeker_party_id: Uuid,
        pub owner_party_id: Uuid,
        pub account_id: Uuid,
        pub recorded: bool,
        pub kept_by: Option<Uuid>,
        pub status: String,
        pub anonymity: String,
        pub owner_named: bool,
        pub message: String,
        pub intended_use: String,
        pub cooperation: Option<String>,
        pub volume: String,
        pub budget_band: Option<String>,
        pub wants_nda: bool,
        pub reason: Option<String>,
        pub relayed_by: Option<Uuid>,
        pub context: String,
        pub sent_at: DateTimeUtc,
        pub read_at: Option<DateTimeUtc>,
        pub answer_due_on: Date,
        pub reminded_at: Option<DateTimeUtc>,
        pub overdue_at: Option<DateTimeUtc>,
        pub answered_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
        pub version: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod message {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "interest_message")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub interest_id: Uuid,
        pub side: String,
        pub text: String,
        pub at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
