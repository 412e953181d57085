//! The tables of listings. Only this crate reads or writes them.

pub(crate) mod listing {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub kind: String,
        pub party_id: Uuid,
        pub code: String,
        pub slug: String,
        pub source_lang: String,
        pub status: String,
        pub revision: String,
        pub visibility: String,
        pub head_version: i64,
        pub public_version: Option<i64>,
        pub version: i64,
        pub title: String,
        pub completeness: i64,
        pub contact_id: Option<Uuid>,
        pub responsible_id: Option<Uuid>,
        pub next_action_on: Option<Date>,
        pub outcome: Option<String>,
        pub provenance: String,
        pub source: Option<String>,
        pub external_id: Option<String>,
        pub licence: Option<String>,
        pub import_id: Option<Uuid>,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub submitted_at: Option<DateTimeUtc>,
        pub published_at: Option<DateTimeUtc>,
        pub out_since: Option<DateTimeUtc>,
        pub confirmed_at: Option<DateTimeUtc>,
        pub expires_at: Option<DateTimeUtc>,
        pub warned_at: Option<DateTimeUtc>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub schema: i64,
        pub content: String,
        pub author_id: Option<Uuid>,
        pub reason: String,
        pub at: DateTimeUtc,
        pub started_at: DateTimeUtc,
        pub etag: i64,
        pub superseded_at: Option<DateTimeUtc>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod slug {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_slug")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub slug: String,
        pub listing_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod invitation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_invitation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub party_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod private {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_private")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        pub terms: String,
        pub version: i64,
        pub updated_at: DateTimeUtc,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod review {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "review")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub listing_id: Uuid,
        pub listing_version: i64,
        pub moderator_id: Uuid,
        pub decision: Option<String>,
        pub scores: Option<String>,
        pub notes: Option<String>,
        pub reason: Option<String>,
        pub claimed_at: DateTimeUtc,
        pub decided_at: Option<DateTimeUtc>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod band {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_band")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub band: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
