//! Where each record stands in the store.

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, Path, UniqueId};
use keyward_directory::{DeviceName, PolicyName, UserName};

/// The key of a record.
///
/// All of one account but the account itself stands under `c/<account>/`, its cell, so that cells can be told apart
/// by prefix alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKey {
    /// `a/<account>`: the account and its root user.
    Account(AccountId),
    /// `c/<account>/…`: anything else.
    Cell(AccountId, Cell),
}

/// The key of a record within its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// `used/<access key id>`: the last use of an access key.
    AccessKeyUse(AccessKeyId),
    /// `mfa<path><name>`: a virtual MFA device.
    VirtualMfaDevice(Path, DeviceName),
    /// `count/mfa`: the number of virtual MFA devices.
    VirtualMfaDeviceCount,
    /// `user/<name in lower case>`: a user.
    User(String),
    /// `count/user`: the number of users.
    UserCount,
    /// `user-policy/<user id>/<name>`: the document of an inline policy.
    UserPolicy(UniqueId, PolicyName),
}

impl RecordKey {
    /// Returns the key of the user that has a name.
    #[must_use]
    pub fn user(account: AccountId, name: &UserName) -> Self {
        Self::Cell(account, Cell::User(name.folded()))
    }

    /// Returns the key of a virtual MFA device.
    #[must_use]
    pub fn device(account: AccountId, path: &Path, name: &DeviceName) -> Self {
        Self::Cell(account, Cell::VirtualMfaDevice(path.clone(), name.clone()))
    }

    /// Returns the prefix that all accounts share.
    #[must_use]
    pub fn accounts() -> Bytes {
        Bytes::from_static(b"a/")
    }

    /// Returns the prefix of all records of an account.
    #[must_use]
    pub fn cell(account: AccountId) -> Bytes {
        format!("c/{account}/").into()
    }

    /// Returns the prefix of all users of an account.
    #[must_use]
    pub fn users(account: AccountId) -> Bytes {
        format!("c/{account}/user/").into()
    }

    /// Returns the prefix of all virtual MFA devices of an account.
    #[must_use]
    pub fn virtual_mfa_devices(account: AccountId) -> Bytes {
        format!("c/{account}/mfa/").into()
    }

    /// Returns the key's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Account(account) => format!("a/{account}"),
            Self::Cell(account, cell) => match cell {
                Cell::AccessKeyUse(id) => format!("c/{account}/used/{id}"),
                Cell::User(folded) => format!("c/{account}/user/{folded}"),
                Cell::UserCount => format!("c/{account}/count/user"),
                Cell::UserPolicy(user, name) => format!("c/{account}/user-policy/{user}/{name}"),
                Cell::VirtualMfaDevice(path, name) => format!("c/{account}/mfa{path}{name}"),
                Cell::VirtualMfaDeviceCount => format!("c/{account}/count/mfa"),
            },
        }
        .into()
    }

    /// Reads a key's bytes; `None` for a key that this version does not know.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        if let Some(account) = text.strip_prefix("a/") {
            return AccountId::parse(account).ok().map(Self::Account);
        }
        let (account, rest) = text.strip_prefix("c/")?.split_once('/')?;
        let account = AccountId::parse(account).ok()?;
        decode_cell(rest).map(|cell| Self::Cell(account, cell))
    }
}

fn decode_cell(text: &str) -> Option<Cell> {
    let (kind, rest) = text.split_once('/')?;
    match (kind, rest) {
        ("count", "mfa") => Some(Cell::VirtualMfaDeviceCount),
        ("count", "user") => Some(Cell::UserCount),
        ("mfa", _) => {
            let (path, name) = text.strip_prefix("mfa")?.rsplit_once('/')?;
            let path = Path::parse(&format!("{path}/")).ok()?;
            Some(Cell::VirtualMfaDevice(path, DeviceName::parse(name).ok()?))
        }
        ("used", id) => AccessKeyId::parse(id).ok().map(Cell::AccessKeyUse),
        ("user", name) => Some(Cell::User(name.to_owned())),
        ("user-policy", rest) => {
            let (user, name) = rest.split_once('/')?;
            Some(Cell::UserPolicy(
                UniqueId::parse(user).ok()?,
                PolicyName::parse(name).ok()?,
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let account = AccountId::parse("111122223333").unwrap();
        let name = DeviceName::parse("phone").unwrap();
        let cells = [
            Cell::AccessKeyUse(AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE").unwrap()),
            Cell::User("alice".to_owned()),
            Cell::UserCount,
            Cell::UserPolicy(
                UniqueId::parse("AIDAIOSFODNN7EXAMPLE1").unwrap(),
                PolicyName::parse("p").unwrap(),
            ),
            Cell::VirtualMfaDevice(Path::default(), name.clone()),
            Cell::VirtualMfaDevice(Path::parse("/a/b/").unwrap(), name),
            Cell::VirtualMfaDeviceCount,
        ];
        let keys = cells.into_iter().map(|cell| RecordKey::Cell(account, cell));
        for key in keys.chain([RecordKey::Account(account)]) {
            assert_eq!(RecordKey::decode(&key.encode()), Some(key));
        }
        for text in [
            "",
            "a/",
            "c/111122223333/",
            "c/111122223333/future/x",
            "m/format",
        ] {
            assert_eq!(RecordKey::decode(text.as_bytes()), None, "{text}");
        }
    }
}
