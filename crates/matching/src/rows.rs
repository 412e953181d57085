//! The tables of matching. Only this crate reads or writes them.

pub(crate) mod generation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "match_generation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub started_at: DateTimeUtc,
        pub listings: i64,
        pub statistics: Vec<u8>,
        pub replies: Vec<u8>,
        pub fingerprint: String,
        pub reached: Option<Uuid>,
        pub done: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod standing {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "standing_match")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub need_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub offer_id: Uuid,
        pub need_party: Uuid,
        pub offer_party: Uuid,
        pub need_version: i64,
        pub offer_version: i64,
        pub score_ppm: i64,
        pub is_open: bool,
        pub computed_at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod expert {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "match_expert")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub need_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub expert_id: Uuid,
        pub need_version: i64,
        pub expert_version: i64,
        pub score_ppm: i64,
        pub computed_at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod subject {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "match_subject")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        pub kind: String,
        pub field: String,
        pub published_at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod vector {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_vector")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        pub kind: String,
        pub model: Uuid,
        pub text_hash: i64,
        pub vector: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod vector_fill {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "vector_fill")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub model: Uuid,
        pub reached: Option<Uuid>,
        pub done: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod told {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "match_told")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub need_id: Uuid,
        /// The offer or the expert; the version is theirs too.
        #[sea_orm(primary_key, auto_increment = false)]
        pub offer_id: Uuid,
        /// `need`, `offer` or `expert`: who is told.
        #[sea_orm(primary_key, auto_increment = false)]
        pub side: String,
        /// The listing of that side, or the expert.
        pub own_id: Uuid,
        pub need_version: i64,
        pub offer_version: i64,
        /// When; none while it waits for another day.
        pub told_at: Option<DateTimeUtc>,
        /// Whether nobody was told: these versions are no news to that side.
        pub silently: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod feedback {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "match_feedback")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub need_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub offer_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        pub side: String,
        pub verdict: String,
        pub reason: Option<String>,
        pub note: String,
        pub score_ppm: Option<i64>,
        pub need_version: i64,
        pub offer_version: i64,
        pub at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod shortlist {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "match_shortlist")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub need_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub offer_id: Uuid,
        pub note: String,
        pub account_id: Uuid,
        pub at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod saved_search {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "saved_search")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub name: String,
        pub criteria: String,
        pub way: String,
        pub due_at: DateTimeUtc,
        /// Up to where in the log it was looked what had been edited.
        pub seen: i64,
        /// What comes out after this is news.
        pub news_from: DateTimeUtc,
        pub version: i64,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod saved_search_item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "saved_search_item")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub search_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub found_id: Uuid,
        pub account_id: Uuid,
        pub round_id: Uuid,
        pub found_at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
