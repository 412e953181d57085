//! The fields of the index, what each is for, and how a document is written into them.
//!
//! Raise [`VERSION`] with every change of a field, of an analysis rule or of how files are written: an index of another
//! version is rebuilt.

use base::Lang;
use chrono::{DateTime, Utc};
use tantivy::schema::{
    BytesOptions, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{TantivyDocument, Term};
use uuid::Uuid;

use crate::document::Document;
use crate::facet::Facet;
use crate::tokens::{Pairs, Spaced};

/// The edition of fields, analysis and files together.
pub const VERSION: u32 = 9;

const SPACED: &str = "spaced";
const PAIRS: &str = "pairs";

/// The fields, by role.
#[derive(Clone, Debug)]
pub struct Fields {
    /// The id of the listing, party or expert.
    pub id: Field,
    /// Half of the id as a number, for order and for lists of all ids.
    pub id_high: Field,
    /// The other half.
    pub id_low: Field,
    /// What the database said of it when the document was made, as a number.
    pub seal: Field,
    /// Who may see it.
    pub audience: Field,
    /// Whose it is.
    pub owner: Field,
    /// Codes and numbers.
    pub number: Field,
    /// What suggestions are made from.
    pub completion: Field,
    /// Every text, folded, with positions.
    pub folded: Field,
    /// Every Vietnamese text, exact.
    pub exact: Field,
    /// Every Vietnamese text, pairs of syllables.
    pub pairs: Field,
    /// Every English text, stems.
    pub stems: Field,
    /// The title in all its views.
    pub title: Field,
    /// Keywords in all their views.
    pub keywords: Field,
    /// Names of parties and persons in all their views.
    pub party: Field,
    /// The short text, folded and stems.
    pub summary: Field,
    /// Advantages, targets and applications, folded and stems.
    pub advantage: Field,
    /// One field per facet, in the order of [`Facet::ALL`].
    pub facets: [Field; Facet::ALL.len()],
    /// First published, seconds.
    pub published: Field,
    /// Since when it is out, seconds.
    pub out: Field,
    /// Last confirmed, seconds.
    pub confirmed: Field,
    /// When it closes, seconds; far away where it never does.
    pub closes: Field,
    /// Readiness level; 0 for none.
    pub trl: Field,
    /// Completeness 0 to 100, and 128 more if the party is verified.
    pub quality: Field,
    /// The card, JSON.
    pub card: Field,
    /// The long texts for excerpts, one field per language, in the order of [`Lang::ALL`].
    pub bodies: [Field; Lang::ALL.len()],
}

/// Far away, for what never closes.
pub(crate) const NEVER: i64 = i64::MAX / 4;
/// Added to the completeness where the party is verified.
pub(crate) const VERIFIED: u64 = 128;

/// The schema and its fields.
#[must_use]
pub fn build() -> (Schema, Fields) {
    let mut schema = SchemaBuilder::new();
    let text = |tokenizer: &str, option, norms| {
        TextOptions::default()
            .set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option).set_fieldnorms(norms))
    };
    let raw = || text("raw", IndexRecordOption::Basic, false);
    let words = || text(SPACED, IndexRecordOption::WithFreqs, true);
    let fast = || NumericOptions::default().set_fast();
    let fields = Fields {
        id: schema.add_bytes_field("id", BytesOptions::default() | INDEXED),
        id_high: schema.add_u64_field("id_high", fast()),
        id_low: schema.add_u64_field("id_low", fast()),
        seal: schema.add_i64_field("seal", fast()),
        audience: schema.add_text_field("audience", raw()),
        owner: schema.add_text_field("owner", raw()),
        number: schema.add_text_field("number", raw()),
        completion: schema.add_text_field("completion", raw()),
        folded: schema.add_text_field("folded", text(SPACED, IndexRecordOption::WithFreqsAndPositions, true)),
        exact: schema.add_text_field("exact", words()),
        pairs: schema.add_text_field("pairs", text(PAIRS, IndexRecordOption::WithFreqs, true)),
        stems: schema.add_text_field("stems", words()),
        title: schema.add_text_field("title", words()),
        keywords: schema.add_text_field("keywords", words()),
        party: schema.add_text_field("party", words()),
        summary: schema.add_text_field("summary", words()),
        advantage: schema.add_text_field("advantage", words()),
        facets: Facet::ALL.map(|f| schema.add_text_field(&format!("facet_{f}"), raw().set_fast("raw"))),
        published: schema.add_i64_field("published", fast()),
        out: schema.add_i64_field("out", fast()),
        confirmed: schema.add_i64_field("confirmed", fast()),
        closes: schema.add_i64_field("closes", fast()),
        trl: schema.add_u64_field("trl", fast()),
        quality: schema.add_u64_field("quality", fast()),
        card: schema.add_text_field("card", STORED),
        bodies: Lang::ALL.map(|lang| schema.add_text_field(&format!("body_{}", lang.code()), STORED)),
    };
    (schema.build(), fields)
}

/// The tokenizers that the fields name.
#[must_use]
pub fn tokenizers() -> TokenizerManager {
    let all = TokenizerManager::default();
    all.register(SPACED, Spaced::default());
    all.register(PAIRS, Pairs::default());
    all
}

impl Fields {
    /// The term of a document's id.
    #[must_use]
    pub fn id_term(&self, id: Uuid) -> Term {
        Term::from_field_bytes(self.id, id.as_bytes())
    }

    /// The fields whose words count for the order.
    #[must_use]
    pub fn scored(&self) -> [Field; 9] {
        [self.folded, self.exact, self.pairs, self.stems, self.title, self.keywords, self.party, self.summary, self.advantage]
    }

    /// The field of a facet.
    #[must_use]
    pub fn facet(&self, facet: Facet) -> Field {
        self.facets.get(facet.place()).copied().unwrap_or(self.id)
    }

    /// The document as tantivy writes it.
    ///
    /// # Errors
    /// None in practice: a card holds nothing that JSON has not.
    pub fn write(&self, doc: &Document) -> Result<TantivyDocument, serde_json::Error> {
        let mut out = TantivyDocument::new();
        let (high, low) = doc.card.id.as_u64_pair();
        out.add_bytes(self.id, doc.card.id.as_bytes());
        out.add_u64(self.id_high, high);
        out.add_u64(self.id_low, low);
        out.add_i64(self.seal, doc.seal);
        for token in &doc.audience {
            out.add_text(self.audience, token);
        }
        if let Some(owner) = doc.owner {
            out.add_text(self.owner, owner.simple().to_string());
        }
        for number in &doc.numbers {
            out.add_text(self.number, number);
        }
        for completion in &doc.completions {
            out.add_text(self.completion, completion);
        }
        for (field, words) in [
            (self.folded, &doc.all.folded),
            (self.exact, &doc.all.exact),
            (self.pairs, &doc.all.pairs),
            (self.stems, &doc.all.stems),
            (self.title, &doc.title),
            (self.keywords, &doc.keywords),
            (self.party, &doc.party),
            (self.summary, &doc.summary),
            (self.advantage, &doc.advantage),
        ] {
            if !words.is_empty() {
                out.add_text(field, words);
            }
        }
        for (facet, code) in &doc.facets {
            out.add_text(self.facet(*facet), code);
        }
        out.add_i64(self.published, doc.card.published_at.timestamp());
        out.add_i64(self.out, doc.card.out_since.timestamp());
        out.add_i64(self.confirmed, doc.card.confirmed_at.timestamp());
        out.add_i64(self.closes, doc.closes.as_ref().map_or(NEVER, DateTime::<Utc>::timestamp));
        out.add_u64(self.trl, doc.card.trl().map_or(0, u64::from));
        out.add_u64(self.quality, u64::from(doc.completeness.min(100)) + if doc.card.verified { VERIFIED } else { 0 });
        out.add_text(self.card, serde_json::to_string(&doc.card)?);
        for (lang, field) in Lang::ALL.iter().zip(self.bodies) {
            if let Some(text) = doc.body.get(lang) {
                out.add_text(field, text);
            }
        }
        Ok(out)
    }
}
