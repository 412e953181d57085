//! What listings mean, as vectors of sentences.

crate::step!(
    "m0015_vectors",
    &[
        // One a listing, of the model in use: one byte for each number of the vector, 384 for a small model. `text_hash` is of
        // the text that it was made of; of another text it says nothing.
        "CREATE TABLE listing_vector (
            listing_id {uuid} PRIMARY KEY,
            kind TEXT NOT NULL,
            model {uuid} NOT NULL,
            text_hash {int} NOT NULL,
            vector {bytes} NOT NULL
        ) {strict}",
        // How far a model has gone through the listings that were there before it.
        "CREATE TABLE vector_fill (
            model {uuid} PRIMARY KEY,
            reached {uuid},
            done {bool} NOT NULL
        ) {strict}",
    ]
);
