//! Searches that people keep, and what each has brought.

crate::step!(
    "m0011_saved_searches",
    &[
        // `seen`: up to where in the log it was looked what had been edited. `news_from`: what comes out after this is news, the
        // moment when it was kept, or was taken up again after nothing was looked for.
        "CREATE TABLE saved_search (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL REFERENCES account (id),
            name TEXT NOT NULL,
            criteria TEXT NOT NULL,
            way TEXT NOT NULL CHECK (way IN ('at_once','daily','weekly','in_space','off')),
            due_at {time} NOT NULL,
            seen {int} NOT NULL,
            news_from {time} NOT NULL,
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX saved_search_own ON saved_search (account_id, id)",
        "CREATE INDEX saved_search_due ON saved_search (way, due_at, id)",
        // What was brought is brought once: the key is what makes it so.
        "CREATE TABLE saved_search_item (
            search_id {uuid} NOT NULL REFERENCES saved_search (id),
            found_id {uuid} NOT NULL,
            account_id {uuid} NOT NULL,
            round_id {uuid} NOT NULL,
            found_at {time} NOT NULL,
            PRIMARY KEY (search_id, found_id)
        ) {strict}",
        "CREATE INDEX saved_search_item_round ON saved_search_item (round_id)",
        "CREATE INDEX saved_search_item_newest ON saved_search_item (account_id, found_at, found_id, search_id)",
    ]
);
