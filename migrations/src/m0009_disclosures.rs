//! What is confided: the confidential part of a listing and its files, sealed; to whom it was opened; who looked.
//!
//! Nothing here stands in the tables of what is public, and no text or name in it can be read without the key.

crate::step!(
    "m0009_disclosures",
    &[
        "CREATE TABLE confidential (
            listing_id {uuid} PRIMARY KEY REFERENCES listing (id),
            sealed {bytes} NOT NULL,
            sections {int} NOT NULL,
            version {int} NOT NULL,
            updated_by {uuid} REFERENCES account (id),
            updated_at {time} NOT NULL
        ) {strict}",
        // `sealed` holds name, hash and the file's own key; the file itself lies sealed in the object store.
        "CREATE TABLE confidential_file (
            id {uuid} PRIMARY KEY,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            kind TEXT NOT NULL,
            size {int} NOT NULL,
            sealed {bytes} NOT NULL,
            uploaded_by {uuid} REFERENCES account (id),
            uploaded_at {time} NOT NULL,
            removed_at {time}
        ) {strict}",
        "CREATE INDEX confidential_file_listing ON confidential_file (listing_id, id)",
        // Every text that somebody accepted, word for word.
        "CREATE TABLE nda_text (
            hash TEXT PRIMARY KEY,
            version TEXT NOT NULL,
            vi TEXT NOT NULL,
            en TEXT NOT NULL,
            first_used_at {time} NOT NULL
        ) {strict}",
        "CREATE TABLE disclosure (
            id {uuid} PRIMARY KEY,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            party_id {uuid} NOT NULL REFERENCES party (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            granted_by {uuid} NOT NULL REFERENCES account (id),
            granted_at {time} NOT NULL,
            purpose TEXT NOT NULL,
            expires_on {date} NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('granted','accepted','revoked')),
            nda_hash TEXT REFERENCES nda_text (hash),
            nda_lang TEXT,
            accepted_at {time},
            accepted_from TEXT,
            revoked_by {uuid} REFERENCES account (id),
            revoked_at {time},
            CHECK ((accepted_at IS NULL) = (nda_hash IS NULL)),
            CHECK (state <> 'accepted' OR accepted_at IS NOT NULL),
            CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
        ) {strict}",
        "CREATE INDEX disclosure_listing ON disclosure (listing_id, granted_at, id)",
        "CREATE INDEX disclosure_reader ON disclosure (account_id, granted_at, id)",
        // The ledger: one row for each time that something was opened, never changed.
        "CREATE TABLE disclosure_view (
            id {uuid} PRIMARY KEY,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            disclosure_id {uuid} REFERENCES disclosure (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            what TEXT NOT NULL CHECK (what IN ('text','file')),
            file_id {uuid} REFERENCES confidential_file (id),
            reason TEXT,
            address TEXT NOT NULL,
            at {time} NOT NULL,
            CHECK ((what = 'file') = (file_id IS NOT NULL)),
            CHECK ((disclosure_id IS NULL) = (reason IS NOT NULL))
        ) {strict}",
        "CREATE INDEX disclosure_view_listing ON disclosure_view (listing_id, at, id)",
        "CREATE INDEX disclosure_view_disclosure ON disclosure_view (disclosure_id, at, id)",
        "@sqlite CREATE TRIGGER disclosure_view_kept_update BEFORE UPDATE ON disclosure_view BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "@sqlite CREATE TRIGGER disclosure_view_kept_delete BEFORE DELETE ON disclosure_view BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "@postgres CREATE FUNCTION disclosure_view_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
        "@postgres CREATE TRIGGER disclosure_view_kept BEFORE UPDATE OR DELETE ON disclosure_view FOR EACH ROW EXECUTE FUNCTION disclosure_view_kept()",
    ]
);
