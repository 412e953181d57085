//! A need's story: the problem in the seeker's words, what is wanted, what was tried.

use listings::content::{Direction, Need, TargetPriority};

use super::parts::{Block, Fact, Facts, Item, Pen, TargetRow};

pub(super) fn story(pen: &Pen<'_>, n: &Need) -> (Vec<Block>, Vec<Facts>) {
    let blocks = [
        pen.prose("block-need", &n.problem),
        targets(pen, n),
        pen.prose("block-constraints", &n.constraints),
        pen.prose("block-already-tried", &n.already_tried),
        pen.prose("block-excluded", &n.excluded_solutions),
        pen.prose("block-absorptive", &n.absorptive_capacity),
        pen.prose("block-co-funding", &n.co_funding),
    ];
    (blocks.into_iter().flatten().collect(), facts(pen, n))
}

fn targets(pen: &Pen<'_>, n: &Need) -> Option<Block> {
    let rows: Vec<TargetRow> = n
        .targets
        .iter()
        .filter_map(|t| {
            let sign = match t.direction {
                Direction::AtLeast => "≥ ",
                Direction::AtMost => "≤ ",
                Direction::Equal => "",
            };
            let is_must = t.priority == TargetPriority::Must;
            Some(TargetRow {
                metric: pen.words(&t.metric)?,
                today: pen.figure(t.today, &t.unit),
                target: pen.figure(t.target, &t.unit).map(|figure| format!("{sign}{figure}")),
                is_must,
                priority: pen.name("target_priority", if is_must { "must" } else { "nice" }),
            })
        })
        .collect();
    (!rows.is_empty()).then_some(Block::Targets { rows })
}

fn facts(pen: &Pen<'_>, n: &Need) -> Vec<Facts> {
    let mut when = Facts::new("facts-wanted");
    when.say("fact-deadline", &pen.day(n.deadline));
    when.add(Fact::items("fact-urgency", pen.terms("urgency", &n.urgency)));
    if let Some(trl) = n.trl_min {
        when.add(Fact { trl: Some(trl), ..Fact::items("fact-trl-min", vec![pen.term("trl", &trl.to_string().as_str().into())]) });
    }
    when.add(Fact::items("fact-province", pen.terms("provinces", &n.province)));

    let mut terms = Facts::new("facts-terms");
    terms.add(Fact::items("fact-cooperation", pen.terms("cooperation", &n.cooperation)));
    terms.add(Fact::items("fact-partner-types", pen.terms("party_types", &n.partner_types)));
    terms.add(Fact::items("fact-right", pen.terms("rights", &n.right_sought)));
    terms.add(Fact::items("fact-exclusivity", pen.terms("exclusivity", &n.exclusivity_sought)));

    let mut classes = Facts::new("facts-classes");
    classes.add(Fact::items("fact-field", pen.field(n.field.as_ref())));
    classes.add(Fact::items("fact-keywords", pen.keywords(&[&n.keywords])));
    classes.add(Fact::items("fact-standards", n.standards.iter().map(Item::text).collect()));
    [when, terms, classes].into_iter().filter(|g| !g.rows.is_empty()).collect()
}
