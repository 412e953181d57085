//! People who sign in: accounts, sessions, one-time tokens, recovery codes, API tokens.

crate::step!(
    "m0002_accounts",
    &[
        "CREATE TABLE account (
            id {uuid} PRIMARY KEY,
            email TEXT NOT NULL,
            email_key TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            lang TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            password_changed_at {time} NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('unconfirmed','active','disabled')),
            -- Words of base::StaffRole, a space between them, read with the account at every request.
            staff TEXT NOT NULL,
            totp_secret {bytes},
            totp_confirmed {bool} NOT NULL,
            totp_last_step {int} NOT NULL,
            demonstration {bool} NOT NULL,
            version {int} NOT NULL,
            created_at {time} NOT NULL,
            updated_at {time} NOT NULL
        ) {strict}",
        // The few who are staff.
        "CREATE INDEX account_staff ON account (id) WHERE staff <> ''",
        // Only the hash of a session's secret is kept.
        "CREATE TABLE session (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL REFERENCES account (id),
            secret_hash {bytes} NOT NULL UNIQUE,
            second_factor_at {time},
            agent TEXT NOT NULL,
            created_at {time} NOT NULL,
            seen_at {time} NOT NULL,
            ends_at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX session_account ON session (account_id, created_at)",
        "CREATE INDEX session_end ON session (ends_at)",
        // Links in mail: confirm an address, reset a password.
        "CREATE TABLE one_time_token (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL REFERENCES account (id),
            purpose TEXT NOT NULL CHECK (purpose IN ('confirm_email','reset_password')),
            secret_hash {bytes} NOT NULL UNIQUE,
            created_at {time} NOT NULL,
            ends_at {time} NOT NULL,
            used_at {time}
        ) {strict}",
        "CREATE INDEX one_time_token_account ON one_time_token (account_id, purpose)",
        // What administrators did to an account by way of help, and why: the log holds no such text.
        "CREATE TABLE account_act (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL REFERENCES account (id),
            what TEXT NOT NULL,
            reason TEXT NOT NULL,
            by_id {uuid} REFERENCES account (id),
            at {time} NOT NULL
        ) {strict}",
        "CREATE INDEX account_act_account ON account_act (account_id, at, id)",
        "CREATE TABLE recovery_code (
            account_id {uuid} NOT NULL REFERENCES account (id),
            code_hash {bytes} NOT NULL,
            used_at {time},
            PRIMARY KEY (account_id, code_hash)
        ) {strict}",
        "CREATE TABLE api_token (
            id {uuid} PRIMARY KEY,
            account_id {uuid} NOT NULL REFERENCES account (id),
            party_id {uuid},
            name TEXT NOT NULL,
            secret_hash {bytes} NOT NULL UNIQUE,
            scopes TEXT NOT NULL,
            second_factor {bool} NOT NULL,
            created_at {time} NOT NULL,
            ends_at {time} NOT NULL,
            used_at {time},
            revoked_at {time}
        ) {strict}",
        "CREATE INDEX api_token_account ON api_token (account_id, created_at)",
    ]
);
