//! The tables of imports. Only this folder reads or writes them.

pub(crate) mod import {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub party_id: Option<Uuid>,
        pub account_id: Option<Uuid>,
        pub file_name: String,
        pub file_hash: Vec<u8>,
        pub mapping: String,
        pub mapping_hash: Vec<u8>,
        pub dry_run: bool,
        pub publish: bool,
        pub skip_faulty: bool,
        pub state: String,
        pub rows_total: Option<i64>,
        pub rows_done: i64,
        pub created: i64,
        pub updated: i64,
        pub unchanged: i64,
        pub faulty: i64,
        pub shortened: i64,
        pub failure: Option<String>,
        pub started_at: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod fault {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_fault")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub row_number: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub n: i64,
        pub column_name: String,
        pub pointer: String,
        pub code: String,
        pub args: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod made {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_listing")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        pub row_number: i64,
        pub before_version: Option<i64>,
        pub before_public: Option<i64>,
        pub after_version: i64,
        pub undo: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
