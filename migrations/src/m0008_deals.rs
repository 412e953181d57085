//! Deals: where each stands, who is in it, what was said, offered, agreed, paid and reached.

crate::step!(
    "m0008_deals",
    &[
        // What was noted by mistake is taken back: its row stays and counts nowhere (`taken_back_at`).
        // Kind and stage are words of the pipeline's file, so the database does not know them. `due_on` is a day far off
        // where nothing is due: the boards are read in its order. The interest's table is another slice's.
        "CREATE TABLE deal (
            id {uuid} PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            pipeline_version {int} NOT NULL,
            stage TEXT NOT NULL,
            is_open {bool} NOT NULL,
            lost_reason TEXT,
            title TEXT NOT NULL,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            listing_kind TEXT NOT NULL CHECK (listing_kind IN ('technology','ip_asset','need')),
            interest_id {uuid},
            owner_party_id {uuid} NOT NULL REFERENCES party (id),
            seeker_party_id {uuid} REFERENCES party (id),
            legal_facts TEXT NOT NULL,
            messages {int} NOT NULL,
            opened_by {uuid} REFERENCES account (id),
            opened_at {time} NOT NULL,
            stage_since {time} NOT NULL,
            signed_at {time},
            due_on {date} NOT NULL,
            told_due_on {date},
            version {int} NOT NULL,
            updated_at {time} NOT NULL,
            CHECK (owner_party_id <> seeker_party_id OR NOT is_open)
        ) {strict}",
        // One interest leads to one deal.
        "CREATE UNIQUE INDEX deal_interest ON deal (interest_id) WHERE interest_id IS NOT NULL",
        "CREATE INDEX deal_board ON deal (is_open, stage, due_on, id)",
        "CREATE INDEX deal_due ON deal (is_open, due_on, id)",
        "CREATE INDEX deal_listing ON deal (listing_id, is_open, due_on, id)",
        // What is transferred, in the order it was named; a deal that came from a need begins with nothing.
        "CREATE TABLE deal_object (
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            number {int} NOT NULL,
            listing_kind TEXT NOT NULL CHECK (listing_kind IN ('technology','ip_asset')),
            ip_kind TEXT,
            PRIMARY KEY (deal_id, listing_id),
            CHECK (ip_kind IS NULL OR listing_kind = 'ip_asset')
        ) {strict}",
        "CREATE INDEX deal_object_listing ON deal_object (listing_id, deal_id)",
        // A party stands once in a deal, but in one that ended before two of its parties became one.
        "CREATE TABLE deal_party (
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            party_id {uuid} NOT NULL REFERENCES party (id),
            role TEXT NOT NULL CHECK (role IN ('owner','seeker','co_owner','co_seeker','adviser')),
            PRIMARY KEY (deal_id, party_id, role)
        ) {strict}",
        "CREATE UNIQUE INDEX deal_party_side ON deal_party (deal_id, role) WHERE role IN ('owner','seeker')",
        "CREATE INDEX deal_party_party ON deal_party (party_id, deal_id)",
        "CREATE TABLE deal_broker (
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            account_id {uuid} NOT NULL REFERENCES account (id),
            share_bp {int} NOT NULL CHECK (share_bp BETWEEN 1 AND 10000),
            statement TEXT,
            stated_at {time},
            PRIMARY KEY (deal_id, account_id),
            CHECK ((statement IS NULL) = (stated_at IS NULL))
        ) {strict}",
        "CREATE INDEX deal_broker_account ON deal_broker (account_id, deal_id)",
        "CREATE TABLE deal_message (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            number {int} NOT NULL,
            author_id {uuid} NOT NULL REFERENCES account (id),
            side TEXT NOT NULL CHECK (side IN ('owner','seeker','broker')),
            body TEXT NOT NULL,
            sent_at {time} NOT NULL,
            UNIQUE (deal_id, number)
        ) {strict}",
        "CREATE TABLE deal_task (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            title TEXT NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('owner','seeker','broker')),
            due_on {date} NOT NULL,
            created_by {uuid} REFERENCES account (id),
            done_at {time},
            done_by {uuid} REFERENCES account (id),
            told_at {time},
            taken_back_at {time},
            taken_back_by {uuid} REFERENCES account (id)
        ) {strict}",
        "CREATE INDEX deal_task_deal ON deal_task (deal_id, due_on, id)",
        "CREATE INDEX deal_task_due ON deal_task (due_on) WHERE done_at IS NULL AND told_at IS NULL AND taken_back_at IS NULL",
        "CREATE TABLE deal_meeting (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            held_on {date} NOT NULL,
            place TEXT NOT NULL,
            minutes TEXT NOT NULL,
            noted_by {uuid} REFERENCES account (id),
            taken_back_at {time},
            taken_back_by {uuid} REFERENCES account (id)
        ) {strict}",
        "CREATE INDEX deal_meeting_deal ON deal_meeting (deal_id, held_on, id)",
        // Papers that a stage demands, as facts: that there is one, of which day. Files are kept elsewhere.
        "CREATE TABLE deal_paper (
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            kind TEXT NOT NULL,
            dated_on {date} NOT NULL,
            reference TEXT NOT NULL,
            noted_by {uuid} REFERENCES account (id),
            PRIMARY KEY (deal_id, kind)
        ) {strict}",
        "CREATE TABLE deal_offer (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            number {int} NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('owner','seeker')),
            status TEXT NOT NULL CHECK (status IN ('open','accepted','superseded','withdrawn')),
            terms TEXT NOT NULL,
            owner_agreed_at {time},
            seeker_agreed_at {time},
            made_by {uuid} REFERENCES account (id),
            made_at {time} NOT NULL,
            decided_by {uuid} REFERENCES account (id),
            decided_at {time},
            UNIQUE (deal_id, number)
        ) {strict}",
        "CREATE UNIQUE INDEX deal_offer_open ON deal_offer (deal_id) WHERE status = 'open'",
        "CREATE UNIQUE INDEX deal_offer_accepted ON deal_offer (deal_id) WHERE status = 'accepted'",
        "CREATE TABLE deal_milestone (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            title TEXT NOT NULL,
            due_on {date} NOT NULL,
            reached_on {date},
            told_at {time},
            taken_back_at {time},
            taken_back_by {uuid} REFERENCES account (id)
        ) {strict}",
        "CREATE INDEX deal_milestone_deal ON deal_milestone (deal_id, due_on, id)",
        "CREATE INDEX deal_milestone_due ON deal_milestone (due_on) WHERE reached_on IS NULL AND told_at IS NULL AND taken_back_at IS NULL",
        "CREATE TABLE deal_payment (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            kind TEXT NOT NULL,
            minor {int} NOT NULL CHECK (minor >= 0),
            currency TEXT NOT NULL,
            due_on {date} NOT NULL,
            paid_on {date},
            note TEXT NOT NULL,
            taken_back_at {time},
            taken_back_by {uuid} REFERENCES account (id)
        ) {strict}",
        "CREATE INDEX deal_payment_deal ON deal_payment (deal_id, due_on, id)",
        "CREATE TABLE deal_report (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            year {int} NOT NULL,
            half {int} NOT NULL CHECK (half IN (1, 2)),
            body TEXT NOT NULL,
            noted_by {uuid} REFERENCES account (id),
            noted_at {time} NOT NULL,
            taken_back_at {time},
            taken_back_by {uuid} REFERENCES account (id)
        ) {strict}",
        // Half a year is reported once; what was taken back stays beside it.
        "CREATE UNIQUE INDEX deal_report_period ON deal_report (deal_id, year, half) WHERE taken_back_at IS NULL",
        "CREATE INDEX deal_report_deal ON deal_report (deal_id, year, half)",
        "CREATE TABLE deal_contract (
            deal_id {uuid} PRIMARY KEY REFERENCES deal (id),
            body TEXT NOT NULL,
            signed_on {date},
            registered_on {date},
            value_minor {int},
            currency TEXT
        ) {strict}",
        "CREATE TABLE deal_outcome (
            deal_id {uuid} PRIMARY KEY REFERENCES deal (id),
            body TEXT NOT NULL,
            noted_at {time} NOT NULL
        ) {strict}",
        // Every version of the contract, the outcome and a paper as it was recorded, the one that stands among them.
        "CREATE TABLE deal_record (
            id {uuid} PRIMARY KEY,
            deal_id {uuid} NOT NULL REFERENCES deal (id),
            what TEXT NOT NULL CHECK (what IN ('contract','outcome','paper')),
            body TEXT NOT NULL,
            reason TEXT NOT NULL,
            noted_by {uuid} REFERENCES account (id),
            noted_at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX deal_record_deal ON deal_record (deal_id, noted_at, id)",
    ]
);
