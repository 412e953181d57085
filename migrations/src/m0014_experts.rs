//! Experts: what people say of themselves, with the consent under which it is public.

crate::step!(
    "m0014_experts",
    &[
        // One profile a person. The profile is typed JSON; whose party is named beside it is a column, since it ends with
        // the membership. Nothing is public but what is `published`, and nothing is that without a recorded consent.
        "CREATE TABLE expert (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL UNIQUE REFERENCES account (id),
            slug TEXT NOT NULL UNIQUE,
            status TEXT NOT NULL CHECK (status IN ('draft','published','withdrawn')),
            party_id {uuid} REFERENCES party (id),
            profile TEXT NOT NULL,
            schema {int} NOT NULL,
            consent_version TEXT,
            consent_at {time},
            published_at {time},
            withdrawn_at {time},
            demonstration {bool} NOT NULL,
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL,
            CHECK ((consent_version IS NULL) = (consent_at IS NULL)),
            CHECK (status <> 'published' OR (consent_at IS NOT NULL AND published_at IS NOT NULL))
        ) {strict}",
        "CREATE INDEX expert_status ON expert (status, id)",
        "CREATE INDEX expert_party ON expert (party_id, status, id)",
    ]
);
