//! Who has any prospect of being allowed, told by the documents that a principal has and before these are laid into layers.
//!
//! INVARIANT: whoever is passed over would be refused, and would have left no trace in the answer. In doubt nobody is: where
//! something that a principal has is not in the export, it is gathered in full, which tells what is missing.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use keyward_arn::AccountId;
use keyward_engine::{Prospect, ResourceKind};
use keyward_export::{Account, Attached, Export, Inline, Role, User};

use crate::caller::{Caller, Kind};
use crate::gather::{Shelf, Shelved, resource_kind, resource_policy};
use crate::question::Question;

/// What a question comes to for the documents of an export.
#[derive(Debug)]
pub(super) struct Hopeful<'a> {
    export: &'a Export,
    prospect: Prospect<'a>,
    /// More than identity policies may allow it, so that nobody is passed over.
    is_anyone: bool,
    /// Documents, by where the shelf keeps them.
    documents: HashMap<usize, bool, FixedState>,
    managed: HashMap<(AccountId, &'a str), Found, FixedState>,
}

/// What a managed policy comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Absent,
    Hopeful,
    Hopeless,
}

impl<'a> Hopeful<'a> {
    pub(super) fn new(export: &'a Export, question: &'a Question) -> Self {
        let (action, resource) = (&question.action, &question.resource);
        let prospect = Prospect::new(action, resource);
        // Whose trust policy is asked hangs on the account, which hangs on the principal.
        let is_role = resource_kind(action, resource) == ResourceKind::Role;
        let has_policy = is_role || resource_policy(export, resource).is_some();
        Self {
            export,
            prospect,
            is_anyone: has_policy || prospect.is_by_rule(),
            documents: HashMap::default(),
            managed: HashMap::default(),
        }
    }

    /// Returns whether a principal may be allowed, or something is to be told of what it has.
    pub(super) fn has(&mut self, caller: &Caller<'a>, shelf: &mut Shelf) -> bool {
        if self.is_anyone {
            return true;
        }
        let account = caller.account.and_then(|id| self.export.account(id));
        let (Some(id), Some(account)) = (caller.account, account) else {
            return true;
        };
        match caller.kind {
            Kind::User {
                details: Some(user),
            } => self.has_user(user, id, account, shelf),
            Kind::Session {
                details: Some(role),
                ..
            } => self.has_role(role, id, shelf),
            Kind::Anonymous
            | Kind::Federated { .. }
            | Kind::Root
            | Kind::Service
            | Kind::Session { .. }
            | Kind::User { .. } => true,
        }
    }

    fn has_role(&mut self, role: &'a Role, id: AccountId, shelf: &mut Shelf) -> bool {
        let boundary = role.boundary.as_deref();
        self.has_policies(id, &role.inline, &role.attached, shelf)
            || self.lacks(id, boundary, shelf)
    }

    fn has_user(
        &mut self,
        user: &'a User,
        id: AccountId,
        account: &'a Account,
        shelf: &mut Shelf,
    ) -> bool {
        let boundary = user.boundary.as_deref();
        let mut of_group = |name: &String| match account.group_named(name) {
            None => true,
            Some(group) => self.has_policies(id, &group.inline, &group.attached, shelf),
        };
        user.groups.iter().any(&mut of_group)
            || self.has_policies(id, &user.inline, &user.attached, shelf)
            || self.lacks(id, boundary, shelf)
    }

    fn has_policies(
        &mut self,
        id: AccountId,
        inline: &'a [Inline],
        attached: &'a [Attached],
        shelf: &mut Shelf,
    ) -> bool {
        let mut is_managed = |it: &'a Attached| match self.managed(id, &it.arn, shelf) {
            Found::Absent | Found::Hopeful => true,
            Found::Hopeless => false,
        };
        attached.iter().any(&mut is_managed)
            || inline
                .iter()
                .any(|it| self.is_hopeful(&shelf.document(&it.document)))
    }

    /// Returns whether the export lacks a boundary: what bounds only has no prospect of its own.
    fn lacks(&mut self, id: AccountId, boundary: Option<&'a str>, shelf: &mut Shelf) -> bool {
        boundary.is_some_and(|arn| self.managed(id, arn, shelf) == Found::Absent)
    }

    fn managed(&mut self, id: AccountId, arn: &'a str, shelf: &mut Shelf) -> Found {
        if let Some(found) = self.managed.get(&(id, arn)) {
            return *found;
        }
        let found = match self.export.managed(id, arn) {
            None => Found::Absent,
            Some(policy) if self.is_hopeful(&shelf.managed(arn, &policy.document)) => {
                Found::Hopeful
            }
            Some(_) => Found::Hopeless,
        };
        self.managed.insert((id, arn), found);
        found
    }

    fn is_hopeful(&mut self, document: &Arc<Shelved>) -> bool {
        // INVARIANT: the shelf keeps every document as long as the question is put, so that no other comes to stand there.
        let (prospect, place) = (self.prospect, Arc::as_ptr(document).addr());
        let is_in = || prospect.is_in(&document.compiled);
        *self.documents.entry(place).or_insert_with(is_in)
    }
}

#[cfg(test)]
mod tests;
