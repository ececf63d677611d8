//! Reads users, groups and roles that are written plainly, as `aws iam get-account-authorization-details` prints them: names
//! are looked for and all else is passed over, without a copy and without a tree.
//!
//! INVARIANT: what is read here is JSON, and comes out as [`crate::read`] reads it. Whatever is written in another way (an
//! escape in a string, a null, a document in a string, a member twice, a number with a point) is `None`, and is left to it.

use std::ops::Range;

use crate::account::{Account, Attached, Inline, Tag};
use crate::limits;
use crate::read::Entity;
use crate::text::{File, Text};

use super::Kind;
use super::documents::{Document, Documents, Known};

/// One entity of a file, and how far it was read.
pub(super) struct Plain<'t, 'k> {
    file: &'t File,
    /// The file's text up to the end of the entity.
    text: &'t str,
    at: usize,
    /// Where documents stand from here on.
    documents: &'t [Document],
    known: &'k mut Known,
}

impl<'t, 'k> Plain<'t, 'k> {
    pub(super) fn new(
        file: &'t File,
        entity: Range<usize>,
        documents: &'t Documents,
        known: &'k mut Known,
    ) -> Self {
        Self {
            file,
            text: file.text().get(..entity.end).unwrap_or_default(),
            at: entity.start,
            documents: documents.from(entity.start),
            known,
        }
    }

    /// Reads the entity into its account; `None` where it is not written plainly. A policy never is: few are read, and no
    /// two are the same.
    pub(super) fn add(mut self, kind: Kind, account: &mut Account) -> Option<()> {
        match kind {
            Kind::Group => account.groups.push(self.entity()?.group()),
            Kind::Policy => return None,
            Kind::Role => account.roles.push(self.entity()?.role()),
            Kind::User => account.users.push(self.entity()?.user()),
        }
        Some(())
    }

    fn entity(&mut self) -> Option<Entity> {
        let (mut name, mut id, mut arn, mut trust, mut inline) = (None, None, None, None, None);
        let (mut groups, mut attached, mut boundary, mut tags) = (None, None, None, None);
        self.members(|this, member| match member {
            "UserName" | "GroupName" | "RoleName" => once(&mut name, this.owned()?),
            "UserId" | "GroupId" | "RoleId" => once(&mut id, this.owned()?),
            "Arn" => once(&mut arn, this.owned()?),
            "AssumeRolePolicyDocument" => once(&mut trust, this.document()?),
            "UserPolicyList" | "GroupPolicyList" | "RolePolicyList" => {
                once(&mut inline, this.items(Self::inline)?)
            }
            "GroupList" => once(&mut groups, this.items(Self::owned)?),
            "AttachedManagedPolicies" => once(&mut attached, this.items(Self::attached)?),
            "PermissionsBoundary" => once(&mut boundary, this.boundary()?),
            "Tags" => once(&mut tags, this.items(Self::tag)?),
            _ => this.pass(0),
        })?;
        (self.at == self.text.len()).then_some(())?;
        Some(Entity {
            name: name?,
            id: id.unwrap_or_default(),
            arn: arn.unwrap_or_default(),
            trust,
            inline: inline.unwrap_or_default(),
            groups: groups.unwrap_or_default(),
            attached: attached.unwrap_or_default(),
            boundary,
            tags: tags.unwrap_or_default(),
        })
    }

    fn inline(&mut self) -> Option<Inline> {
        let (mut name, mut document) = (None, None);
        self.members(|this, member| match member {
            "PolicyName" => once(&mut name, this.owned()?),
            "PolicyDocument" => once(&mut document, this.document()?),
            _ => this.pass(0),
        })?;
        Some(Inline {
            name: name?,
            document: document?,
        })
    }

    fn attached(&mut self) -> Option<Attached> {
        let [name, arn] = self.pair(["PolicyName", "PolicyArn"])?;
        Some(Attached {
            name: name?,
            arn: arn?,
        })
    }

    fn boundary(&mut self) -> Option<String> {
        let [arn, _] = self.pair(["PermissionsBoundaryArn", ""])?;
        arn
    }

    fn tag(&mut self) -> Option<Tag> {
        let [key, value] = self.pair(["Key", "Value"])?;
        Some((key?, value?))
    }

    /// Reads an object of which two members are texts.
    fn pair(&mut self, names: [&str; 2]) -> Option<[Option<String>; 2]> {
        let [first, second] = names;
        let (mut one, mut other) = (None, None);
        self.members(|this, member| {
            if member == first {
                once(&mut one, this.owned()?)
            } else if member == second {
                once(&mut other, this.owned()?)
            } else {
                this.pass(0)
            }
        })?;
        Some([one, other])
    }

    fn owned(&mut self) -> Option<String> {
        self.string().map(str::to_owned)
    }

    /// Takes the document that begins here.
    fn document(&mut self) -> Option<Text> {
        let before = self.documents.partition_point(|it| it.start < self.at);
        let (first, others) = self.documents.get(before..)?.split_first()?;
        if first.start != self.at || first.end > self.text.len() {
            return None;
        }
        (self.documents, self.at) = (others, first.end);
        first.text(self.file, self.known)
    }

    /// Passes over a value, and finds it to be JSON.
    fn pass(&mut self, depth: usize) -> Option<()> {
        let deeper = depth.checked_add(1)?;
        if deeper > limits::PLAIN_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' => self.members(|this, _| this.pass(deeper)),
            b'[' => self.items(|this| this.pass(deeper)).map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest().strip_prefix(word)?;
        self.at = self.at.checked_add(word.len())?;
        Some(())
    }

    /// Passes over a whole number. What else follows is no end of a value.
    fn number(&mut self) -> Option<()> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let after = digits.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let count = digits.len().saturating_sub(after.len());
        if count == 0 || (count > 1 && digits.starts_with('0')) {
            return None;
        }
        self.at = self.text.len().checked_sub(after.len())?;
        Some(())
    }

    /// Reads an object; `member` reads each value.
    fn members(&mut self, mut member: impl FnMut(&mut Self, &'t str) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        self.space();
        if self.peek()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let name = self.string()?;
            self.space();
            self.take(b':')?;
            self.space();
            member(self, name)?;
            if self.ends(b'}')? {
                return Some(());
            }
        }
    }

    /// Reads a list; `item` reads each value.
    fn items<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.take(b'[')?;
        self.space();
        if self.peek()? == b']' {
            self.take(b']')?;
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.ends(b']')? {
                return Some(items);
            }
        }
    }

    /// Reads what follows a value: the end, or a comma and space before the next.
    fn ends(&mut self, end: u8) -> Option<bool> {
        self.space();
        let next = self.peek()?;
        self.at = self.at.checked_add(1)?;
        if next == b',' {
            self.space();
            return Some(false);
        }
        (next == end).then_some(true)
    }

    /// Reads a string without escapes.
    fn string(&mut self) -> Option<&'t str> {
        self.take(b'"')?;
        let text = self.text.get(self.at..)?;
        let end = memchr::memchr2(b'"', b'\\', text.as_bytes())?;
        let string = text.get(..end)?;
        let is_odd = |odd, byte: u8| odd | (byte < b' ');
        if string.bytes().fold(false, is_odd) {
            return None;
        }
        self.at = self.at.checked_add(end)?;
        self.take(b'"')?;
        Some(string)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then_some(())?;
        self.at = self.at.checked_add(1)?;
        Some(())
    }

    /// Passes over white space, most of which is what lines begin with.
    fn space(&mut self) {
        let mut rest = self.rest().as_bytes();
        loop {
            rest = match rest {
                [b' ', b' ', b' ', b' ', b' ', b' ', b' ', b' ', rest @ ..]
                | [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => rest,
                _ => break,
            };
        }
        self.at = self.text.len().saturating_sub(rest.len());
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// Sets what was not set before.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests;
