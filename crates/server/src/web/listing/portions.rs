//! A story that is too long for one page, in parts; facts with very many values, which go on in the story.

use super::super::frame::localised;
use super::super::portion::{ROOM_BYTES, packed, weight};
use super::parts::{AdvantageRow, Block, Facts, Item};
use crate::web::rich::Words;

/// Bytes that the story takes on the first part, where facts, history and what is similar stand beside it.
const FIRST_BYTES: usize = 20_000;
/// Bytes that the values of one fact may take beside the story.
const FACT_BYTES: usize = 1_200;

/// The blocks of each part of the story, always one part.
pub(super) fn portions(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let mut pieces: Vec<Option<Block>> = blocks.into_iter().flat_map(taken_apart).map(Some).collect();
    let weights: Vec<usize> = pieces.iter().flatten().map(weight_of).collect();
    let parts = packed(weights, |part| if part == 0 { FIRST_BYTES } else { ROOM_BYTES });
    let together = |range: std::ops::Range<usize>, pieces: &mut Vec<Option<Block>>| {
        let mut blocks = Vec::new();
        for piece in pieces.get_mut(range).into_iter().flatten().filter_map(Option::take) {
            join(&mut blocks, piece);
        }
        blocks
    };
    parts.into_iter().map(|range| together(range, &mut pieces)).collect()
}

/// Moves what a fact says too much of into blocks at the end of the story; the fact keeps its beginning.
pub(super) fn overflow(facts: &mut [Facts], blocks: &mut Vec<Block>) -> Vec<&'static str> {
    let mut moved = Vec::new();
    for fact in facts.iter_mut().flat_map(|group| &mut group.rows) {
        let mut taken = 0;
        let fits = fact.items.iter().take_while(|item| {
            taken += weight_of_item(item);
            taken <= FACT_BYTES
        });
        let kept = fits.count().max(1);
        if kept < fact.items.len() {
            blocks.push(Block::Items { key: fact.key, items: fact.items.clone() });
            fact.items.truncate(kept);
            moved.push(fact.key);
        }
    }
    moved
}

/// Adds to each fact that goes on in the story the way there.
pub(super) fn lead_on(facts: &mut [Facts], moved: &[&'static str], parts: &[Vec<Block>], f: &crate::web::frame::Frame, url: &str) {
    for fact in facts.iter_mut().flat_map(|group| &mut group.rows).filter(|fact| moved.contains(&fact.key)) {
        let is_here = |block: &Block| matches!(block, Block::Items { key, .. } if *key == fact.key);
        let part = parts.iter().position(|blocks| blocks.iter().any(is_here)).unwrap_or_default();
        let page = if part == 0 { String::new() } else { format!("{}?part={}", localised(f.lang, url), part + 1) };
        fact.items.push(Item::link(f.t("fact-whole"), format!("{page}#{}", fact.key)));
    }
}

/// The pieces of a block that a page can end between.
fn taken_apart(block: Block) -> Vec<Block> {
    match block {
        Block::Advantages { rows, not_measured } => {
            let rows = rows.into_iter().map(|row| Block::Advantages { rows: vec![row], not_measured: None });
            let rest = not_measured.map(|words| Block::Advantages { rows: Vec::new(), not_measured: Some(words) });
            rows.chain(rest).collect()
        }
        Block::Targets { rows } => rows.into_iter().map(|row| Block::Targets { rows: vec![row] }).collect(),
        Block::Items { key, items } => items.into_iter().map(|item| Block::Items { key, items: vec![item] }).collect(),
        whole @ (Block::Prose { .. } | Block::Rich { .. }) => vec![whole],
    }
}

/// Puts a piece behind others, into the block it came from if that is the last one.
fn join(blocks: &mut Vec<Block>, piece: Block) {
    match (blocks.last_mut(), piece) {
        (Some(Block::Advantages { rows, not_measured }), Block::Advantages { rows: more, not_measured: rest }) => {
            rows.extend(more);
            *not_measured = not_measured.take().or(rest);
        }
        (Some(Block::Targets { rows }), Block::Targets { rows: more }) => rows.extend(more),
        (Some(Block::Items { key, items }), Block::Items { key: other, items: more }) if *key == other => items.extend(more),
        (_, piece) => blocks.push(piece),
    }
}

/// Bytes of HTML that a piece takes with what is around it.
fn weight_of(piece: &Block) -> usize {
    let words = |words: &Option<Words>| words.as_ref().map_or(0, |words| weight(&words.text) + 40);
    let figure = |figure: &Option<String>| figure.as_ref().map_or(0, |figure| weight(figure));
    let advantage = |row: &AdvantageRow| {
        let notes = words(&row.compared_with) + words(&row.conditions) + words(&row.evidence);
        480 + weight(&row.metric.text) + figure(&row.baseline) + figure(&row.offered) + notes
    };
    match piece {
        Block::Prose { words, .. } => weight(&words.text) + 150,
        Block::Rich { html, .. } => html.len() + 150,
        Block::Advantages { rows, not_measured } => rows.iter().map(advantage).sum::<usize>() + words(not_measured),
        Block::Targets { rows } => {
            rows.iter().map(|row| 420 + weight(&row.metric.text) + figure(&row.today) + figure(&row.target) + row.priority.len()).sum()
        }
        Block::Items { items, .. } => items.iter().map(weight_of_item).sum(),
    }
}

fn weight_of_item(item: &Item) -> usize {
    60 + weight(&item.text)
        + item.href.as_deref().map_or(0, weight)
        + item.note.as_deref().map_or(0, weight)
        + item.evidence.as_ref().map_or(0, |w| 20 + weight(&w.text))
}
