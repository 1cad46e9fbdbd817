//! documents

