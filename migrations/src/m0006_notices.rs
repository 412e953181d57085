//! What people are told, and how they chose to be told.

crate::step!(
    "m0006_notices",
    &[
        "CREATE TABLE notice (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL REFERENCES account (id),
            kind TEXT NOT NULL,
            about_kind TEXT NOT NULL,
            about_id {uuid} NOT NULL,
            facts TEXT NOT NULL,
            once TEXT NOT NULL,
            mail TEXT NOT NULL CHECK (mail IN ('none','waiting','sent')),
            digest_id {uuid},
            created_at {time} NOT NULL,
            read_at {time}
        ) {strict}",
        // Nobody is told of the same thing twice.
        "CREATE UNIQUE INDEX notice_once ON notice (account_id, once)",
        "CREATE INDEX notice_newest ON notice (account_id, created_at, id)",
        "CREATE INDEX notice_unread ON notice (account_id) WHERE read_at IS NULL",
        "CREATE INDEX notice_waiting ON notice (created_at, account_id) WHERE mail = 'waiting'",
        "CREATE INDEX notice_digest ON notice (digest_id) WHERE digest_id IS NOT NULL",
        "CREATE TABLE notice_choice (
            account_id {uuid} NOT NULL REFERENCES account (id),
            kind TEXT NOT NULL,
            way TEXT NOT NULL CHECK (way IN ('at_once','daily','off')),
            PRIMARY KEY (account_id, kind)
        ) {strict}",
    ]
);
