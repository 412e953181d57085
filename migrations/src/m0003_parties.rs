//! Parties and the accounts that act for them.

crate::step!(
    "m0003_parties",
    &[
        // The profile is typed JSON and holds nothing that an outsider may not see; the columns are what SQL needs.
        // `reply_hours`: the median in which it replies, and until when that holds if nothing happens.
        "CREATE TABLE party (
            id {uuid} PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            party_type TEXT NOT NULL,
            province TEXT,
            profile TEXT NOT NULL,
            schema {int} NOT NULL,
            verification TEXT NOT NULL CHECK (verification IN ('unverified','email_domain','document','in_person')),
            verified_by {uuid} REFERENCES account (id),
            verified_at {time},
            demonstration {bool} NOT NULL,
            reply_hours {int} CHECK (reply_hours > 0),
            reply_until {time},
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL,
            CHECK ((reply_hours IS NULL) = (reply_until IS NULL))
        ) {strict}",
        "CREATE INDEX party_reply ON party (reply_until, id) WHERE reply_until IS NOT NULL",
        "CREATE INDEX party_type ON party (party_type, id)",
        "CREATE INDEX party_province ON party (province, id)",
        "CREATE INDEX party_verification ON party (verification, id)",
        // What only members and staff see, and the code by which nobody registers twice.
        "CREATE TABLE party_private (
            party_id {uuid} PRIMARY KEY REFERENCES party (id),
            tax_code TEXT UNIQUE,
            street TEXT
        ) {strict}",
        // An invitation names an address; the account comes when there is one.
        "CREATE TABLE membership (
            id {uuid} PRIMARY KEY,
            party_id {uuid} NOT NULL REFERENCES party (id),
            account_id {uuid} REFERENCES account (id),
            email TEXT NOT NULL,
            email_key TEXT NOT NULL,
            roles TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('invited','accepted','confirmed','suspended')),
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL,
            UNIQUE (party_id, account_id),
            UNIQUE (party_id, email_key),
            CHECK (account_id IS NOT NULL OR status = 'invited')
        ) {strict}",
        "CREATE INDEX membership_account ON membership (account_id, status)",
        "CREATE INDEX membership_invited ON membership (email_key) WHERE account_id IS NULL",
    ]
);
