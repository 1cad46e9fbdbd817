// SPDX-License-Identifier: AGPL-3.0-or-later
//! Drawing.
/// Mermaid text.
pub fn mermaid(_workflow: &super::Workflow, _current: Option<&str>) -> String {
    String::new()
}
