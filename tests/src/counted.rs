//! What a listing's counted history makes of agreements, of contracts that were lost, and of money in other currencies.

use base::StaffRole;
use serde_json::{Value, json};

use crate::deals::{Cast, Deal, sign};
use crate::disclosures::Room;
use crate::site::{Client, Site, on_every_database};

async fn dealt(client: &Client, listing: &str) -> Value {
    client.get(&format!("/api/v1/technologies/{listing}/history")).await.expect(200)["deals"].clone()
}

async fn lose(deal: &Deal, by: &Client) {
    let seen = by.get(&deal.path).await.expect(200)["version"].as_i64().unwrap();
    by.post_at(&format!("{}/transitions", deal.path), seen, json!({"to": "lost", "reason": "finance"})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_that_was_signed_counts_whatever_became_of_it_and_in_the_band_if_it_is_in_dong() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "k").await;
        let signed = async || {
            let told = dealt(&cast.owner, &cast.listing).await;
            (told["signed"]["count"].as_u64().unwrap(), told["lost"]["count"].as_u64().unwrap(), told["money"].clone())
        };
        let first = cast.deal("technical_service").await;
        sign(&first, &cast.owner, &cast.seeker, &cast.broker, json!({"minor": 700_000_000, "currency": "VND"})).await;
        assert_eq!(signed().await, (1, 0, json!("500-1000")));
        lose(&first, &cast.owner).await;
        assert_eq!(signed().await, (1, 1, json!("500-1000")), "it was signed, and it was lost");
        // What was lost has its answers to the law as they were.
        let facts = json!({"direction": "inbound", "state_capital": false, "list": "none", "right": "right_to_use"});
        assert_eq!(first.put(&cast.owner, "legal-facts", facts).await.status, 409);

        // A day typed into a deal that never came so far is no signature.
        let never = cast.deal("technical_service").await;
        never.put(&cast.owner, "contract", json!({"signed_on": "2026-11-24"})).await.expect(200);
        lose(&never, &cast.owner).await;
        assert_eq!(signed().await, (1, 2, json!("500-1000")));

        // Money of another currency is a contract and in no band.
        let abroad = cast.deal("technical_service").await;
        sign(&abroad, &cast.owner, &cast.seeker, &cast.broker, json!({"minor": 99_900_000, "currency": "USD"})).await;
        assert_eq!(signed().await, (2, 2, json!("500-1000")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_that_was_accepted_to_read_counts_and_meets_the_stage_that_demands_one() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        let agreements = async || dealt(&room.owner, &room.listing).await["agreements"]["count"].as_u64().unwrap();
        assert_eq!(agreements().await, 0);
        let disclosure = room.open().await;
        assert_eq!(agreements().await, 1, "with a party that has no deal yet");
        assert_eq!(dealt(&site.visitor(), &room.listing).await["agreements"]["untold"], "few");
        // It binds after the room is closed again.
        room.owner.post(&format!("/api/v1/disclosures/{disclosure}/revoke"), Value::Null).await.expect(200);
        assert_eq!(agreements().await, 1);

        // Another's agreement is not this seeker's; the reader's own is.
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let other = site.person("other").await;
        let stranger = site.party(&other, "Công ty Lạ", "enterprise").await;
        for (seeker, status) in [(stranger, 422), (room.reader_party, 200)] {
            let new = json!({"kind": "licence", "listing": room.listing, "seeker": seeker});
            let made = broker.post("/api/v1/deals", new).await.expect(201);
            let deal = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
            deal.go(&broker, "introduced").await.expect(200);
            assert_eq!(deal.go(&broker, "nda").await.status, status);
            let page = broker.get(&deal.path.replace("/api/v1", "")).await.text;
            assert_eq!(page.contains("đã chấp thuận để đọc nội dung bảo mật"), status == 200, "{page}");
            if status == 200 {
                deal.post(&broker, "papers", json!({"kind": "nda", "dated_on": "2026-11-24"})).await.expect(201);
            }
        }
        assert_eq!(agreements().await, 1, "one agreement with one party, however it is written down");
        site.stop().await;
    })
    .await;
}
