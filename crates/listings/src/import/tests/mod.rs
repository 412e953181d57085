//! What importing and exporting promise, on every database there is.

mod bad_files;
pub(crate) mod contents;
mod identity;
mod rights;
mod runs;
mod taking_back;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use accounts::{AccountSettings, Accounts, PartyProfile};
use base::{PartyId, Vocabularies};
use sea_orm::{EntityTrait, PaginatorTrait};
use store::Ctx;
use store::testing::TestStore;

use super::{Import, ImportView, Mapping, Options};
use crate::export::{self, Filter, Format};
use crate::rows::listing;
use crate::{ListingSettings, Listings};

/// A mapping that is enough for a draft.
pub(super) const DRAFTS: &str = "kind = \"need\"\nsource = \"test\"\nexternal_id = \"id\"\nsource_lang = \"vi\"\n\
    [[column]]\nfrom = \"title\"\nto = \"/title/vi\"\nmax = 40\n[[column]]\nfrom = \"trl\"\nto = \"/trl_min\"\ntype = \"integer\"\n";

/// A mapping that is enough to be published.
pub(super) const NEEDS: &str = "kind = \"need\"\nsource = \"test\"\nexternal_id = \"id\"\nsource_lang = \"vi\"\n\
    [constants]\n\"/targets\" = [{ metric = { vi = \"Năng suất\" }, unit = \"kg\" }]\n\"/field\" = \"2\"\n\
    \"/cooperation\" = [\"licence\"]\n\"/partner_types\" = [\"enterprise\"]\n\"/anonymity\" = \"named\"\n\"/keywords/vi\" = [\"dừa\"]\n\
    [[column]]\nfrom = \"title\"\nto = \"/title/vi\"\nmax = 40\n[[column]]\nfrom = \"problem\"\nto = \"/problem/vi\"\n";

/// A space with one party.
pub(super) struct Space {
    pub test: TestStore,
    pub accounts: Accounts,
    pub listings: Listings,
    pub party: PartyId,
}

impl Space {
    pub(super) async fn sqlite() -> Self {
        Self::of(TestStore::sqlite().await.unwrap()).await
    }

    /// One on every engine.
    pub(super) async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for test in TestStore::all().await.unwrap() {
            all.push(Self::of(test).await);
        }
        all
    }

    async fn of(test: TestStore) -> Self {
        let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
        let listings =
            Listings { store: test.store.clone(), vocabularies: Arc::clone(&vocabularies), settings: ListingSettings::default() };
        let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies, test.dir.path()).unwrap();
        let profile: PartyProfile = serde_json::from_value(serde_json::json!({
            "names": { "vi": "Viện Cây có dầu" }, "party_type": "institute", "registration": "01/QĐ", "address": { "province": "86" },
        }))
        .unwrap();
        let party = accounts::parties::create_demonstration(&accounts, Ctx::system(), profile).await.unwrap().id;
        Self { test, accounts, listings, party }
    }

    /// Writes a file into the test's folder.
    pub(super) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.test.dir.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes.as_ref()).unwrap();
        path
    }

    pub(super) fn options(&self) -> Options {
        Options { party: Some(self.party), file_name: "tệp".to_owned(), ..Options::default() }
    }

    /// Imports bytes as an operator.
    pub(super) async fn import(&self, bytes: impl AsRef<[u8]>, mapping: Option<&str>, options: &Options) -> ImportView {
        let path = self.file("import", bytes);
        let mapping = mapping.map(|m| Mapping::parse("test", m).unwrap());
        Import::new(self.listings.clone()).run(Ctx::system(), &path, mapping.as_ref(), options).await.unwrap()
    }

    pub(super) async fn count(&self) -> u64 {
        listing::Entity::find().count(self.test.store.db()).await.unwrap()
    }

    pub(super) async fn export(&self, format: Format) -> Vec<u8> {
        let mut out = Vec::new();
        let system = base::Actor::system();
        export::write(&self.listings, &system, &Filter::default(), format, false, &mut out, &mut |_| {}).await.unwrap();
        out
    }

    /// The listing with an external id.
    pub(super) async fn row(&self, external_id: &str) -> listing::Model {
        let all = listing::Entity::find().all(self.test.store.db()).await.unwrap();
        all.into_iter().find(|r| r.external_id.as_deref() == Some(external_id)).unwrap()
    }
}

/// A table of needs.
pub(super) fn needs(count: usize, word: &str) -> String {
    let mut text = "id,title,problem\n".to_owned();
    for n in 0..count {
        text.push_str(&format!("n{n},Cần máy sấy số {n},\"Vấn đề {word}, thứ {n}\"\n"));
    }
    text
}
