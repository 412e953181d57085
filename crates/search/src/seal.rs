//! What the database said of a listing when its document was made, as one number that stands in the index: index and
//! database are compared by it.
//!
//! It covers everything that a document is made from, who may see it among it, and of the party what is shown beside a
//! listing: a change of the party that nobody sees there needs no new document.

use std::io;

use listings::published::Published;
use sha2::{Digest as _, Sha256};

use crate::document::audience;

/// Text that is added up and not kept.
struct Sum(Sha256);

impl io::Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The seal of a listing.
///
/// # Errors
/// None in practice: a listing holds nothing that JSON has not.
pub(crate) fn of(listing: &Published) -> Result<i64, serde_json::Error> {
    let mut audience = audience(&listing.audience);
    audience.sort_unstable();
    audience.dedup();
    let owner = &listing.owner;
    let name: Vec<_> = owner.name.0.iter().map(|(lang, text)| (lang, &text.text)).collect();
    let is_verified = owner.verification != "unverified";
    let head = (listing.id, listing.kind.as_str(), &listing.code, &listing.slug, listing.version, listing.completeness);
    let party = (owner.id, name, &owner.party_type, &owner.province, &owner.commune, is_verified);
    let days = (listing.published_at, listing.out_since, listing.confirmed_at, listing.expires_at);
    let mut sum = Sum(Sha256::new());
    serde_json::to_writer(&mut sum, &(head, party, days, audience, &listing.content, &listing.provenance))?;
    let mut first = [0_u8; 8];
    first.iter_mut().zip(sum.0.finalize()).for_each(|(byte, summed)| *byte = summed);
    Ok(i64::from_be_bytes(first))
}
