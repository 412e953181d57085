//! listings
