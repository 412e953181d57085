//! The rows of the table for success stories.

use serde_json::json;

use super::EVERYBODY;
use crate::api::{List, stories as s};
use crate::route::Permission::{Member, Public, SignedIn, Staff};
use crate::route::{BodyLimit, Route, get, post, put};

pub(super) fn story() -> Vec<Route> {
    use brokering::stories::{
        DealStory, NewConsent, StoryCard, StoryContent, StoryMoved, StoryReceipt, StoryView, WaitingStory, Withdrawal,
    };
    let party = "0197b2c4-0000-7000-8000-000000000001";
    vec![
        get("/api/v1/stories", "listStories", Public(EVERYBODY), s::list)
            .about("Published success stories, the newest first.")
            .query("listing", "string", "Only those that link this listing.")
            .query("party", "string", "Only those that name this party.")
            .paged()
            .gives::<List<StoryCard>>(200),
        get("/api/v1/stories/{slug}", "getStory", Public(EVERYBODY), s::get)
            .about("One published story; a listing that the reader may not see is not linked.")
            .gives::<StoryView>(200),
        get("/api/v1/story-queue", "listStoryQueue", Staff, s::queue)
            .about("The stories that every party consents to and nobody has published, the longest waiting first; for moderators.")
            .paged()
            .gives::<List<WaitingStory>>(200),
        get("/api/v1/deals/{id}/story", "getDealStory", SignedIn, s::of_deal)
            .about("The story of a completed deal with who consents; before it is written, what it may begin with. For those in the deal, administrators, and moderators once every party consents.")
            .gives::<DealStory>(200),
        put("/api/v1/deals/{id}/story", "writeDealStory", Member, s::write)
            .about("Writes the story of a completed deal; its ETag is its own version, 0 at first. Another text makes every consent void and takes the story out of public.")
            .takes::<StoryContent>(json!({
                "title": {"vi": "Sấy cơm dừa nhanh gấp ba", "en": "Copra dried three times faster"},
                "summary": {"vi": "Hợp tác xã rút thời gian sấy từ 14 còn 5 giờ.", "en": "A co-operative dries in 5 hours instead of 14."},
                "body": {"vi": "Viện và hợp tác xã **cùng thử** trong một vụ.", "en": "Both **tried it together** for a season."},
                "figures": [{"label": {"vi": "Thời gian sấy"}, "value": 5, "unit": {"vi": "giờ"}}],
                "listings": ["0197b2c4-0000-7000-8000-000000000003"]
            }))
            .gives::<StoryReceipt>(200)
            .needs_if_match(),
        post("/api/v1/deals/{id}/story/consents", "consentToStory", Member, s::consent)
            .about("Consents for a party to the text that was read, by its hash; for its admins and signatories, in person.")
            .limit(BodyLimit::Json(4 * 1_024))
            .takes::<NewConsent>(json!({"party": party, "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))
            .gives::<StoryMoved>(201),
        post("/api/v1/deals/{id}/story/consents/withdraw", "withdrawStoryConsent", Member, s::withdraw)
            .about("Takes a party's consent back; a story that was public is public no more.")
            .limit(BodyLimit::Json(4 * 1_024))
            .takes::<Withdrawal>(json!({"party": party}))
            .gives::<StoryMoved>(200),
        post("/api/v1/deals/{id}/story/publish", "publishStory", Staff, s::publish)
            .about("Publishes a story to which every party consents; for moderators with no part in the deal.")
            .bare()
            .gives::<StoryMoved>(200)
            .needs_if_match(),
        post("/api/v1/deals/{id}/story/unpublish", "unpublishStory", Staff, s::unpublish)
            .about("Takes a story out of public; the consents stand. For moderators and administrators.")
            .bare()
            .gives::<StoryMoved>(200)
            .needs_if_match(),
    ]
}
