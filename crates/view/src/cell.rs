//! One account's part of the picture.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, Partition, UniqueId};
use keyward_directory::{
    AccountSettings, AccountStatus, CredentialService, EntityKind, Group, GroupName,
    InstanceProfile, InstanceProfileName, ManagedPolicy, PolicyArn, ProviderUrl, Role, RoleName,
    SamlProviderName, ServerCertificateName, Tags, User, UserName, VirtualMfaDevice,
};
use keyward_engine::{AttachedPolicy, AttachedTo};
use keyward_records::{
    AccountRecord, Cell as CellKey, DecodeError, Record, Vault, decode_document,
};
use keyward_sts::{KeyNumber, SealingKeys};
use rpds::HashTrieMapSync;

use crate::policies::{Policies, missing};
use crate::principal::Sources as _;
use crate::resources::Resources;
use crate::{
    Documents, GroupPolicies, Key, KeyOwner, ManagedDocument, RolePrincipal, Tagged, UserPrincipal,
};

/// An account as authentication and decisions read it, at one revision.
///
/// The maps are persistent: a new cell shares all that did not change with the one before. Names in them are in the
/// form that uniqueness goes by.
#[derive(Clone, Debug)]
pub struct Cell {
    account: AccountId,
    status: AccountStatus,
    vault: Arc<Vault>,
    sealing: Arc<SealingKeys>,
    /// Sessions that are revoked.
    revoked: HashTrieMapSync<AccessKeyId, ()>,
    keys: HashTrieMapSync<AccessKeyId, Arc<Key>>,
    root_keys: Vec<AccessKeyId>,
    /// Keys whose id does not carry the account: an operator chose it.
    strays: Arc<BTreeSet<AccessKeyId>>,
    users: HashTrieMapSync<String, Member>,
    roles: HashTrieMapSync<String, Arc<RolePrincipal>>,
    groups: HashTrieMapSync<UniqueId, Arc<GroupPolicies>>,
    group_ids: HashTrieMapSync<String, UniqueId>,
    /// The names of users and roles by their ids, for trust policies.
    names: HashTrieMapSync<UniqueId, (EntityKind, String)>,
    policies: Policies,
    devices: HashTrieMapSync<String, Tags>,
    instance_profiles: HashTrieMapSync<String, Arc<TaggedResource>>,
    /// The account's password policy lets every user change its own password.
    users_may_change_password: bool,
    resources: Resources,
}

/// What is only ever a resource, as decisions read it.
#[derive(Clone, Debug)]
pub struct TaggedResource {
    /// Its ARN.
    pub arn: String,
    /// `aws:ResourceTag/…`.
    pub tags: Tags,
}

/// A user and the keys that sign for it.
#[derive(Clone, Debug)]
struct Member {
    principal: Arc<UserPrincipal>,
    keys: Box<[AccessKeyId]>,
}

/// A change of one record: its new bytes, or `None` where it is gone.
pub(crate) type Change<'a> = (CellKey, Option<&'a Bytes>);

/// The records that one commit puts, in the order in which they are taken in: each needs those before it.
#[derive(Default)]
struct Put<'a> {
    versions: BTreeMap<(UniqueId, u32), &'a Bytes>,
    policies: Vec<(&'a str, &'a Bytes)>,
    groups: Vec<(&'a str, &'a Bytes)>,
    roles: Vec<(&'a str, &'a Bytes)>,
    users: Vec<(&'a str, &'a Bytes)>,
}

impl Cell {
    /// Makes the cell of an account without users.
    pub(crate) fn new(record: &AccountRecord) -> Result<Self, DecodeError> {
        let mut cell = Self {
            account: record.account.id,
            status: record.account.status,
            vault: Arc::clone(&record.vault),
            sealing: sealing_keys(record)?,
            revoked: HashTrieMapSync::new_sync(),
            keys: HashTrieMapSync::new_sync(),
            root_keys: Vec::new(),
            strays: Arc::default(),
            users: HashTrieMapSync::new_sync(),
            roles: HashTrieMapSync::new_sync(),
            groups: HashTrieMapSync::new_sync(),
            group_ids: HashTrieMapSync::new_sync(),
            names: HashTrieMapSync::new_sync(),
            policies: Policies::new(),
            devices: HashTrieMapSync::new_sync(),
            instance_profiles: HashTrieMapSync::new_sync(),
            users_may_change_password: false,
            resources: Resources::new(),
        };
        cell.set_account(record)?;
        Ok(cell)
    }

    /// Returns the account's id.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Returns whether the account may be used.
    #[must_use]
    pub fn status(&self) -> AccountStatus {
        self.status
    }

    /// Returns what opens the account's secrets.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Returns what seals and opens the tokens of the account's sessions.
    #[must_use]
    pub fn sealing(&self) -> &Arc<SealingKeys> {
        &self.sealing
    }

    /// Returns whether a session was revoked by its access key id.
    #[must_use]
    pub fn is_revoked(&self, access_key_id: &AccessKeyId) -> bool {
        self.revoked.contains_key(access_key_id)
    }

    /// Returns an access key by its id.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<&Arc<Key>> {
        self.keys.get(id)
    }

    /// Returns the keys whose id does not carry the account.
    pub(crate) fn strays(&self) -> &Arc<BTreeSet<AccessKeyId>> {
        &self.strays
    }

    /// Returns all access keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.keys.values()
    }

    /// Returns the user of a name, without regard to case.
    #[must_use]
    pub fn user(&self, name: &UserName) -> Option<&Arc<UserPrincipal>> {
        self.users
            .get(&name.folded())
            .map(|member| &member.principal)
    }

    /// Returns the user of a unique id.
    #[must_use]
    pub fn user_by_id(&self, id: &str) -> Option<&Arc<UserPrincipal>> {
        match self.names.get(id)? {
            (EntityKind::User, name) => self.users.get(name).map(|member| &member.principal),
            (EntityKind::Group | EntityKind::Role, _) => None,
        }
    }

    /// Returns how many users there are.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.users.size()
    }

    /// Returns the role of a name, without regard to case.
    #[must_use]
    pub fn role(&self, name: &RoleName) -> Option<&Arc<RolePrincipal>> {
        self.roles.get(&name.folded())
    }

    /// Returns the role of a unique id.
    #[must_use]
    pub fn role_by_id(&self, id: &str) -> Option<&Arc<RolePrincipal>> {
        match self.names.get(id)? {
            (EntityKind::Role, name) => self.roles.get(name),
            (EntityKind::Group | EntityKind::User, _) => None,
        }
    }

    /// Returns the group of a name, without regard to case.
    #[must_use]
    pub fn group(&self, name: &GroupName) -> Option<&Arc<GroupPolicies>> {
        self.group_by_id(self.group_ids.get(&name.folded())?)
    }

    /// Returns the group of a unique id.
    #[must_use]
    pub fn group_by_id(&self, id: &UniqueId) -> Option<&Arc<GroupPolicies>> {
        self.groups.get(id)
    }

    /// Returns a customer managed policy.
    #[must_use]
    pub fn managed_policy(&self, arn: &PolicyArn) -> Option<&Arc<ManagedDocument>> {
        let found = self.policies.managed(&arn.key())?;
        (found.arn == *arn).then_some(found)
    }

    /// Returns a managed policy as it limits a session.
    pub(crate) fn session_policy(&self, arn: &PolicyArn, documents: &Documents) -> AttachedPolicy {
        let document = self.policies.with(documents).managed(arn);
        AttachedPolicy::new(
            document,
            arn.name(),
            Some(arn.shared()),
            AttachedTo::Session,
        )
    }

    /// Returns the tags of a virtual MFA device by its path and name, such as `/division/phone`.
    #[must_use]
    pub fn device_tags(&self, path_and_name: &str) -> Option<&Tags> {
        self.devices.get(path_and_name)
    }

    /// Returns the instance profile of a name, without regard to case.
    #[must_use]
    pub fn instance_profile(&self, name: &InstanceProfileName) -> Option<&Arc<TaggedResource>> {
        self.instance_profiles.get(&name.folded())
    }

    /// Returns whether every user may change its own password without a policy that says so.
    #[must_use]
    pub fn users_may_change_password(&self) -> bool {
        self.users_may_change_password
    }

    /// Returns the OIDC provider of a URL.
    #[must_use]
    pub fn oidc_provider(&self, url: &ProviderUrl) -> Option<&Arc<Tagged>> {
        self.resources.oidc_provider(url)
    }

    /// Returns the SAML provider of a name, without regard to case.
    #[must_use]
    pub fn saml_provider(&self, name: &SamlProviderName) -> Option<&Arc<Tagged>> {
        self.resources.saml_provider(name)
    }

    /// Returns the server certificate of a name, without regard to case.
    #[must_use]
    pub fn server_certificate(&self, name: &ServerCertificateName) -> Option<&Arc<Tagged>> {
        self.resources.server_certificate(name)
    }

    /// Returns which service a service-specific credential of a user is for.
    #[must_use]
    pub fn credential_service(&self, user: &UniqueId, id: &str) -> Option<CredentialService> {
        self.resources.credential_service(user, id)
    }

    /// Takes a changed account record.
    pub(crate) fn set_account(&mut self, record: &AccountRecord) -> Result<(), DecodeError> {
        self.status = record.account.status;
        self.vault = Arc::clone(&record.vault);
        self.sealing = sealing_keys(record)?;
        let before = self.keys.clone();
        for id in std::mem::take(&mut self.root_keys) {
            self.remove_key(&id);
        }
        for key in &record.account.root.access_keys {
            let known = before.get(&key.id).map(|known| &**known);
            self.insert_key(Key::new(key, KeyOwner::Root, known));
            self.root_keys.push(key.id.clone());
        }
        Ok(())
    }

    /// Applies the changes of one commit, all or, where one can't be read, none that the caller keeps.
    ///
    /// INVARIANT: a commit that changes the document of an inline policy writes its entity's record too, and one that
    /// changes which version of a managed policy is in force writes that version's document too.
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
            self.put_group(name, &Group::decode(value, &self.vault)?, documents);
        }
        for (name, value) in put.roles {
            self.put_role(name, &Role::decode(value, &self.vault)?, documents);
        }
        for (name, value) in put.users {
            let user = User::decode(value, &self.vault)?;
            self.put_user(name, &user, &before, documents);
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
            CellKey::InstanceProfile(name) => {
                let profile = InstanceProfile::decode(value, &self.vault)?;
                let resource = TaggedResource {
                    arn: profile.arn(Partition::default(), self.account),
                    tags: profile.tags,
                };
                self.instance_profiles
                    .insert_mut(name.clone(), Arc::new(resource));
            }
            CellKey::ManagedPolicy(name) => put.policies.push((name, value)),
            CellKey::ManagedPolicyVersion(policy, number) => {
                put.versions.insert((policy.clone(), *number), value);
            }
            CellKey::OidcProvider(url) => {
                let resources = &mut self.resources;
                resources.put_oidc_provider(self.account, url, value, &self.vault)?;
            }
            CellKey::RevokedSession(id) => {
                self.revoked.insert_mut(id.clone(), ());
            }
            CellKey::Role(name) => put.roles.push((name, value)),
            CellKey::Settings => {
                let settings = AccountSettings::decode(value, &self.vault)?;
                self.users_may_change_password = settings.users_may_change_password();
            }
            CellKey::SamlProvider(name) => {
                let resources = &mut self.resources;
                resources.put_saml_provider(self.account, name, value, &self.vault)?;
            }
            CellKey::ServerCertificate(name) => {
                let resources = &mut self.resources;
                resources.put_server_certificate(self.account, name, value, &self.vault)?;
            }
            CellKey::User(name) => put.users.push((name, value)),
            CellKey::UserCredentials(owner) => {
                self.resources.put_credentials(owner, value, &self.vault)?;
            }
            CellKey::VirtualMfaDevice(path, name) => {
                let device = VirtualMfaDevice::decode(value, &self.vault)?;
                self.devices
                    .insert_mut(format!("{path}{name}"), device.tags);
            }
            CellKey::Accesses(_)
            | CellKey::AccessJob(_)
            | CellKey::AccessKeyUse(_)
            | CellKey::Attachment(_)
            | CellKey::Count(_)
            | CellKey::CredentialReport
            | CellKey::CredentialReportPart(_)
            | CellKey::GroupById(_)
            | CellKey::Member(..)
            | CellKey::RoleDeletion(_)
            | CellKey::SigningCertificate(_)
            | CellKey::TextPart(..) => {}
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
            CellKey::InstanceProfile(name) => {
                self.instance_profiles.remove_mut(name);
            }
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
            CellKey::VirtualMfaDevice(path, name) => {
                self.devices.remove_mut(&format!("{path}{name}"));
            }
            CellKey::OidcProvider(_)
            | CellKey::SamlProvider(_)
            | CellKey::ServerCertificate(_)
            | CellKey::UserCredentials(_) => self.resources.remove(key),
            CellKey::Accesses(_)
            | CellKey::AccessJob(_)
            | CellKey::AccessKeyUse(_)
            | CellKey::Attachment(_)
            | CellKey::Count(_)
            | CellKey::CredentialReport
            | CellKey::CredentialReportPart(_)
            | CellKey::GroupById(_)
            | CellKey::ManagedPolicyVersion(..)
            | CellKey::Member(..)
            | CellKey::RoleDeletion(_)
            | CellKey::SigningCertificate(_)
            | CellKey::TextPart(..) => {}
        }
    }

    fn put_policy(
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

    fn put_group(&mut self, name: &str, group: &Group, documents: &Documents) {
        let policies = GroupPolicies::new(self.account, group, &self.policies.with(documents));
        self.group_ids.insert_mut(name.to_owned(), group.id.clone());
        self.groups.insert_mut(group.id.clone(), Arc::new(policies));
    }

    fn put_role(&mut self, name: &str, role: &Role, documents: &Documents) {
        let trust = documents.compile(role.trust_policy.as_str());
        let sources = self.policies.with(documents);
        let principal = RolePrincipal::new(self.account, role, trust, &sources);
        self.names
            .insert_mut(role.id.clone(), (EntityKind::Role, name.to_owned()));
        self.roles.insert_mut(name.to_owned(), Arc::new(principal));
    }

    fn put_user(
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
        self.names
            .insert_mut(user.id.clone(), (EntityKind::User, name.to_owned()));
        self.users
            .insert_mut(name.to_owned(), Member { principal, keys });
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

    fn forget_keys(&mut self, member: &Member) {
        for id in &member.keys {
            self.remove_key(id);
        }
    }

    fn insert_key(&mut self, key: Key) {
        if key.id.account() != Some(self.account) {
            Arc::make_mut(&mut self.strays).insert(key.id.clone());
        }
        self.keys.insert_mut(key.id.clone(), Arc::new(key));
    }

    fn remove_key(&mut self, id: &AccessKeyId) {
        if self.strays.contains(id) {
            Arc::make_mut(&mut self.strays).remove(id);
        }
        self.keys.remove_mut(id);
    }
}

/// Derives the keys that seal and open an account's session tokens.
fn sealing_keys(record: &AccountRecord) -> Result<Arc<SealingKeys>, DecodeError> {
    let ring = &record.account.session_keys;
    let derive = |number: u32| record.vault.derive(&format!("session-key/{number}"));
    let retired = ring.retired.iter();
    let retired = retired.map(|(number, moment)| (KeyNumber(*number), derive(*number), *moment));
    let keys = SealingKeys::new((KeyNumber(ring.current), &*derive(ring.current)), retired);
    keys.map(Arc::new).map_err(|error| DecodeError::Malformed {
        record: "account",
        why: error.to_string(),
    })
}
