//! Success stories of deals: the text, whom and what it names, and who consented to which text;
//! and the files that those in a deal hand in.

crate::step!(
    "m0012_stories_and_documents",
    &[
        // One story a deal. `agreed_at` stands while every party it names consents to the text as it is; only then may it be
        // public.
        "CREATE TABLE story (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL UNIQUE REFERENCES deal (id),
            slug TEXT NOT NULL UNIQUE,
            content TEXT NOT NULL,
            hash TEXT NOT NULL CHECK (length(hash) = 64),
            version {int} NOT NULL,
            written_by {uuid} REFERENCES account (id),
            written_at {time} NOT NULL,
            agreed_at {time},
            published_at {time},
            published_by {uuid} REFERENCES account (id),
            was_public {bool} NOT NULL,
            CHECK (published_at IS NULL OR agreed_at IS NOT NULL),
            CHECK ((published_at IS NULL) = (published_by IS NULL))
        ) {strict}",
        "CREATE INDEX story_newest ON story (published_at, id) WHERE published_at IS NOT NULL",
        "CREATE INDEX story_waiting ON story (agreed_at, id) WHERE agreed_at IS NOT NULL AND published_at IS NULL",
        "CREATE TABLE story_party (
            story_id {uuid} NOT NULL REFERENCES story (id),
            party_id {uuid} NOT NULL REFERENCES party (id),
            role TEXT NOT NULL CHECK (role IN ('owner','seeker','co_owner','co_seeker')),
            PRIMARY KEY (story_id, party_id, role)
        ) {strict}",
        "CREATE INDEX story_party_party ON story_party (party_id, story_id)",
        "CREATE TABLE story_listing (
            story_id {uuid} NOT NULL REFERENCES story (id),
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            PRIMARY KEY (story_id, listing_id)
        ) {strict}",
        "CREATE INDEX story_listing_listing ON story_listing (listing_id, story_id)",
        // Kept after it ended: who consented to what, and how that ended.
        "CREATE TABLE story_consent (
            id {uuid} PRIMARY KEY,
            story_id {uuid} NOT NULL REFERENCES story (id),
            party_id {uuid} NOT NULL REFERENCES party (id),
            hash TEXT NOT NULL CHECK (length(hash) = 64),
            account_id {uuid} NOT NULL REFERENCES account (id),
            given_at {time} NOT NULL,
            ending TEXT CHECK (ending IN ('voided','withdrawn','merged')),
            ended_by {uuid} REFERENCES account (id),
            ended_at {time},
            CHECK ((ending IS NULL) = (ended_at IS NULL))
        ) {strict}",
        "CREATE UNIQUE INDEX story_consent_standing ON story_consent (story_id, party_id) WHERE ended_at IS NULL",
        "CREATE INDEX story_consent_story ON story_consent (story_id, given_at, id)",
        // Name, hash and key of the object lie in `sealed`. A broker hands in for no party.
        "CREATE TABLE deal_document (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            kind TEXT NOT NULL,
            size {int} NOT NULL CHECK (size >= 0),
            sealed {bytes} NOT NULL,
            paper TEXT,
            confidential {bool} NOT NULL,
            readers_version {int} NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('owner','seeker','broker')),
            party_id {uuid} REFERENCES party (id),
            uploaded_by {uuid} NOT NULL REFERENCES account (id),
            uploaded_at {time} NOT NULL,
            removed_at {time}
        ) {strict}",
        "CREATE INDEX deal_document_deal ON deal_document (deal_id, id) WHERE removed_at IS NULL",
        // Whom of the others the side that handed in a confidential document named to read it; kept after it ended.
        "CREATE TABLE deal_document_reader (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            document_id {uuid} NOT NULL REFERENCES deal_document (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            granted_by {uuid} NOT NULL REFERENCES account (id),
            granted_at {time} NOT NULL,
            expires_on {date} NOT NULL,
            revoked_by {uuid} REFERENCES account (id),
            revoked_at {time},
            CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
        ) {strict}",
        "CREATE UNIQUE INDEX deal_document_reader_standing ON deal_document_reader (document_id, account_id) WHERE revoked_at IS NULL",
        "CREATE INDEX deal_document_reader_deal ON deal_document_reader (deal_id, account_id) WHERE revoked_at IS NULL",
        // The ledger: one row for each time that somebody of another party opened a document, never changed.
        "CREATE TABLE deal_document_view (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            document_id {uuid} NOT NULL REFERENCES deal_document (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            side TEXT NOT NULL CHECK (side IN ('owner','seeker','broker')),
            address TEXT NOT NULL,
            at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX deal_document_view_deal ON deal_document_view (deal_id, at, id)",
        "@sqlite CREATE TRIGGER deal_document_view_kept_update BEFORE UPDATE ON deal_document_view BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "@sqlite CREATE TRIGGER deal_document_view_kept_delete BEFORE DELETE ON deal_document_view BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "@postgres CREATE FUNCTION deal_document_view_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
        "@postgres CREATE TRIGGER deal_document_view_kept BEFORE UPDATE OR DELETE ON deal_document_view FOR EACH ROW EXECUTE FUNCTION deal_document_view_kept()",
        // Who accepted which text of the confidentiality agreement in a deal, before what another party marked was opened to them; a
        // broker does so for no party.
        "CREATE TABLE deal_nda (
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            side TEXT NOT NULL CHECK (side IN ('owner','seeker','broker')),
            party_id {uuid} REFERENCES party (id),
            binds {bool} NOT NULL,
            nda_hash TEXT NOT NULL REFERENCES nda_text (hash),
            nda_lang TEXT NOT NULL,
            accepted_at {time} NOT NULL,
            accepted_from TEXT NOT NULL,
            PRIMARY KEY (deal_id, account_id)
        ) {strict}",
    ]
);
