//! Standing matches, what people say of them, and who was told.

crate::step!(
    "m0010_matches",
    &[
        // What all stored scores are made with: the statistics of words, how soon parties reply, the moment, and by its hash
        // all that is configured.
        "CREATE TABLE match_generation (
            id {uuid} PRIMARY KEY,
            started_at {time} NOT NULL,
            listings {int} NOT NULL,
            statistics {bytes} NOT NULL,
            replies {bytes} NOT NULL,
            fingerprint TEXT NOT NULL,
            reached {uuid},
            done {bool} NOT NULL
        ) {strict}",
        // `is_open`: whether every signed-in person may see both sides. Nothing else is ever counted.
        "CREATE TABLE standing_match (
            need_id {uuid} NOT NULL,
            offer_id {uuid} NOT NULL,
            need_party {uuid} NOT NULL,
            offer_party {uuid} NOT NULL,
            need_version {int} NOT NULL,
            offer_version {int} NOT NULL,
            score_ppm {int} NOT NULL CHECK (score_ppm BETWEEN 0 AND 1000000),
            is_open {bool} NOT NULL,
            computed_at {time} NOT NULL,
            PRIMARY KEY (need_id, offer_id)
        ) {strict}",
        "CREATE INDEX standing_match_need ON standing_match (need_id, score_ppm)",
        "CREATE INDEX standing_match_offer ON standing_match (offer_id, score_ppm)",
        "CREATE INDEX standing_match_need_party ON standing_match (need_party, score_ppm, need_id, offer_id)",
        "CREATE INDEX standing_match_offer_party ON standing_match (offer_party, score_ppm, need_id, offer_id)",
        // The experts who may help with a need, the best few. Made of published profiles alone; whoever takes a profile back
        // stands here no more.
        "CREATE TABLE match_expert (
            need_id {uuid} NOT NULL,
            expert_id {uuid} NOT NULL,
            need_version {int} NOT NULL,
            expert_version {int} NOT NULL,
            score_ppm {int} NOT NULL CHECK (score_ppm BETWEEN 0 AND 1000000),
            computed_at {time} NOT NULL,
            PRIMARY KEY (need_id, expert_id)
        ) {strict}",
        "CREATE INDEX match_expert_expert ON match_expert (expert_id)",
        // One row for each published listing that every signed-in person may see: where gaps are looked for.
        "CREATE TABLE match_subject (
            listing_id {uuid} PRIMARY KEY,
            kind TEXT NOT NULL,
            field TEXT NOT NULL,
            published_at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX match_subject_newest ON match_subject (kind, published_at, listing_id)",
        "CREATE INDEX match_subject_field ON match_subject (kind, field, published_at, listing_id)",
        // Which side a pair was told to last, and when, so that nobody is told twice; without a moment it waits for a day on
        // which there is room. `silently`: the side was passed over, and these versions are no news to it. The other one of the
        // two is an offer or an expert.
        "CREATE TABLE match_told (
            need_id {uuid} NOT NULL,
            offer_id {uuid} NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('need','offer','expert')),
            own_id {uuid} NOT NULL,
            need_version {int} NOT NULL,
            offer_version {int} NOT NULL,
            told_at {time},
            silently {bool} NOT NULL,
            PRIMARY KEY (need_id, offer_id, side)
        ) {strict}",
        "CREATE INDEX match_told_own ON match_told (own_id, told_at)",
        "CREATE INDEX match_told_lately ON match_told (told_at, own_id, silently)",
        "CREATE INDEX match_told_waiting ON match_told (need_id, offer_id) WHERE told_at IS NULL",
        "CREATE TABLE match_feedback (
            need_id {uuid} NOT NULL,
            offer_id {uuid} NOT NULL,
            account_id {uuid} NOT NULL REFERENCES account (id),
            side TEXT NOT NULL CHECK (side IN ('seeker','owner','broker')),
            verdict TEXT NOT NULL CHECK (verdict IN ('good','not_for_us')),
            reason TEXT CHECK (reason IN ('too_early','too_dear','wrong_field','already_known','other')),
            note TEXT NOT NULL,
            score_ppm {int},
            need_version {int} NOT NULL,
            offer_version {int} NOT NULL,
            at {time} NOT NULL,
            PRIMARY KEY (need_id, offer_id, account_id)
        ) {strict}",
        "CREATE INDEX match_feedback_offer ON match_feedback (offer_id)",
        "CREATE INDEX match_feedback_newest ON match_feedback (at, need_id, offer_id, account_id)",
        // The candidates somebody on a need's side took into closer consideration.
        "CREATE TABLE match_shortlist (
            need_id {uuid} NOT NULL,
            offer_id {uuid} NOT NULL,
            note TEXT NOT NULL,
            account_id {uuid} NOT NULL REFERENCES account (id),
            at {time} NOT NULL,
            PRIMARY KEY (need_id, offer_id)
        ) {strict}",
    ]
);
