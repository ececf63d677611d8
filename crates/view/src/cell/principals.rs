//! Principals, their policies and their keys, as they enter the picture of an account and leave it.

use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccessKeyId, UniqueId};
use keyward_directory::{EntityKind, Group, ManagedPolicy, PolicyArn, Role, User};
use keyward_records::{DecodeError, Record, decode_document};
use rpds::HashTrieMapSync;

use super::apply::Put;
use super::{Cell, Member};
use crate::policies::missing;
use crate::{
    Documents, GroupPolicies, Key, KeyOwner, ManagedDocument, RolePrincipal, UserPrincipal,
};

impl Cell {
    pub(super) fn put_policy(
        &mut self,
        name: &str,
        value: &Bytes,
        put: &Put<'_>,
        documents: &Documents,
    ) -> Result<(), DecodeError> {
        let policy = ManagedPolicy::decode(value, &self.vault)?;
        let before = self.policies.managed(name).cloned();
        let version = policy.default_version;
        let document = match put.versions.get(&(policy.id.clone(), version)) {
            Some(text) => documents.compile(&decode_document(text)?),
            None => match before.as_ref().filter(|before| before.version == version) {
                Some(before) => Arc::clone(&before.document),
                None => missing(),
            },
        };
        let arn = policy.arn(self.account);
        let changed = before.is_some_and(|before| !Arc::ptr_eq(&before.document, &document));
        let managed = ManagedDocument {
            arn: arn.clone(),
            tags: policy.tags,
            version,
            document: Arc::clone(&document),
        };
        self.policies.put_managed(name, managed);
        if changed {
            self.replace_everywhere(&arn, &document);
        }
        Ok(())
    }

    /// Puts another document in the place of a managed policy's, wherever the policy is used.
    ///
    /// Looks at every entity of the account, which is cheaper than an index that each attachment must keep: policies
    /// change seldom.
    fn replace_everywhere(
        &mut self,
        arn: &PolicyArn,
        document: &Arc<keyward_engine::CompiledPolicy>,
    ) {
        let groups = self.groups.iter();
        let groups =
            groups.filter_map(|(id, group)| Some((id.clone(), group.replaced(arn, document)?)));
        for (id, group) in groups.collect::<Vec<_>>() {
            self.groups.insert_mut(id, Arc::new(group));
        }
        let roles = self.roles.iter();
        let roles =
            roles.filter_map(|(name, role)| Some((name.clone(), role.replaced(arn, document)?)));
        for (name, role) in roles.collect::<Vec<_>>() {
            self.roles.insert_mut(name, Arc::new(role));
        }
        let users = self.users.iter().filter_map(|(name, member)| {
            let principal = Arc::new(member.principal.replaced(arn, document)?);
            let keys = member.keys.clone();
            Some((name.clone(), Member { principal, keys }))
        });
        for (name, member) in users.collect::<Vec<_>>() {
            self.hand_keys(&member.keys, &member.principal);
            self.users.insert_mut(name, member);
        }
    }

    pub(super) fn put_group(&mut self, name: &str, group: &Group, documents: &Documents) {
        let policies = GroupPolicies::new(self.account, group, &self.policies.with(documents));
        self.group_ids.insert_mut(name.to_owned(), group.id.clone());
        self.groups.insert_mut(group.id.clone(), Arc::new(policies));
    }

    pub(super) fn put_role(&mut self, name: &str, role: &Role, documents: &Documents) {
        let trust = documents.compile(role.trust_policy.as_str());
        let sources = self.policies.with(documents);
        let principal = RolePrincipal::new(self.account, role, trust, &sources);
        self.put_name(&role.id, EntityKind::Role, name);
        self.roles.insert_mut(name.to_owned(), Arc::new(principal));
    }

    pub(super) fn put_user(
        &mut self,
        name: &str,
        user: &User,
        before: &HashTrieMapSync<AccessKeyId, Arc<Key>>,
        documents: &Documents,
    ) {
        if let Some(member) = self.users.get(name).cloned() {
            self.forget_keys(&member);
        }
        let principal = UserPrincipal::new(self.account, user, &self.policies.with(documents));
        let principal = Arc::new(principal);
        for key in &user.access_keys {
            let owner = KeyOwner::User(Arc::clone(&principal));
            let known = before.get(&key.id).map(|known| &**known);
            self.insert_key(Key::new(key, owner, known));
        }
        let keys = user.access_keys.iter().map(|key| key.id.clone()).collect();
        self.put_name(&user.id, EntityKind::User, name);
        self.users
            .insert_mut(name.to_owned(), Member { principal, keys });
    }

    /// Notes what a principal is called, unless that is known: most changes leave it.
    fn put_name(&mut self, id: &UniqueId, kind: EntityKind, name: &str) {
        let known = self.names.get(id);
        if known.is_none_or(|(known_kind, known)| *known_kind != kind || known != name) {
            self.names.insert_mut(id.clone(), (kind, name.to_owned()));
        }
    }

    /// Makes keys sign for another picture of their user.
    fn hand_keys(&mut self, keys: &[AccessKeyId], principal: &Arc<UserPrincipal>) {
        for id in keys {
            if let Some(key) = self.keys.get(id) {
                let owned = key.owned_by(KeyOwner::User(Arc::clone(principal)));
                self.keys.insert_mut(id.clone(), Arc::new(owned));
            }
        }
    }

    pub(super) fn forget_keys(&mut self, member: &Member) {
        for id in &member.keys {
            self.remove_key(id);
        }
    }

    pub(super) fn insert_key(&mut self, key: Key) {
        if key.id.account() != Some(self.account) {
            Arc::make_mut(&mut self.strays).insert(key.id.clone());
        }
        self.keys.insert_mut(key.id.clone(), Arc::new(key));
    }

    pub(super) fn remove_key(&mut self, id: &AccessKeyId) {
        if self.strays.contains(id) {
            Arc::make_mut(&mut self.strays).remove(id);
        }
        self.keys.remove_mut(id);
    }
}
