-- A link by which somebody sets a password, once; of each user the newest.
CREATE TABLE invitations (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL UNIQUE,             -- of the token in the link
    expires_at INTEGER NOT NULL
);
