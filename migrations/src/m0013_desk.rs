//! The need desk and the merging of parties: invitations by the space, needs by who looks after them, and where a party
//! that another took in is found.

crate::step!(
    "m0013_desk",
    &[
        // An invitation to a party that nobody administers yet: staff asked, so the person's yes is enough.
        "ALTER TABLE membership ADD COLUMN by_space {bool} NOT NULL DEFAULT FALSE",
        "CREATE INDEX listing_responsible ON listing (responsible_id, created_at, id) WHERE responsible_id IS NOT NULL",
        // A party that is gone because another took it in: its id, address and tax code lead there.
        "CREATE TABLE party_alias (
            id {uuid} PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            tax_code TEXT UNIQUE,
            names TEXT NOT NULL,
            party_id {uuid} NOT NULL REFERENCES party (id),
            reason TEXT NOT NULL,
            merged_by {uuid} REFERENCES account (id),
            merged_at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX party_alias_party ON party_alias (party_id, merged_at)",
    ]
);
