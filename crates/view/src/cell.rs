//! One account's part of the picture.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, UniqueId};
use keyward_directory::{AccountStatus, PolicyName, Tags, User, UserName};
use keyward_engine::CompiledPolicy;
use keyward_records::{
    AccountRecord, Cell as CellKey, DecodeError, Vault, decode_document, decode_user,
    decode_virtual_mfa_device,
};
use rpds::HashTrieMapSync;

use crate::{Documents, Key, KeyOwner, UserPrincipal};

type InlineDocuments = BTreeMap<PolicyName, Arc<CompiledPolicy>>;

/// An account as authentication and decisions read it, at one revision.
///
/// The maps are persistent: a new cell shares all that did not change with the one before.
#[derive(Clone, Debug)]
pub struct Cell {
    account: AccountId,
    status: AccountStatus,
    vault: Arc<Vault>,
    keys: HashTrieMapSync<AccessKeyId, Arc<Key>>,
    root_keys: Vec<AccessKeyId>,
    /// Keys whose id does not carry the account: an operator chose it.
    strays: Arc<BTreeSet<AccessKeyId>>,
    users: HashTrieMapSync<String, Member>,
    documents: HashTrieMapSync<UniqueId, InlineDocuments>,
    devices: HashTrieMapSync<String, Tags>,
}

/// A user's record and what is made of it.
#[derive(Clone, Debug)]
struct Member {
    user: Arc<User>,
    principal: Arc<UserPrincipal>,
}

/// A change of one record: its new bytes, or `None` where it is gone.
pub(crate) type Change<'a> = (CellKey, Option<&'a Bytes>);

impl Cell {
    /// Makes the cell of an account without users.
    pub(crate) fn new(record: &AccountRecord) -> Self {
        let mut cell = Self {
            account: record.account.id,
            status: record.account.status,
            vault: Arc::clone(&record.vault),
            keys: HashTrieMapSync::new_sync(),
            root_keys: Vec::new(),
            strays: Arc::default(),
            users: HashTrieMapSync::new_sync(),
            documents: HashTrieMapSync::new_sync(),
            devices: HashTrieMapSync::new_sync(),
        };
        cell.set_account(record);
        cell
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

    /// Returns how many users there are.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.users.size()
    }

    /// Returns the tags of a virtual MFA device by its path and name, such as `/division/phone`.
    #[must_use]
    pub fn device_tags(&self, path_and_name: &str) -> Option<&Tags> {
        self.devices.get(path_and_name)
    }

    /// Takes a changed account record.
    pub(crate) fn set_account(&mut self, record: &AccountRecord) {
        self.status = record.account.status;
        self.vault = Arc::clone(&record.vault);
        let before = self.keys.clone();
        for id in std::mem::take(&mut self.root_keys) {
            self.remove_key(&id);
        }
        for key in &record.account.root.access_keys {
            let known = before.get(&key.id).map(|known| &**known);
            self.insert_key(Key::new(key, KeyOwner::Root, known));
            self.root_keys.push(key.id.clone());
        }
    }

    /// Applies the changes of one commit, all or, where one can't be read, none that the caller keeps.
    ///
    /// INVARIANT: a commit that changes the document of an inline policy writes its user's record too.
    pub(crate) fn apply(
        &mut self,
        changes: &[Change<'_>],
        documents: &Documents,
    ) -> Result<(), DecodeError> {
        let before = self.keys.clone();
        // Users whose principal must be made anew, by the name that finds them.
        let mut touched: BTreeMap<String, Arc<User>> = BTreeMap::new();
        // What is gone goes first: a renamed user is gone under one name and there under another.
        for (key, _) in changes.iter().filter(|(_, value)| value.is_none()) {
            self.remove(key);
        }
        for (key, value) in changes
            .iter()
            .filter_map(|(key, value)| value.map(|value| (key, value)))
        {
            match key {
                CellKey::User(name) => {
                    let user = decode_user(value, &self.vault)?;
                    touched.insert(name.clone(), Arc::new(user));
                }
                CellKey::UserPolicy(id, name) => {
                    let compiled = documents.compile(&decode_document(value)?);
                    self.edit_documents(id, |documents| documents.insert(name.clone(), compiled));
                }
                CellKey::VirtualMfaDevice(path, name) => {
                    let device = decode_virtual_mfa_device(value, &self.vault)?;
                    self.devices
                        .insert_mut(format!("{path}{name}"), device.tags);
                }
                CellKey::AccessKeyUse(_) | CellKey::UserCount | CellKey::VirtualMfaDeviceCount => {}
            }
        }
        for (name, user) in touched {
            self.put_user(name, user, &before);
        }
        Ok(())
    }

    fn remove(&mut self, key: &CellKey) {
        match key {
            CellKey::User(name) => {
                if let Some(member) = self.users.get(name).cloned() {
                    self.forget_keys(&member.user);
                    self.users.remove_mut(name);
                }
            }
            CellKey::UserPolicy(id, name) => {
                self.edit_documents(id, |documents| documents.remove(name))
            }
            CellKey::VirtualMfaDevice(path, name) => {
                self.devices.remove_mut(&format!("{path}{name}"));
            }
            CellKey::AccessKeyUse(_) | CellKey::UserCount | CellKey::VirtualMfaDeviceCount => {}
        }
    }

    fn edit_documents<T>(&mut self, id: &UniqueId, edit: impl FnOnce(&mut InlineDocuments) -> T) {
        let mut documents = self.documents.get(id).cloned().unwrap_or_default();
        edit(&mut documents);
        if documents.is_empty() {
            self.documents.remove_mut(id);
        } else {
            self.documents.insert_mut(id.clone(), documents);
        }
    }

    fn put_user(
        &mut self,
        name: String,
        user: Arc<User>,
        before: &HashTrieMapSync<AccessKeyId, Arc<Key>>,
    ) {
        if let Some(member) = self.users.get(&name).cloned() {
            self.forget_keys(&member.user);
        }
        let principal = Arc::new(UserPrincipal::new(
            self.account,
            &user,
            self.documents.get(&user.id),
        ));
        for key in &user.access_keys {
            let owner = KeyOwner::User(Arc::clone(&principal));
            let known = before.get(&key.id).map(|known| &**known);
            self.insert_key(Key::new(key, owner, known));
        }
        self.users.insert_mut(name, Member { user, principal });
    }

    fn forget_keys(&mut self, user: &User) {
        for key in &user.access_keys {
            self.remove_key(&key.id);
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
