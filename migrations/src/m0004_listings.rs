//! Listings: the row, its versions, its reviews, its addresses, its private terms.

crate::step!(
    "m0004_listings",
    &[
        // `out_since`: published, put back, or shown to more people than before, whichever was last.
        "CREATE TABLE listing (
            id {uuid} PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('technology','ip_asset','need')),
            party_id {uuid} NOT NULL REFERENCES party (id),
            code TEXT NOT NULL UNIQUE,
            slug TEXT NOT NULL,
            source_lang TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('draft','submitted','changes_requested','rejected','published','on_hold','expired','withdrawn','archived')),
            revision TEXT NOT NULL CHECK (revision IN ('none','draft','submitted','changes_requested','rejected')),
            visibility TEXT NOT NULL CHECK (visibility IN ('public','registered','invited','private')),
            head_version {int} NOT NULL,
            public_version {int},
            version {int} NOT NULL,
            title TEXT NOT NULL,
            completeness {int} NOT NULL,
            contact_id {uuid} REFERENCES account (id),
            responsible_id {uuid} REFERENCES account (id),
            next_action_on {date},
            outcome TEXT,
            provenance TEXT NOT NULL CHECK (provenance IN ('manual','import','federated')),
            source TEXT,
            external_id TEXT,
            licence TEXT,
            import_id {uuid},
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL,
            submitted_at {time},
            published_at {time},
            out_since {time},
            confirmed_at {time},
            expires_at {time},
            warned_at {time},
            CHECK (status NOT IN ('published','on_hold') OR (public_version IS NOT NULL AND published_at IS NOT NULL AND out_since IS NOT NULL AND expires_at IS NOT NULL)),
            CHECK (status IN ('published','on_hold') OR revision = 'none')
        ) {strict}",
        "CREATE UNIQUE INDEX listing_external ON listing (source, external_id) WHERE external_id IS NOT NULL",
        "CREATE INDEX listing_party ON listing (party_id, kind, updated_at, id)",
        "CREATE INDEX listing_public ON listing (kind, published_at, id) WHERE status = 'published'",
        "CREATE INDEX listing_published_id ON listing (id) WHERE status = 'published'",
        "CREATE INDEX listing_queue ON listing (submitted_at, id) WHERE status = 'submitted' OR revision = 'submitted'",
        "CREATE INDEX listing_expiry ON listing (expires_at) WHERE status = 'published'",
        "CREATE INDEX listing_import ON listing (import_id) WHERE import_id IS NOT NULL",
        // None is ever changed. `etag` is the listing's version from which on this was its content. One that the same author
        // wrote over soon after (`superseded_at`) is no part of the history; it stays a while for those who still write from it.
        "CREATE TABLE listing_version (
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            version {int} NOT NULL,
            schema {int} NOT NULL,
            content TEXT NOT NULL,
            author_id {uuid},
            reason TEXT NOT NULL,
            at {time} NOT NULL,
            started_at {time} NOT NULL,
            etag {int} NOT NULL,
            superseded_at {time},
            PRIMARY KEY (listing_id, version)
        ) {strict}",
        "CREATE INDEX listing_version_superseded ON listing_version (superseded_at) WHERE superseded_at IS NOT NULL",
        // Addresses a listing has or had; an old one redirects.
        "CREATE TABLE listing_slug (
            kind TEXT NOT NULL,
            slug TEXT NOT NULL,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            PRIMARY KEY (kind, slug)
        ) {strict}",
        "CREATE INDEX listing_slug_listing ON listing_slug (listing_id)",
        "CREATE TABLE listing_invitation (
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            party_id {uuid} NOT NULL REFERENCES party (id),
            PRIMARY KEY (listing_id, party_id)
        ) {strict}",
        // Confidential by place: nothing here has a way into content, index, event or export.
        "CREATE TABLE listing_private (
            listing_id {uuid} PRIMARY KEY REFERENCES listing (id),
            terms TEXT NOT NULL,
            version {int} NOT NULL,
            updated_at {time} NOT NULL
        ) {strict}",
        "CREATE TABLE review (
            id {uuid} PRIMARY KEY,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            listing_version {int} NOT NULL,
            moderator_id {uuid} NOT NULL REFERENCES account (id),
            decision TEXT CHECK (decision IN ('publish','request_changes','reject','released')),
            scores TEXT,
            notes TEXT,
            reason TEXT,
            claimed_at {time} NOT NULL,
            decided_at {time}
        ) {strict}",
        "CREATE UNIQUE INDEX review_open ON review (listing_id) WHERE decision IS NULL",
        "CREATE INDEX review_listing ON review (listing_id, claimed_at)",
        // Hashes of parts of a listing's words: two listings that share one may be near-duplicates.
        "CREATE TABLE listing_band (
            band {int} NOT NULL,
            listing_id {uuid} NOT NULL REFERENCES listing (id),
            PRIMARY KEY (band, listing_id)
        ) {strict}",
        "CREATE INDEX listing_band_listing ON listing_band (listing_id)",
        // How many listings a party holds: a count over them would make each new one dearer than the last.
        "CREATE TABLE party_holding (
            party_id {uuid} PRIMARY KEY NOT NULL REFERENCES party (id),
            listings {int} NOT NULL
        ) {strict}",
        // The next number of each kind's readable codes in a year.
        "CREATE TABLE code_counter (
            kind TEXT NOT NULL,
            year {int} NOT NULL,
            next {int} NOT NULL,
            PRIMARY KEY (kind, year)
        ) {strict}",
    ]
);
