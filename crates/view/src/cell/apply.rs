//! Taking one commit into the picture of an account.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::UniqueId;
use keyward_directory::{AccountSettings, Group, Role, User};
use keyward_records::{Cell as CellKey, DecodeError, Record, decode_document, decode_or_recall};

use super::Cell;
use crate::Documents;
use crate::saml_provider::Texts;

/// A change of one record: its new bytes, or `None` where it is gone.
pub(crate) type Change<'a> = (&'a CellKey, Option<&'a Bytes>);

/// The records that one commit puts, in the order in which they are taken in: each needs those before it.
#[derive(Default)]
pub(super) struct Put<'a> {
    pub(super) versions: BTreeMap<(UniqueId, u32), &'a Bytes>,
    policies: Vec<(&'a str, &'a Bytes)>,
    groups: Vec<(&'a str, &'a Bytes)>,
    roles: Vec<(&'a str, &'a Bytes)>,
    users: Vec<(&'a str, &'a Bytes)>,
    saml_providers: Vec<(&'a str, &'a Bytes)>,
    texts: Texts<'a>,
}

impl Cell {
    /// Applies the changes of one commit, all or, where one can't be read, none that the caller keeps.
    ///
    /// INVARIANT: a commit that changes the document of an inline policy writes its entity's record too, and one that
    /// changes which version of a managed policy is in force writes that version's document too, and one that changes the metadata
    /// of a SAML provider writes all of it.
    pub(crate) fn apply(
        &mut self,
        changes: &[Change<'_>],
        documents: &Documents,
    ) -> Result<(), DecodeError> {
        let before = self.keys.clone();
        // What is gone goes first: a renamed user is gone under one name and there under another.
        for (key, _) in changes.iter().filter(|(_, value)| value.is_none()) {
            self.remove(key);
        }
        let mut put = Put::default();
        for (key, value) in changes {
            if let Some(value) = value {
                self.sort(key, value, &mut put, documents)?;
            }
        }
        for (name, value) in &put.policies {
            self.put_policy(name, value, &put, documents)?;
        }
        for (name, value) in put.groups {
            let group: Arc<Group> = decode_or_recall(value, &self.vault)?;
            self.put_group(name, &group, documents);
        }
        for (name, value) in put.roles {
            let role: Arc<Role> = decode_or_recall(value, &self.vault)?;
            self.put_role(name, &role, documents);
        }
        for (name, value) in put.users {
            let user: Arc<User> = decode_or_recall(value, &self.vault)?;
            self.put_user(name, &user, &before, documents);
        }
        for (name, value) in put.saml_providers {
            let resources = &mut self.resources;
            resources.put_saml_provider(self.account, name, value, &put.texts, &self.vault)?;
        }
        Ok(())
    }

    /// Takes in what depends on nothing else, and sorts the rest.
    fn sort<'a>(
        &mut self,
        key: &'a CellKey,
        value: &'a Bytes,
        put: &mut Put<'a>,
        documents: &Documents,
    ) -> Result<(), DecodeError> {
        match key {
            CellKey::Group(name) => put.groups.push((name, value)),
            CellKey::InlinePolicy(_, entity, name) => {
                let compiled = documents.compile(&decode_document(value)?);
                self.policies.put_inline(entity, name, compiled);
            }
            CellKey::ManagedPolicy(name) => put.policies.push((name, value)),
            CellKey::ManagedPolicyVersion(policy, number) => {
                put.versions.insert((policy.clone(), *number), value);
            }
            CellKey::RevokedSession(id) => {
                self.revoked.insert_mut(id.clone(), ());
            }
            CellKey::Role(name) => put.roles.push((name, value)),
            CellKey::Settings => {
                let settings = AccountSettings::decode(value, &self.vault)?;
                self.users_may_change_password = settings.users_may_change_password();
            }
            CellKey::SamlProvider(name) => put.saml_providers.push((name, value)),
            CellKey::TextPart(entity, number) => {
                put.texts.insert((entity.clone(), *number), value);
            }
            CellKey::User(name) => put.users.push((name, value)),
            CellKey::InstanceProfile(_)
            | CellKey::OidcProvider(_)
            | CellKey::ServerCertificate(_)
            | CellKey::UserCredentials(_)
            | CellKey::VirtualMfaDevice(..) => {
                self.resources.put(self.account, key, value, &self.vault)?;
            }
            CellKey::Accesses(_)
            | CellKey::AccessJob(_)
            | CellKey::AccessKeyUse(_)
            | CellKey::Attachment(_)
            | CellKey::Count(_)
            | CellKey::CredentialReport
            | CellKey::CredentialReportPart(_)
            | CellKey::FidoCredential(_)
            | CellKey::FidoDevice(_)
            | CellKey::GroupById(_)
            | CellKey::IdentityKeys
            | CellKey::Member(..)
            | CellKey::RoleDeletion(_)
            | CellKey::SigningCertificate(_) => {}
        }
        Ok(())
    }

    fn remove(&mut self, key: &CellKey) {
        match key {
            CellKey::Group(name) => {
                if let Some(id) = self.group_ids.get(name).cloned() {
                    self.groups.remove_mut(&id);
                    self.group_ids.remove_mut(name);
                }
            }
            CellKey::InlinePolicy(_, entity, name) => self.policies.remove_inline(entity, name),
            CellKey::ManagedPolicy(name) => self.policies.remove_managed(name),
            CellKey::RevokedSession(id) => {
                self.revoked.remove_mut(id);
            }
            CellKey::Role(name) => {
                if let Some(role) = self.roles.get(name).cloned() {
                    self.names.remove_mut(&role.id);
                    self.roles.remove_mut(name);
                }
            }
            CellKey::Settings => self.users_may_change_password = false,
            CellKey::User(name) => {
                if let Some(member) = self.users.get(name).cloned() {
                    self.forget_keys(&member);
                    self.names.remove_mut(&member.principal.id);
                    self.users.remove_mut(name);
                }
            }
            CellKey::InstanceProfile(_)
            | CellKey::OidcProvider(_)
            | CellKey::SamlProvider(_)
            | CellKey::ServerCertificate(_)
            | CellKey::UserCredentials(_)
            | CellKey::VirtualMfaDevice(..) => self.resources.remove(key),
            CellKey::Accesses(_)
            | CellKey::AccessJob(_)
            | CellKey::AccessKeyUse(_)
            | CellKey::Attachment(_)
            | CellKey::Count(_)
            | CellKey::CredentialReport
            | CellKey::CredentialReportPart(_)
            | CellKey::FidoCredential(_)
            | CellKey::FidoDevice(_)
            | CellKey::GroupById(_)
            | CellKey::IdentityKeys
            | CellKey::ManagedPolicyVersion(..)
            | CellKey::Member(..)
            | CellKey::RoleDeletion(_)
            | CellKey::SigningCertificate(_)
            | CellKey::TextPart(..) => {}
        }
    }
}
