//! Interests: who would like to use, take over or answer what a listing says, and what was replied.

crate::step!(
    "m0007_interests",
    &[
        // What ended between two parties that became one stays: only then are both sides the same.
        "CREATE TABLE interest (
            id {uuid} PRIMARY KEY,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            listing_kind TEXT NOT NULL CHECK (listing_kind IN ('technology','ip_asset','need')),
            seeker_party_id {uuid} NOT NULL REFERENCES party (id),
            owner_party_id {uuid} NOT NULL REFERENCES party (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            recorded {bool} NOT NULL,
            kept_by {uuid} REFERENCES account (id),
            status TEXT NOT NULL CHECK (status IN ('sent','read','needs_information','accepted','declined','expired','withdrawn')),
            anonymity TEXT NOT NULL CHECK (anonymity IN ('named','sector_and_region','hidden')),
            owner_named {bool} NOT NULL,
            message TEXT NOT NULL,
            intended_use TEXT NOT NULL,
            cooperation TEXT,
            volume TEXT NOT NULL,
            budget_band TEXT,
            wants_nda {bool} NOT NULL,
            reason TEXT,
            relayed_by {uuid} REFERENCES account (id),
            context TEXT NOT NULL,
            sent_at {time} NOT NULL,
            read_at {time},
            answer_due_on {date} NOT NULL,
            reminded_at {time},
            overdue_at {time},
            answered_at {time},
            closed_at {time},
            version {int} NOT NULL,
            CHECK (seeker_party_id <> owner_party_id OR closed_at IS NOT NULL),
            CHECK ((kept_by IS NOT NULL) = recorded),
            CHECK ((reason IS NOT NULL) = (status = 'declined')),
            CHECK ((closed_at IS NOT NULL) = (status IN ('accepted','declined','expired','withdrawn')))
        ) {strict}",
        // A party asks once at a time.
        "CREATE UNIQUE INDEX interest_open ON interest (listing_id, seeker_party_id) WHERE status IN ('sent','read','needs_information')",
        "CREATE INDEX interest_sent ON interest (seeker_party_id, sent_at, id)",
        "CREATE INDEX interest_received ON interest (owner_party_id, sent_at, id)",
        "CREATE INDEX interest_newest ON interest (sent_at, id)",
        "CREATE INDEX interest_closed ON interest (status, sent_at, id) WHERE closed_at IS NOT NULL",
        "CREATE INDEX interest_asked ON interest (sent_at, id) WHERE status = 'needs_information'",
        "CREATE INDEX interest_due ON interest (answer_due_on, id) WHERE status IN ('sent','read','needs_information')",
        "CREATE INDEX interest_listing ON interest (listing_id, status)",
        "CREATE INDEX interest_replies ON interest (owner_party_id, answered_at) WHERE answered_at IS NOT NULL",
        // What an owner never answered.
        "CREATE INDEX interest_unanswered ON interest (owner_party_id, closed_at) WHERE status = 'expired' AND answered_at IS NULL",
        // Whoever took it down for a party that called, or has that work now.
        "CREATE INDEX interest_kept ON interest (kept_by, id) WHERE kept_by IS NOT NULL",
        // What was asked and answered, in its order. It names a side, never a person.
        "CREATE TABLE interest_message (
            id {uuid} PRIMARY KEY,
            interest_id {uuid} NOT NULL REFERENCES interest (id),
            side TEXT NOT NULL CHECK (side IN ('owner','seeker','staff')),
            text TEXT NOT NULL,
            at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX interest_thread ON interest_message (interest_id, at, id)",
    ]
);
