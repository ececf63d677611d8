//! What every record of an account can do: say where it stands, be written, be read.

use std::fmt;

use bytes::Bytes;
use keyward_directory::{
    AccessJob, AccountSettings, CredentialReport, FidoDevice, Group, InstanceProfile,
    ManagedPolicy, OidcProvider, Role, RoleDeletion, SamlProvider, ServerCertificate, User,
    UserCredentials, VirtualMfaDevice,
};
use keyward_web_identity::KeyRing;

use crate::{Cell, DecodeError, EncodeError, Vault};

/// A record of an account's cell.
pub trait Record: Sized + Clone + fmt::Debug + Send + Sync + 'static {
    /// Returns where the record stands; the name in it is that of the record.
    fn cell(&self) -> Cell;

    /// Writes the record's bytes.
    ///
    /// # Errors
    /// [`EncodeError`] where a secret can't be sealed.
    fn encode(&self, vault: &Vault) -> Result<Bytes, EncodeError>;

    /// Reads a record's bytes.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are no such record or a secret does not open.
    fn decode(bytes: &[u8], vault: &Vault) -> Result<Self, DecodeError>;
}

impl Record for AccessJob {
    fn cell(&self) -> Cell {
        Cell::AccessJob(self.id.clone())
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::access::encode_job(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::access::decode_job(bytes)
    }
}

impl Record for AccountSettings {
    fn cell(&self) -> Cell {
        Cell::Settings
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::settings::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::settings::decode(bytes)
    }
}

impl Record for CredentialReport {
    fn cell(&self) -> Cell {
        Cell::CredentialReport
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::report::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::report::decode(bytes)
    }
}

impl Record for FidoDevice {
    fn cell(&self) -> Cell {
        Cell::FidoDevice(self.serial.clone())
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::fido::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::fido::decode(bytes)
    }
}

impl Record for Group {
    fn cell(&self) -> Cell {
        Cell::group(&self.name)
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::group::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::group::decode(bytes)
    }
}

impl Record for InstanceProfile {
    fn cell(&self) -> Cell {
        Cell::instance_profile(&self.name)
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::instance_profile::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::instance_profile::decode(bytes)
    }
}

impl Record for KeyRing {
    fn cell(&self) -> Cell {
        Cell::IdentityKeys
    }

    fn encode(&self, vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::identity_keys::encode(self, vault)
    }

    fn decode(bytes: &[u8], vault: &Vault) -> Result<Self, DecodeError> {
        crate::identity_keys::decode(bytes, vault)
    }
}

impl Record for ManagedPolicy {
    fn cell(&self) -> Cell {
        Cell::managed_policy(&self.name)
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::managed_policy::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::managed_policy::decode(bytes)
    }
}

impl Record for OidcProvider {
    fn cell(&self) -> Cell {
        Cell::OidcProvider(self.url.clone())
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::oidc_provider::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::oidc_provider::decode(bytes)
    }
}

impl Record for Role {
    fn cell(&self) -> Cell {
        Cell::role(&self.name)
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::role::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::role::decode(bytes)
    }
}

impl Record for RoleDeletion {
    fn cell(&self) -> Cell {
        Cell::role_deletion(&self.role)
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::role_deletion::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::role_deletion::decode(bytes)
    }
}

impl Record for SamlProvider {
    fn cell(&self) -> Cell {
        Cell::saml_provider(&self.name)
    }

    fn encode(&self, vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::saml_provider::encode(self, vault)
    }

    fn decode(bytes: &[u8], vault: &Vault) -> Result<Self, DecodeError> {
        crate::saml_provider::decode(bytes, vault)
    }
}

impl Record for ServerCertificate {
    fn cell(&self) -> Cell {
        Cell::server_certificate(&self.name)
    }

    fn encode(&self, vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::server_certificate::encode(self, vault)
    }

    fn decode(bytes: &[u8], vault: &Vault) -> Result<Self, DecodeError> {
        crate::server_certificate::decode(bytes, vault)
    }
}

impl Record for UserCredentials {
    fn cell(&self) -> Cell {
        Cell::UserCredentials(self.owner.clone())
    }

    fn encode(&self, _vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::user_credentials::encode(self)
    }

    fn decode(bytes: &[u8], _vault: &Vault) -> Result<Self, DecodeError> {
        crate::user_credentials::decode(bytes)
    }
}

impl Record for User {
    fn cell(&self) -> Cell {
        Cell::user(&self.name)
    }

    fn encode(&self, vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::user::encode_user(self, vault)
    }

    fn decode(bytes: &[u8], vault: &Vault) -> Result<Self, DecodeError> {
        crate::user::decode_user(bytes, vault)
    }
}

impl Record for VirtualMfaDevice {
    fn cell(&self) -> Cell {
        Cell::VirtualMfaDevice(self.path.clone(), self.name.clone())
    }

    fn encode(&self, vault: &Vault) -> Result<Bytes, EncodeError> {
        crate::mfa::encode_virtual_mfa_device(self, vault)
    }

    fn decode(bytes: &[u8], vault: &Vault) -> Result<Self, DecodeError> {
        crate::mfa::decode_virtual_mfa_device(bytes, vault)
    }
}
