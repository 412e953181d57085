//! The tables of success stories. Only this module's use cases read or write them.

use crate::deals::rows::table;

table! {
    /// The text, and where it stands.
    story = "story" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        deal_id: Uuid,
        slug: String,
        content: String,
        hash: String,
        version: i64,
        written_by: Option<Uuid>,
        written_at: DateTimeUtc,
        agreed_at: Option<DateTimeUtc>,
        published_at: Option<DateTimeUtc>,
        published_by: Option<Uuid>,
        was_public: bool,
    }
}

table! {
    /// Whom it names.
    story_party = "story_party" {
        #[sea_orm(primary_key, auto_increment = false)]
        story_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        party_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        role: String,
    }
}

table! {
    /// What it links.
    story_listing = "story_listing" {
        #[sea_orm(primary_key, auto_increment = false)]
        story_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        listing_id: Uuid,
    }
}

table! {
    /// Who consented to which text, and how that ended.
    consent = "story_consent" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        story_id: Uuid,
        party_id: Uuid,
        hash: String,
        account_id: Uuid,
        given_at: DateTimeUtc,
        ending: Option<String>,
        ended_by: Option<Uuid>,
        ended_at: Option<DateTimeUtc>,
    }
}
