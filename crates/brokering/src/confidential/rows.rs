//! The tables of what is confided. Only this module reads or writes them.

macro_rules! alone {
    () => {
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}
        impl ActiveModelBehavior for ActiveModel {}
    };
}

pub(crate) mod confidential {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "confidential")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        pub sealed: Vec<u8>,
        pub sections: i64,
        pub version: i64,
        pub updated_by: Option<Uuid>,
        pub updated_at: DateTimeUtc,
    }
    alone!();
}

pub(crate) mod file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "confidential_file")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub listing_id: Uuid,
        pub kind: String,
        pub size: i64,
        pub sealed: Vec<u8>,
        pub uploaded_by: Option<Uuid>,
        pub uploaded_at: DateTimeUtc,
        pub removed_at: Option<DateTimeUtc>,
    }
    alone!();
}

pub(crate) mod nda_text {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "nda_text")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub version: String,
        pub vi: String,
        pub en: String,
        pub first_used_at: DateTimeUtc,
    }
    alone!();
}

pub(crate) mod disclosure {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "disclosure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub listing_id: Uuid,
        pub party_id: Uuid,
        pub account_id: Uuid,
        pub granted_by: Uuid,
        pub granted_at: DateTimeUtc,
        pub purpose: String,
        pub expires_on: Date,
        pub state: String,
        pub nda_hash: Option<String>,
        pub nda_lang: Option<String>,
        pub accepted_at: Option<DateTimeUtc>,
        pub accepted_from: Option<String>,
        pub revoked_by: Option<Uuid>,
        pub revoked_at: Option<DateTimeUtc>,
    }
    alone!();
}

pub(crate) mod view {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "disclosure_view")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub listing_id: Uuid,
        pub disclosure_id: Option<Uuid>,
        pub account_id: Uuid,
        pub what: String,
        pub file_id: Option<Uuid>,
        pub reason: Option<String>,
        pub address: String,
        pub at: DateTimeUtc,
    }
    alone!();
}
