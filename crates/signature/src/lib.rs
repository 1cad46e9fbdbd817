//! signature

