//! The AWS managed policies: an index that is kept in memory, and documents that are unpacked when they are asked for.
//!
//! The file's first frame is the index, one line a policy; each other frame holds the documents of a block of policies,
//! one after the other.
//! ```text
//! keyward policies 1
//! sources <count>         then a line each: name, version, date, licence
//! blocks <count>          then for each, its count of policies, and a line for each of them:
//! <name> <path> <version id> <created> <updated> <bytes of the document>
//! end
//! ```

use std::fmt;

use crate::frame;
use crate::lines::{ReadTableError, Reader};
use crate::table::Source;

const ARN_BEFORE_PATH: &str = "arn:aws:iam::aws:policy";

/// The index and the packed documents.
pub(crate) struct PolicyTable<'a> {
    pub(crate) sources: Vec<Source<'a>>,
    /// Sorted by name (bytes).
    policies: Box<[PolicyRow<'a>]>,
    blocks: Vec<&'a [u8]>,
}

struct PolicyRow<'a> {
    name: &'a str,
    path: &'a str,
    version_id: &'a str,
    created: i64,
    updated: i64,
    block: u16,
    /// Where the document starts and ends in its block.
    start: usize,
    end: usize,
}

/// An AWS managed policy in the version that is its default one.
#[derive(Clone, Copy)]
pub struct ManagedPolicy<'t> {
    table: &'t PolicyTable<'t>,
    row: &'t PolicyRow<'t>,
}

impl<'a> PolicyTable<'a> {
    /// Reads the index; `blocks` are the packed frames that follow it.
    pub(crate) fn read(index: &'a str, blocks: Vec<&'a [u8]>) -> Result<Self, ReadTableError> {
        let mut reader = Reader::new(index);
        reader.exactly("keyward policies 1")?;
        let sources = reader.sources()?;
        let count = reader.section("blocks")?;
        if usize::from(count) != blocks.len() {
            return Err(reader.error("there are not as many blocks"));
        }
        let mut policies: Vec<PolicyRow<'a>> = Vec::new();
        for block in 0..count {
            let mut start = 0usize;
            for _ in 0..reader.section("block")? {
                let row = policy(&mut reader, block, start)?;
                if policies.last().is_some_and(|last| last.name >= row.name) {
                    return Err(reader.error("the names are not in order"));
                }
                start = row.end;
                policies.push(row);
            }
        }
        reader.end()?;
        Ok(Self {
            sources,
            policies: policies.into(),
            blocks,
        })
    }

    pub(crate) fn policy(&self, arn: &str) -> Option<ManagedPolicy<'_>> {
        let path_and_name = arn.strip_prefix(ARN_BEFORE_PATH)?;
        let (_, name) = path_and_name.rsplit_once('/')?;
        let position = self
            .policies
            .binary_search_by(|row| row.name.cmp(name))
            .ok()?;
        let row = self.policies.get(position)?;
        let path = path_and_name.strip_suffix(name)?;
        (row.path == path).then_some(ManagedPolicy { table: self, row })
    }

    pub(crate) fn policies(&self) -> impl Iterator<Item = ManagedPolicy<'_>> {
        self.policies
            .iter()
            .map(|row| ManagedPolicy { table: self, row })
    }
}

fn policy<'a>(
    reader: &mut Reader<'a>,
    block: u16,
    start: usize,
) -> Result<PolicyRow<'a>, ReadTableError> {
    let [name, path, version_id, created, updated, bytes] = reader.fields()?;
    if !path.starts_with('/') || !path.ends_with('/') || name.contains('/') {
        return Err(reader.error("a path starts and ends with a slash and a name has none"));
    }
    let end = start
        .checked_add(reader.number(bytes)?)
        .ok_or_else(|| reader.error("a document is too long"))?;
    let (created, updated) = (reader.number(created)?, reader.number(updated)?);
    Ok(PolicyRow {
        name,
        path,
        version_id,
        created,
        updated,
        block,
        start,
        end,
    })
}

impl<'t> ManagedPolicy<'t> {
    /// Returns the name, `AdministratorAccess`.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.row.name
    }

    /// Returns the path, `/` or such as `/job-function/`.
    #[must_use]
    pub fn path(self) -> &'t str {
        self.row.path
    }

    /// Returns the ARN, `arn:aws:iam::aws:policy/job-function/Billing`.
    #[must_use]
    pub fn arn(self) -> String {
        format!("{ARN_BEFORE_PATH}{}{}", self.row.path, self.row.name)
    }

    /// Returns the default version's id, `v12`. No other version is kept.
    #[must_use]
    pub fn version_id(self) -> &'t str {
        self.row.version_id
    }

    /// Returns when the policy was created, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn created_seconds(self) -> i64 {
        self.row.created
    }

    /// Returns when the default version was created, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn updated_seconds(self) -> i64 {
        self.row.updated
    }

    /// Returns the document: JSON without whitespace between its tokens, up to some 150 kB.
    ///
    /// Not kept: every call unpacks the block of policies that it is in, some tens of kilobytes.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the data is a constant, and the test `every_managed_policy_is_a_policy` reads every document"
    )]
    pub fn document(self) -> String {
        self.try_document().expect("the document is in its block")
    }

    pub(crate) fn try_document(self) -> Option<String> {
        let block = self.table.blocks.get(usize::from(self.row.block))?;
        let block = frame::unpack(block).ok()?;
        block.get(self.row.start..self.row.end).map(str::to_owned)
    }
}

impl fmt::Debug for ManagedPolicy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManagedPolicy")
            .field(&self.arn())
            .field(&self.version_id())
            .finish()
    }
}
