//! One account's part of the picture.

mod apply;
mod principals;

use std::collections::BTreeSet;
use std::sync::Arc;

use keyward_arn::{AccessKeyId, AccountId, UniqueId};
use keyward_directory::{
    AccountStatus, CredentialService, EntityKind, GroupName, InstanceProfileName, PolicyArn,
    ProviderUrl, RoleName, SamlProviderName, ServerCertificateName, Tags, UserName,
};
use keyward_engine::{AttachedPolicy, AttachedTo};
use keyward_records::{AccountRecord, DecodeError, Vault};
use keyward_sts::{KeyNumber, SealingKeys};
use rpds::HashTrieMapSync;

pub(crate) use apply::Change;

use crate::policies::Policies;
use crate::principal::Sources as _;
use crate::resources::Resources;
use crate::{
    Documents, GroupPolicies, Key, KeyOwner, ManagedDocument, RolePrincipal, SignInProvider,
    Tagged, TokenIssuer, UserPrincipal,
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
    /// The account's password policy lets every user change its own password.
    users_may_change_password: bool,
    resources: Resources,
}

/// A user and the keys that sign for it.
#[derive(Clone, Debug)]
struct Member {
    principal: Arc<UserPrincipal>,
    keys: Box<[AccessKeyId]>,
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
        self.resources.device_tags(path_and_name)
    }

    /// Returns the instance profile of a name, without regard to case.
    #[must_use]
    pub fn instance_profile(&self, name: &InstanceProfileName) -> Option<&Arc<Tagged>> {
        self.resources.instance_profile(name)
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

    /// Returns the OIDC provider whose URL, without its scheme, tokens name as their issuer; letter by letter.
    #[must_use]
    pub fn token_issuer(&self, url: &str) -> Option<&Arc<TokenIssuer>> {
        self.resources.token_issuer(url)
    }

    /// Returns the SAML provider of a name, without regard to case.
    #[must_use]
    pub fn saml_provider(&self, name: &SamlProviderName) -> Option<&Arc<Tagged>> {
        self.resources.saml_provider(name)
    }

    /// Returns the SAML provider of a name, without regard to case, as it signs people in; `None` also for one whose
    /// metadata can't be read.
    #[must_use]
    pub fn sign_in_provider(&self, name: &SamlProviderName) -> Option<&Arc<SignInProvider>> {
        self.resources.sign_in_provider(name)
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
