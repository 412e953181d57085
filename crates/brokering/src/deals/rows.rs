//! The tables of deals. Only this module's use cases read or write them.

/// Makes the entity of a table: its name, then its columns, keys marked.
macro_rules! table {
    ($(#[$doc:meta])* $module:ident = $table:tt { $($(#[$key:meta])? $column:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$key])? pub $column: $type),+
            }
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}
            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

pub(crate) use table;

table! {
    /// Where each stands.
    deal = "deal" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        code: String,
        kind: String,
        pipeline_version: i64,
        stage: String,
        is_open: bool,
        lost_reason: Option<String>,
        title: String,
        listing_id: Uuid,
        listing_kind: String,
        interest_id: Option<Uuid>,
        owner_party_id: Uuid,
        seeker_party_id: Option<Uuid>,
        legal_facts: String,
        messages: i64,
        opened_by: Option<Uuid>,
        opened_at: DateTimeUtc,
        stage_since: DateTimeUtc,
        signed_at: Option<DateTimeUtc>,
        due_on: Date,
        told_due_on: Option<Date>,
        version: i64,
        updated_at: DateTimeUtc,
    }
}

table! {
    /// What is transferred.
    object = "deal_object" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        listing_id: Uuid,
        number: i64,
        listing_kind: String,
        ip_kind: Option<String>,
    }
}

table! {
    /// Who is in it.
    party = "deal_party" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        party_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        role: String,
    }
}

table! {
    /// Who brokers it.
    broker = "deal_broker" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        account_id: Uuid,
        share_bp: i64,
        statement: Option<String>,
        stated_at: Option<DateTimeUtc>,
    }
}

table! {
    /// What was said.
    message = "deal_message" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        number: i64,
        author_id: Uuid,
        side: String,
        body: String,
        sent_at: DateTimeUtc,
    }
}

table! {
    /// What is to be done.
    task = "deal_task" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        title: String,
        side: String,
        due_on: Date,
        created_by: Option<Uuid>,
        done_at: Option<DateTimeUtc>,
        done_by: Option<Uuid>,
        told_at: Option<DateTimeUtc>,
        taken_back_at: Option<DateTimeUtc>,
        taken_back_by: Option<Uuid>,
    }
}

table! {
    /// When the sides met.
    meeting = "deal_meeting" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        held_on: Date,
        place: String,
        minutes: String,
        noted_by: Option<Uuid>,
        taken_back_at: Option<DateTimeUtc>,
        taken_back_by: Option<Uuid>,
    }
}

table! {
    /// Papers that are there.
    paper = "deal_paper" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        kind: String,
        dated_on: Date,
        reference: String,
        noted_by: Option<Uuid>,
    }
}

table! {
    /// Files that those in it hand in.
    document = "deal_document" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        kind: String,
        size: i64,
        sealed: Vec<u8>,
        paper: Option<String>,
        confidential: bool,
        readers_version: i64,
        side: String,
        party_id: Option<Uuid>,
        uploaded_by: Uuid,
        uploaded_at: DateTimeUtc,
        removed_at: Option<DateTimeUtc>,
    }
}

table! {
    /// Whom of the others the side that handed it in named to read a confidential one.
    reader = "deal_document_reader" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        document_id: Uuid,
        account_id: Uuid,
        granted_by: Uuid,
        granted_at: DateTimeUtc,
        expires_on: Date,
        revoked_by: Option<Uuid>,
        revoked_at: Option<DateTimeUtc>,
    }
}

table! {
    /// Who opened which of them.
    opening = "deal_document_view" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        document_id: Uuid,
        account_id: Uuid,
        side: String,
        address: String,
        at: DateTimeUtc,
    }
}

table! {
    /// What was offered.
    offer = "deal_offer" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        number: i64,
        side: String,
        status: String,
        terms: String,
        owner_agreed_at: Option<DateTimeUtc>,
        seeker_agreed_at: Option<DateTimeUtc>,
        made_by: Option<Uuid>,
        made_at: DateTimeUtc,
        decided_by: Option<Uuid>,
        decided_at: Option<DateTimeUtc>,
    }
}

table! {
    /// What is to be reached by when.
    milestone = "deal_milestone" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        title: String,
        due_on: Date,
        reached_on: Option<Date>,
        told_at: Option<DateTimeUtc>,
        taken_back_at: Option<DateTimeUtc>,
        taken_back_by: Option<Uuid>,
    }
}

table! {
    /// What is paid.
    payment = "deal_payment" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        kind: String,
        minor: i64,
        currency: String,
        due_on: Date,
        paid_on: Option<Date>,
        note: String,
        taken_back_at: Option<DateTimeUtc>,
        taken_back_by: Option<Uuid>,
    }
}

table! {
    /// Half-yearly sales and royalties.
    report = "deal_report" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        year: i64,
        half: i64,
        body: String,
        noted_by: Option<Uuid>,
        noted_at: DateTimeUtc,
        taken_back_at: Option<DateTimeUtc>,
        taken_back_by: Option<Uuid>,
    }
}

table! {
    /// What was signed.
    contract = "deal_contract" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        body: String,
        signed_on: Option<Date>,
        registered_on: Option<Date>,
        value_minor: Option<i64>,
        currency: Option<String>,
    }
}

table! {
    /// What came of it.
    outcome = "deal_outcome" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        body: String,
        noted_at: DateTimeUtc,
    }
}

table! {
    /// What was recorded, version by version.
    record = "deal_record" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        what: String,
        body: String,
        reason: String,
        noted_by: Option<Uuid>,
        noted_at: DateTimeUtc,
    }
}

table! {
    /// Who accepted the confidentiality agreement.
    agreement = "deal_nda" {
        #[sea_orm(primary_key, auto_increment = false)]
        deal_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        account_id: Uuid,
        side: String,
        party_id: Option<Uuid>,
        binds: bool,
        nda_hash: String,
        nda_lang: String,
        accepted_at: DateTimeUtc,
        accepted_from: String,
    }
}
