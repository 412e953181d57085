//! The rows of the table for experts.

use serde_json::json;

use super::EVERYBODY;
use crate::api::{List, experts as e};
use crate::route::Permission::{Public, SignedIn};
use crate::route::{Route, delete, get, post, put};

pub(super) fn expert() -> Vec<Route> {
    use accounts::{ExpertProfile, ExpertReceipt, ExpertView, OwnExpert};
    vec![
        get("/api/v1/experts", "listExperts", Public(EVERYBODY), e::list)
            .about("Published experts, the newest first. By words, field and place they are found with `GET /api/v1/search?kind=expert`.")
            .query("party", "string", "Only those who belong to this party.")
            .paged()
            .gives::<List<ExpertView>>(200),
        get("/api/v1/experts/me", "getMyExpert", SignedIn, e::mine)
            .about("One's own expert profile, with what it lacks, the consent on record and the text to consent to.")
            .gives::<OwnExpert>(200),
        put("/api/v1/experts/me", "saveMyExpert", SignedIn, e::save)
            .about("Writes one's own expert profile; its ETag is 0 before it was saved first. Not public by itself; what is public already is public as it now is.")
            .takes::<ExpertProfile>(json!({
                "name": "ThS. Lê Thị Mơ",
                "expertise": [{
                    "what": {"vi": "Thiết kế máy sấy bơm nhiệt", "en": "Heat-pump dryer design"},
                    "evidence": {"vi": "Đã lắp 12 máy sấy cơm dừa, 2019-2025"},
                    "field": "203"
                }],
                "languages": ["vi", "en"],
                "regions": ["86"],
                "services": ["advice", "design"],
                "orcid": "0000-0002-1825-0097"
            }))
            .gives::<ExpertReceipt>(200)
            .needs_if_match(),
        post("/api/v1/experts/me/publication", "publishMyExpert", SignedIn, e::publish)
            .about("Consents to the text of this version and makes one's profile public; version and moment are recorded.")
            .takes::<e::ExpertConsent>(json!({"consent": accounts::experts::CONSENT}))
            .gives::<ExpertReceipt>(200)
            .needs_if_match(),
        delete("/api/v1/experts/me/publication", "withdrawMyExpert", SignedIn, e::withdraw)
            .about("Takes the consent back: the profile is public no more, at once. It stays with its owner.")
            .gives::<ExpertReceipt>(200),
        get("/api/v1/experts/{id}", "getExpert", Public(EVERYBODY), e::get).about("One published expert.").gives::<ExpertView>(200),
    ]
}
