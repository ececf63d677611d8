//! The table of AWS managed policies as a model, and its frames. The format is described in
//! `crates/catalog/src/managed.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::Source;

/// A block is closed when it has this many bytes: small enough to unpack for one document, large enough to compress as
/// well as the whole would.
const BLOCK_BYTES: usize = 48 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policies {
    pub(super) source: Source,
    /// By name; names are unique whatever the path.
    pub(super) policies: BTreeMap<String, Policy>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) path: String,
    pub(super) version_id: String,
    /// Seconds since 1970, as `updated`.
    pub(super) created: i64,
    pub(super) updated: i64,
    /// Without whitespace between its tokens.
    pub(super) document: String,
}

impl Policies {
    /// Returns the index and the blocks of documents.
    pub(super) fn frames(&self) -> Result<Vec<String>> {
        let mut blocks: Vec<(Vec<String>, String)> = Vec::new();
        for (name, policy) in &self.policies {
            let Policy {
                path,
                version_id,
                created,
                updated,
                document,
            } = policy;
            ensure!(
                !document.is_empty() && version_id.starts_with('v'),
                "{name} has no document or version"
            );
            if blocks
                .last()
                .is_none_or(|(_, documents)| documents.len() >= BLOCK_BYTES)
            {
                blocks.push((Vec::new(), String::new()));
            }
            if let Some((lines, documents)) = blocks.last_mut() {
                let bytes = document.len();
                lines.push(format!(
                    "{name}\t{path}\t{version_id}\t{created}\t{updated}\t{bytes}"
                ));
                documents.push_str(document);
            }
        }
        let mut index = String::from("keyward policies 1\nsources\t1\n");
        writeln!(index, "{}", self.source.print())?;
        writeln!(index, "blocks\t{}", blocks.len())?;
        for (lines, _) in &blocks {
            writeln!(index, "block\t{}\n{}", lines.len(), lines.join("\n"))?;
        }
        index.push_str("end\n");
        Ok([index]
            .into_iter()
            .chain(blocks.into_iter().map(|(_, documents)| documents))
            .collect())
    }
}
