//! End-to-end tests: the real server over real HTTP, on SQLite and, where `TEST_PG_URL` names a server, on PostgreSQL.
//!
//! One test binary, since each costs a link; the subjects are modules. No test waits on a timing: what takes a moment
//! is waited for until it is there, with a limit that only a fault reaches.

#![cfg(test)]
// A content with every field there is is one JSON value.
#![recursion_limit = "256"]

mod access;
mod account_pages;
mod alert_edits;
mod alert_rounds;
mod alerts;
mod anonymous_interests;
mod bad_input;
mod bad_searches;
mod beside;
mod browser;
mod bucket;
mod canary;
mod chain;
mod commands;
mod complements;
mod counted;
mod crawlers;
mod damage;
mod deal_guards;
mod deal_law;
mod deal_objects;
mod deal_pages;
mod deal_parts;
mod deal_repairs;
mod deal_walks;
mod deals;
mod disclosures;
mod documents;
mod experts;
mod failing;
mod filling;
mod finding;
mod fitting;
mod golden;
mod handover;
mod heavy;
mod help;
mod hidden;
mod hiding;
mod import_pages;
mod interests;
mod invariants;
mod kill;
mod language;
mod large_bodies;
mod licences;
mod lists;
mod looks;
mod main_job;
mod merging;
mod need_desk;
mod own_pages;
mod own_ways;
mod posting;
mod removal;
mod responsiveness;
mod reviewing;
mod site;
mod smtp;
mod standing;
mod standing_experts;
mod steps;
mod stories;
mod together;
mod trail;
mod two_nodes;
mod vectors;
mod verdicts;
