//! The rows of the table from interest to outcome: interests, what is confided, deals.

use listings::content::{IpAsset, Need, Technology};
use serde_json::json;

use super::EVERYBODY;
use crate::api::{self, List};
use crate::route::Permission::{Member, Public, SignedIn, Staff};
use crate::route::{BodyLimit, Route, delete, get, post, put};

/// The routes of interests of one kind of listing, and of what became of it.
fn interest_kind<C: api::listings::KindContent>(send: (&'static str, &'static str), history: (&'static str, &'static str)) -> [Route; 2] {
    use api::interests as i;
    use brokering::history::History;
    use brokering::interests::{InterestReceipt, NewInterest};
    let example = json!({
        "party": "0197b2c4-0000-7000-8000-000000000001",
        "message": "Chúng tôi muốn lắp máy tại xưởng ở Giồng Trôm trước vụ tới.",
        "intended_use": "Sấy cơm dừa nạo xuất khẩu",
        "cooperation": "licence",
        "volume": "2 tấn mỗi ngày",
        "budget_band": "500-1000",
        "wants_nda": true,
        "anonymity": "sector_and_region"
    });
    [
        post(send.0, send.1, Member, i::create::<C>)
            .about("Shows interest in a listing, for a party one writes for; a broker may take it down for a party that called.")
            .takes::<NewInterest>(example)
            .gives::<InterestReceipt>(201),
        get(history.0, history.1, Public(EVERYBODY), i::history::<C>)
            .about("What became of a listing, counted; outsiders get no figure that stands for fewer than three parties.")
            .gives::<History>(200),
    ]
}

pub(super) fn interest() -> Vec<Route> {
    use api::interests::{self as i, Refusal, Reply, Said};
    use brokering::interests::{InterestReceipt, InterestView, ReplyTime};
    let of_kinds = [
        interest_kind::<Technology>(
            ("/api/v1/technologies/{id}/interests", "showInterestInTechnology"),
            ("/api/v1/technologies/{id}/history", "getTechnologyHistory"),
        ),
        interest_kind::<IpAsset>(
            ("/api/v1/ip-assets/{id}/interests", "showInterestInIpAsset"),
            ("/api/v1/ip-assets/{id}/history", "getIpAssetHistory"),
        ),
        interest_kind::<Need>(("/api/v1/needs/{id}/interests", "showInterestInNeed"), ("/api/v1/needs/{id}/history", "getNeedHistory")),
    ];
    let moves = vec![
        get("/api/v1/interests", "listInterests", SignedIn, i::list)
            .about("Interests one's parties sent or received, what waits for one's answer, or for brokers and administrators all of them.")
            .query("role", "string", "`received` unless given, `sent`, `waiting` or `desk`.")
            .query("status", "string", "`all`, `open`, `overdue` or a code of `interest_status`; of the desk the open ones unless given.")
            .query("party", "string", "Of this party of one's own alone.")
            .paged()
            .gives::<List<InterestView>>(200),
        get("/api/v1/interests/{id}", "getInterest", SignedIn, i::get)
            .about("One interest, as one's side may see it. An editor of the owner's who opens it has read it.")
            .gives::<InterestView>(200),
        post("/api/v1/interests/{id}/accept", "acceptInterest", Member, i::accept)
            .about("The owner wants to go on.")
            .takes::<Reply>(json!({"text": "Mời anh chị đến xem máy chạy thử vào tuần sau."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/decline", "declineInterest", Member, i::decline)
            .about("The owner does not want to go on, for a reason.")
            .takes::<Refusal>(json!({"reason": "capacity", "text": "Từ tháng 3 chúng tôi nhận thêm được."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/request-information", "requestInformation", Member, i::request_information)
            .about("The owner asks something; the seeker has as many days to answer.")
            .takes::<Said>(json!({"text": "Xưởng dùng điện ba pha hay một pha?"}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/answer", "giveInformation", Member, i::answer)
            .about("The seeker answers what was asked.")
            .takes::<Said>(json!({"text": "Điện ba pha, 30 kW."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/withdraw", "withdrawInterest", Member, i::withdraw)
            .about("The seeker takes it back.")
            .bare()
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/reveal", "revealSeeker", Member, i::reveal)
            .about("The seeker lets the owner know who it is; there is no way back.")
            .bare()
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        post("/api/v1/interests/{id}/relay", "relayInterest", Member, i::relay)
            .about("A broker vouches for it and adds context that the owner reads.")
            .takes::<Said>(json!({"text": "Đã đến xưởng: máy cũ chạy 2 ca, chủ xưởng muốn đổi trong năm nay."}))
            .gives::<InterestReceipt>(200)
            .needs_if_match(),
        get("/api/v1/parties/{id}/reply-time", "getReplyTime", Public(EVERYBODY), i::reply_time)
            .about("How long a party takes to reply to interests: the median, once three were answered or ended unanswered, which counts with the time until then.")
            .gives::<ReplyTime>(200),
    ];
    of_kinds.into_iter().flatten().chain(moves).collect()
}

pub(super) fn confidential() -> Vec<Route> {
    use api::confidential as c;
    use api::disclosures as d;
    use brokering::confidential::disclosures::{Acceptance, DisclosureDetail, DisclosureReceipt, DisclosureView, NewDisclosure};
    use brokering::confidential::files::{FileReceipt, FileView};
    use brokering::confidential::ledger::LookView;
    use brokering::confidential::openings::{Emergency, Opened};
    use brokering::confidential::text::{ConfidentialText, OwnText};
    vec![
        get("/api/v1/listings/{id}/confidential", "getConfidential", Member, c::get)
            .about("What a party confides of a listing, for those who write or sign for the party; for people, not for tokens.")
            .gives::<OwnText>(200),
        put("/api/v1/listings/{id}/confidential", "setConfidential", Member, c::set)
            .about("Writes it; its ETag is its own version, 0 at first.")
            .limit(BodyLimit::Json(512 * 1024))
            .takes::<ConfidentialText>(json!({"know_how": "Tỷ lệ enzym 0,4 % ở pH 5,2", "process_parameters": "55 °C trong 40 phút"}))
            .gives::<c::TextReceipt>(200)
            .needs_if_match(),
        get("/api/v1/listings/{id}/files", "listConfidentialFiles", Member, c::files)
            .about("The confidential files of a listing.")
            .gives::<List<FileView>>(200),
        post("/api/v1/listings/{id}/files", "addConfidentialFile", Member, c::add_file)
            .about("Takes a confidential file (multipart: `file`). What it is, is told by its contents and must be what its name says.")
            .limit(BodyLimit::File)
            .filled(json!({"file": "@quy-trinh.pdf"}))
            .gives::<FileReceipt>(201),
        delete("/api/v1/listings/{id}/files/{file}", "removeConfidentialFile", Member, c::remove_file)
            .about("Removes a confidential file.")
            .gives_nothing(),
        get("/api/v1/listings/{id}/disclosures", "listListingDisclosures", Member, c::disclosures)
            .about("To whom the confidential part of a listing was opened, the newest first.")
            .paged()
            .gives::<List<DisclosureView>>(200),
        post("/api/v1/listings/{id}/disclosures", "createDisclosure", Member, c::disclose)
            .about("Opens the confidential part to a named person, a confirmed member of the given party; for admins and signatories.")
            .takes::<NewDisclosure>(json!({
                "party": "0197b2c4-0000-7000-8000-000000000001", "email": "minh@example.org",
                "purpose": "Thẩm định công nghệ trước khi đàm phán", "expires_on": "2027-01-31"
            }))
            .gives::<DisclosureReceipt>(201),
        get("/api/v1/listings/{id}/disclosure-views", "listListingViews", Member, c::looks)
            .about("The ledger of a listing: who opened what, when and from where, the newest first.")
            .paged()
            .gives::<List<LookView>>(200),
        post("/api/v1/listings/{id}/break-glass", "breakGlass", Staff, c::break_glass)
            .about("Opens what is confided to an administrator in an emergency: noted with the reason in the owner's ledger, and told to the owner's admins, or to its editors and those who sign where it has none. A repeat with the same key is one more look in the ledger, told once.")
            .takes::<Emergency>(json!({"reason": "Yêu cầu của Tòa án nhân dân tỉnh, công văn số 12/2026."}))
            .gives::<Opened>(200),
        post("/api/v1/listings/{id}/files/{file}/break-glass", "breakGlassFile", Staff, c::break_glass_file)
            .about("Opens a confidential file in the same way.")
            .takes::<Emergency>(json!({"reason": "Yêu cầu của Tòa án nhân dân tỉnh, công văn số 12/2026."}))
            .gives_file(),
        get("/api/v1/disclosures", "listMyDisclosures", SignedIn, d::mine)
            .about("What was opened to oneself, the newest first.")
            .paged()
            .gives::<List<DisclosureView>>(200),
        get("/api/v1/disclosures/{id}", "getDisclosure", SignedIn, d::get)
            .about("One disclosure with the text of its confidentiality agreement, for both sides.")
            .gives::<DisclosureDetail>(200),
        post("/api/v1/disclosures/{id}/accept-nda", "acceptNda", SignedIn, d::accept)
            .about("Accepts the confidentiality agreement: by the named person, with the hash of the text that was read.")
            .takes::<Acceptance>(json!({"nda_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))
            .gives::<DisclosureReceipt>(200),
        get("/api/v1/disclosures/{id}/content", "openDisclosure", SignedIn, d::contents)
            .about("Opens what was confided; the look is entered in the owner's ledger.")
            .gives::<Opened>(200),
        get("/api/v1/disclosures/{id}/files/{file}", "openConfidentialFile", SignedIn, d::file)
            .about("Opens a file; the look is entered in the owner's ledger, a PDF is marked with the reader's name and the time.")
            .gives_file(),
        post("/api/v1/disclosures/{id}/revoke", "revokeDisclosure", Member, d::revoke)
            .about("Closes it from the next request on; for admins and signatories of the owner.")
            .bare()
            .gives::<DisclosureReceipt>(200),
        get("/api/v1/disclosures/{id}/views", "listDisclosureViews", Member, d::looks)
            .about("The ledger of one disclosure, the newest first; for the owner.")
            .paged()
            .gives::<List<LookView>>(200),
    ]
}

pub(super) fn deal() -> Vec<Route> {
    use api::deals as d;
    use brokering::confidential::disclosures::Acceptance;
    use brokering::deals::{
        Added, BrokerShares, Column, Contract, DealNda, DealNdaReceipt, DealObjects, DealParties, DealReceipt, DealRow, DealView,
        DocumentReceipt, DocumentView, Handover, HandoverPlan, HandoverReceipt, MessageReceipt, MessageView, NewDeal, NewMeeting,
        NewMessage, NewMilestone, NewOffer, NewPaper, NewPayment, NewReport, NewTask, OfferReceipt, OfferView, OpeningView, Outcome,
        PaperReceipt, ReaderView, Readers, ReadersReceipt, RecordView, Statement, Transition,
    };
    use brokering::legal::LegalFacts;
    let vnd = |minor: i64| json!({"minor": minor, "currency": "VND"});
    vec![
        get("/api/v1/pipelines", "listPipelines", Public(EVERYBODY), d::pipelines)
            .about("The ways of deals: of each kind the stages, who may move on from each, and what each demands.")
            .gives::<List<brokering::pipelines::Pipeline>>(200),
        get("/api/v1/deals", "listDeals", SignedIn, d::list)
            .about("The deals of one's parties and those one brokers, or for administrators all; what is due soonest first.")
            .query("ended", "boolean", "Those that ended instead of those that go on.")
            .query("overdue", "boolean", "Only those whose day is over.")
            .query("stage", "string", "Only in this stage.")
            .query("party", "string", "Only of this party.")
            .query("broker", "string", "Only brokered by this account.")
            .query("listing", "string", "Only those that came from this listing or transfer it.")
            .query("without_broker", "boolean", "Only those that nobody brokers; every broker finds them.")
            .paged()
            .gives::<List<DealRow>>(200),
        post("/api/v1/deals", "openDeal", Member, d::open)
            .about("Opens a deal about a published listing; for brokers, who then broker it, and editors of the listing's party.")
            .takes::<NewDeal>(json!({
                "kind": "licence", "listing": "0197b2c4-0000-7000-8000-000000000003", "seeker": "0197b2c4-0000-7000-8000-000000000002"
            }))
            .gives::<DealReceipt>(201),
        get("/api/v1/deal-board", "getDealBoard", Staff, d::board)
            .about("The open deals by stage, in each what is overdue first: a broker's own, or for administrators all.")
            .query("broker", "string", "Only brokered by this account; for administrators.")
            .gives::<List<Column>>(200),
        get("/api/v1/deals/{id}", "getDeal", SignedIn, d::get)
            .about("One deal: all of it for those in it; for administrators that it is there and where it stands.")
            .gives::<DealView>(200),
        post("/api/v1/deals/{id}/transitions", "moveDeal", Member, d::transition)
            .about("Moves a deal to another stage. 409 names the stages there are; 422 lists what the stage needs and does not find.")
            .takes::<Transition>(json!({"to": "lost", "reason": "price"}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/parties", "setDealParties", Member, d::set_parties)
            .about("Sets who is in a deal, the owner among them; for its brokers. Whoever is let in reads all of it, and none of them is a party of a broker's own.")
            .takes::<DealParties>(json!({"parties": [
                {"party": "0197b2c4-0000-7000-8000-000000000001", "role": "owner"},
                {"party": "0197b2c4-0000-7000-8000-000000000002", "role": "seeker"}
            ]}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/objects", "setDealObjects", Member, d::set_objects)
            .about("Sets what a deal transfers, as long as it goes on: technologies and IP assets of the parties that give, out and open to everybody in the deal or named before. For the editors of these parties and its brokers.")
            .takes::<DealObjects>(json!({"objects": ["0197b2c4-0000-7000-8000-000000000003", "0197b2c4-0000-7000-8000-000000000004"]}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        post("/api/v1/deals/{id}/take", "takeDeal", Staff, d::take)
            .about("Takes an open deal that nobody brokers, with the statement of one's interests; for brokers.")
            .takes::<Statement>(json!({"statement": "Tôi không có lợi ích riêng trong thương vụ này."}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/brokers", "setDealBrokers", Member, d::set_brokers)
            .about("Sets who brokers a deal; their shares make 100 %. For its brokers and administrators.")
            .takes::<BrokerShares>(json!({"brokers": [{"account": "0197b2c4-0000-7000-8000-000000000009", "share_bp": 10_000}]}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/brokers/statement", "stateInterests", Member, d::state_interests)
            .about("A broker states their own interests; needed before negotiation.")
            .takes::<Statement>(json!({"statement": "Tôi không có lợi ích riêng với bên nào trong thương vụ này."}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/legal-facts", "setLegalFacts", Member, d::set_legal_facts)
            .about("Answers what the law asks about a deal; the deal then shows its legal path.")
            .takes::<LegalFacts>(json!({"direction": "domestic", "state_capital": true, "list": "none", "right": "right_to_use"}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/contract", "recordContract", Member, d::record_contract)
            .about("Records the contract as it is known now; what stood before is kept. Once the deal has ended only its brokers do, with a reason.")
            .takes::<Contract>(json!({
                "number": "12/2026/HĐCGCN", "value": vnd(800_000_000), "signed_on": "2026-11-20", "term_months": 60,
                "contents": ["name", "object", "right", "price"]
            }))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        put("/api/v1/deals/{id}/outcome", "recordOutcome", Member, d::outcome)
            .about("Records what came of a deal; what stood before is kept. Once the deal has ended only its brokers write it anew, with a reason.")
            .takes::<Outcome>(json!({"jobs": 12, "revenue": vnd(2_400_000_000), "area_m2": 5_000, "savings": vnd(300_000_000)}))
            .gives::<DealReceipt>(200)
            .needs_if_match(),
        get("/api/v1/deals/{id}/messages", "listDealMessages", Member, d::thread)
            .about("The thread of a deal, the newest first.")
            .paged()
            .gives::<List<MessageView>>(200),
        post("/api/v1/deals/{id}/messages", "sendDealMessage", Member, d::send)
            .about("Writes to everybody in a deal.")
            .takes::<NewMessage>(json!({"text": "Bên chúng tôi có thể đến xem máy vào thứ Năm."}))
            .gives::<MessageReceipt>(201),
        get("/api/v1/deals/{id}/offers", "listOffers", Member, d::offers)
            .about("Every offer of a deal, the newest first.")
            .gives::<List<OfferView>>(200),
        post("/api/v1/deals/{id}/offers", "makeOffer", Member, d::offer)
            .about("Makes an offer, which takes the place of the open one, seen before; a broker says for which side.")
            .takes::<NewOffer>(json!({"terms": {
                "right": "right_to_use", "exclusivity": "non_exclusive", "sublicence": false, "territory": ["VN"], "term_months": 60,
                "payment": ["mixed"], "lump_sum": vnd(300_000_000), "royalty": {"rate_bp": 300, "base": "net_revenue"}
            }}))
            .gives::<OfferReceipt>(201)
            .needs_if_match(),
        post("/api/v1/deals/{id}/offers/{offer}/accept", "acceptOffer", Member, d::accept_offer)
            .about("A side accepts an open offer as it stands: the other one, and its own as well where a broker passed it on for people who could have made it.")
            .bare()
            .gives::<DealReceipt>(200),
        post("/api/v1/deals/{id}/offers/{offer}/withdraw", "withdrawOffer", Member, d::withdraw_offer)
            .about("Its side takes an open offer back.")
            .bare()
            .gives::<DealReceipt>(200),
        post("/api/v1/deals/{id}/tasks", "setDealTask", Member, d::task)
            .about("Sets a task in a deal.")
            .takes::<NewTask>(json!({"title": "Gửi bản vẽ", "whose": "owner", "due_on": "2026-12-10"}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/tasks/{task}/done", "finishDealTask", Member, d::task_done)
            .about("Notes that a task is done.")
            .bare()
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/meetings", "noteMeeting", Member, d::meeting)
            .about("Notes a meeting.")
            .takes::<NewMeeting>(json!({"held_on": "2026-11-20", "place": "Xưởng của bên nhận", "minutes": "Đã xem mẻ thử."}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/papers", "notePaper", Member, d::paper)
            .about("Notes that a paper is there, as long as the deal goes on; a later note of the same kind takes its place, and what stood before is kept.")
            .takes::<NewPaper>(json!({"kind": "nda", "dated_on": "2026-11-20", "reference": "NDA 07/2026"}))
            .gives::<PaperReceipt>(201)
            .needs_if_match(),
        get("/api/v1/deals/{id}/records", "listDealRecords", Member, d::records)
            .about("Every version of the contract, the outcome and the papers of a deal as it was recorded, with who wrote it when and why, the newest first; for those in it.")
            .paged()
            .gives::<List<RecordView>>(200),
        get("/api/v1/deals/{id}/documents", "listDealDocuments", Member, api::documents::list)
            .about("The documents of a deal, the newest first; for those in it.")
            .gives::<List<DocumentView>>(200),
        post("/api/v1/deals/{id}/documents", "addDealDocument", Member, api::documents::add)
            .about("Takes a document (multipart: `file`; `paper`, a code of `deal_papers`, if it is one of those; `confidential`, if of the others those alone shall open it whom its party names, under the agreement of the deal). What it is, is told by its contents and must be what its name says.")
            .limit(BodyLimit::File)
            .filled(json!({"file": "@bien-ban-danh-gia.pdf", "paper": "evaluation"}))
            .text("paper", "A code of `deal_papers`, if it is one of those.")
            .text("confidential", "`true` if of the others those alone open it whom its party names among its readers, once they accepted the agreement of the deal; `false` unless given.")
            .gives::<DocumentReceipt>(201),
        get("/api/v1/deals/{id}/documents/{file}", "openDealDocument", Member, api::documents::open)
            .about("Opens a document, to the persons in the deal and not to tokens: whoever is of another party than handed it in is entered in its ledger, a PDF is marked with the reader's name and the time. Of the others, one that is confidential is opened by those it is granted to, until their last day, under the agreement of the deal.")
            .gives_file(),
        get("/api/v1/deals/{id}/nda", "getDealNda", Member, api::documents::nda)
            .about("The confidentiality agreement of a deal, and when the reader accepted it; for those in it.")
            .gives::<DealNda>(200),
        post("/api/v1/deals/{id}/accept-nda", "acceptDealNda", Member, api::documents::accept_nda)
            .about("Accepts the confidentiality agreement of a deal: by the person, with the hash of the text that was read.")
            .takes::<Acceptance>(json!({"nda_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))
            .gives::<DealNdaReceipt>(200),
        get("/api/v1/deals/{id}/document-views", "listDealDocumentViews", Member, api::documents::openings)
            .about("The ledger of the documents that one's own party handed in: who of the others opened which and when, the newest first.")
            .query("document", "string", "Only of this document.")
            .paged()
            .gives::<List<OpeningView>>(200),
        get("/api/v1/deals/{id}/documents/{file}/readers", "listDealDocumentReaders", Member, api::documents::readers)
            .about("The people of the other parties and the brokers, to whom a confidential document can be opened, each with what they were given; for those who write for the party that handed it in. The ETag is that of this list.")
            .gives::<List<ReaderView>>(200),
        put("/api/v1/deals/{id}/documents/{file}/readers", "setDealDocumentReaders", Member, api::documents::name_readers)
            .about("Names who of the others reads a confidential document and until which day: the whole list. Who is on it no more opens nothing from the next request on; who is new is told.")
            .takes::<Readers>(json!({"readers": [{"account": "0197b2c4-0000-7000-8000-000000000009", "expires_on": "2027-03-31"}]}))
            .gives::<ReadersReceipt>(200)
            .needs_if_match(),
        delete("/api/v1/deals/{id}/documents/{file}", "removeDealDocument", Member, api::documents::remove)
            .about("Takes a document back; for the party that handed it in.")
            .gives_nothing(),
        post("/api/v1/deals/{id}/milestones", "setMilestone", Member, d::milestone)
            .about("Sets a milestone in a deal.")
            .takes::<NewMilestone>(json!({"title": "Lắp đặt xong", "due_on": "2027-03-31"}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/milestones/{milestone}/reached", "reachMilestone", Member, d::reached)
            .about("Notes that a milestone was reached.")
            .takes::<d::OnDay>(json!({"on": "2026-11-20"}))
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/payments", "notePayment", Member, d::payment)
            .about("Notes a payment, due or made, once the contract is recorded with its day of signing; in the currency of its value.")
            .takes::<NewPayment>(json!({"kind": "lump_sum", "amount": vnd(300_000_000), "due_on": "2026-12-31"}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/payments/{payment}/paid", "payPayment", Member, d::paid)
            .about("Notes that a payment was made.")
            .takes::<d::OnDay>(json!({"on": "2026-11-20"}))
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/reports", "fileReport", Member, d::report)
            .about("Files the sales and the royalty of half a year, once as long as it is not taken back; not of one that was over before the contract was signed, and in the currency of its value.")
            .takes::<NewReport>(json!({"year": 2026, "half": 1, "sales": vnd(900_000_000), "royalty": vnd(27_000_000)}))
            .gives::<Added>(201),
        post("/api/v1/deals/{id}/tasks/{task}/take-back", "takeBackTask", Member, d::take_back_task)
            .about("Takes a task back that was noted by mistake: it stays for those in the deal and counts nowhere.")
            .bare()
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/meetings/{meeting}/take-back", "takeBackMeeting", Member, d::take_back_meeting)
            .about("Takes a meeting back that was noted by mistake: it stays for those in the deal and counts nowhere.")
            .bare()
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/milestones/{milestone}/take-back", "takeBackMilestone", Member, d::take_back_milestone)
            .about("Takes a milestone back that was noted by mistake: it stays for those in the deal and counts nowhere.")
            .bare()
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/payments/{payment}/take-back", "takeBackPayment", Member, d::take_back_payment)
            .about("Takes a payment back that was noted by mistake: it stays for those in the deal and counts nowhere.")
            .bare()
            .gives::<Added>(200),
        post("/api/v1/deals/{id}/reports/{report}/take-back", "takeBackReport", Member, d::take_back_report)
            .about("Takes a half-yearly report back that was noted by mistake: it stays for those in the deal and counts nowhere.")
            .bare()
            .gives::<Added>(200),
        get("/api/v1/staff/handover", "planHandover", Staff, d::plan_handover)
            .about("What handing a broker's work to another would move and what it would leave; nothing is moved. For administrators, and brokers their own.")
            .query("from", "string", "Whose work.")
            .query("to", "string", "Who would do it.")
            .gives::<HandoverPlan>(200),
        post("/api/v1/staff/handover", "handOverDeals", Staff, d::hand_over)
            .about("Hands a broker's open and completed deals, listings and the interests they took down to another; what cannot go is named. For administrators, and brokers their own.")
            .takes::<Handover>(json!({"from": "0197b2c4-0000-7000-8000-000000000009", "to": "0197b2c4-0000-7000-8000-00000000000a"}))
            .gives::<HandoverReceipt>(200),
    ]
}
