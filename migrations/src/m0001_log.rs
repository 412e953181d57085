//! Which space this is, the event log, and what hangs on the one way to write: followers, jobs, idempotent answers, throttles.

crate::step!(
    "m0001_log",
    &[
        // One row: by what the space is known outside its database, such as in a store of files that it shares with others.
        "CREATE TABLE space (id {int} PRIMARY KEY CHECK (id = 1), space {uuid} NOT NULL) {strict}",
        "@postgres INSERT INTO space (id, space) VALUES (1, gen_random_uuid())",
        "@sqlite INSERT INTO space (id, space) VALUES (1, randomblob(16))",
        // One row: the last position and hash. Locked last in every writing transaction, so that positions have no
        // gaps and their order is the order of commits.
        "CREATE TABLE event_head (
            id {int} PRIMARY KEY CHECK (id = 1),
            position {int} NOT NULL,
            hash {bytes} NOT NULL
        ) {strict}",
        "@postgres INSERT INTO event_head (id, position, hash) VALUES (1, 0, '')",
        "@sqlite INSERT INTO event_head (id, position, hash) VALUES (1, 0, x'')",
        "CREATE TABLE event (
            position {int} PRIMARY KEY,
            at {time} NOT NULL,
            actor_kind TEXT NOT NULL CHECK (actor_kind IN ('person','program','system','anonymous')),
            actor_id {uuid},
            subject_kind TEXT NOT NULL,
            subject_id {uuid} NOT NULL,
            kind TEXT NOT NULL,
            payload TEXT NOT NULL,
            prev_hash {bytes} NOT NULL,
            hash {bytes} NOT NULL
        ) {strict}",
        "CREATE INDEX event_subject ON event (subject_id, position)",
        "CREATE INDEX event_kind ON event (kind, position)",
        "CREATE INDEX event_actor ON event (actor_id, position)",
        "@sqlite CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "@sqlite CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "@postgres CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$",
        "@postgres CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only()",
        // How far each follower has come.
        "CREATE TABLE follower (
            name TEXT PRIMARY KEY,
            position {int} NOT NULL,
            moved_at {time} NOT NULL
        ) {strict}",
        // Rank 0: somebody sits there and waits for it; 1: everything else.
        "CREATE TABLE job (
            id {uuid} PRIMARY KEY,
            kind TEXT NOT NULL,
            payload TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting','running','done','failed')),
            rank {int} NOT NULL CHECK (rank IN (0, 1)),
            due_at {time} NOT NULL,
            attempts {int} NOT NULL,
            claimed_until {time},
            last_error TEXT,
            created_at {time} NOT NULL,
            ended_at {time}
        ) {strict}",
        "CREATE INDEX job_due ON job (rank, due_at, id) WHERE state IN ('waiting','running')",
        "CREATE INDEX job_ended ON job (ended_at) WHERE state IN ('done','failed')",
        // What a repeated request is answered with.
        "CREATE TABLE idempotency (
            principal TEXT NOT NULL,
            operation TEXT NOT NULL,
            key TEXT NOT NULL,
            request_hash {bytes} NOT NULL,
            result TEXT NOT NULL,
            created_at {time} NOT NULL,
            PRIMARY KEY (principal, operation, key)
        ) {strict}",
        "CREATE INDEX idempotency_age ON idempotency (created_at)",
        // Attempts within the running window of a bucket, such as sign-ins of one account.
        "CREATE TABLE throttle (
            bucket TEXT PRIMARY KEY,
            window_start {time} NOT NULL,
            count {int} NOT NULL
        ) {strict}",
        "CREATE INDEX throttle_age ON throttle (window_start)",
    ]
);
