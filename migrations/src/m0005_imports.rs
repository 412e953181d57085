//! Runs of reading files of listings.

crate::step!(
    "m0005_imports",
    &[
        "CREATE TABLE import (
            id {uuid} PRIMARY KEY,
            party_id {uuid} REFERENCES party (id),
            account_id {uuid},
            file_name TEXT NOT NULL,
            file_hash {bytes} NOT NULL,
            mapping TEXT NOT NULL,
            mapping_hash {bytes} NOT NULL,
            dry_run {bool} NOT NULL,
            publish {bool} NOT NULL,
            skip_faulty {bool} NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting','running','interrupted','done','failed','undone')),
            rows_total {int},
            rows_done {int} NOT NULL,
            created {int} NOT NULL,
            updated {int} NOT NULL,
            unchanged {int} NOT NULL,
            faulty {int} NOT NULL,
            shortened {int} NOT NULL,
            failure TEXT,
            started_at {time} NOT NULL,
            ended_at {time}
        ) {strict}",
        "CREATE INDEX import_started ON import (started_at, id)",
        "CREATE INDEX import_same ON import (file_hash, mapping_hash)",
        "CREATE TABLE import_fault (
            import_id {uuid} NOT NULL REFERENCES import (id),
            row_number {int} NOT NULL,
            n {int} NOT NULL,
            column_name TEXT NOT NULL,
            pointer TEXT NOT NULL,
            code TEXT NOT NULL,
            args TEXT NOT NULL,
            PRIMARY KEY (import_id, row_number, n)
        ) {strict}",
        // What an import did to a listing, so that it can be undone: the newest and the public version of its content
        // before (none for a listing it made), and the listing's own version after. A listing that is at another
        // version now was touched by somebody since.
        "CREATE TABLE import_listing (
            import_id {uuid} NOT NULL REFERENCES import (id),
            listing_id {uuid} NOT NULL,
            row_number {int} NOT NULL,
            before_version {int},
            before_public {int},
            after_version {int} NOT NULL,
            undo TEXT CHECK (undo IN ('removed','restored','kept')),
            PRIMARY KEY (import_id, listing_id)
        ) {strict}",
    ]
);
