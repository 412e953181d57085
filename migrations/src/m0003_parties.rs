//! Parties and the accounts that act for them.

crate::step!(
    "m0003_parties",
    &[
        // The profile is typed JSON; the columns are what SQL needs.
        "CREATE TABLE party (
            id {uuid} PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            party_type TEXT NOT NULL,
            tax_code TEXT UNIQUE,
            province TEXT,
            profile TEXT NOT NULL,
            schema {int} NOT NULL,
            verification TEXT NOT NULL CHECK (verification IN ('unverified','email_domain','document','in_person')),
            verified_by {uuid} REFERENCES account (id),
            verified_at {time},
            demonstration {bool} NOT NULL,
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX party_created ON party (created_at, id)",
        "CREATE TABLE membership (
            id {uuid} PRIMARY KEY,
            party_id {uuid} NOT NULL REFERENCES party (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            roles TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('invited','accepted','confirmed','suspended')),
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL,
            UNIQUE (party_id, account_id)
        ) {strict}",
        "CREATE INDEX membership_account ON membership (account_id, status)",
    ]
);
