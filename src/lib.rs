//! Delibera.
