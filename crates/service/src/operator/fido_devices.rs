//! What the operator does about FIDO devices: takes in the registration that a browser made.
//!
//! In AWS only the console registers them. Policies do not decide here: whoever may open the operator's socket answers for
//! where a registration is from, and for what the device is certified for.

use std::sync::Arc;

use keyward_arn::{AccountId, Partition};
use keyward_directory::limits::FIDO_SERIAL_RANDOM;
use keyward_directory::{
    Certifications, Entity, FidoCredential, FidoDevice, FidoDeviceName, FidoSerial, Holder,
    ParseCertificationError, ParseRegistrationError, Refusal, User, UserName, check_mfa_devices,
};
use keyward_records::{Cell, Counter};
use keyward_view::Cell as AccountCell;
use keyward_wire::Timestamp as Shown;

use super::NoAccount;
use crate::handlers::root_devices;
use crate::ports::draw;
use crate::reader::Reader;
use crate::transaction::{Transaction, transact};
use crate::{PATIENCE, Service, ServiceError};

/// A FIDO device to be registered.
#[derive(Clone, Debug)]
pub struct NewFidoDevice {
    /// The account.
    pub account: AccountId,
    /// The name of the user; `None` for the root user.
    pub user: Option<String>,
    /// What the device is called: 1 to 128 letters, digits and `_+=,.@-`.
    pub name: String,
    /// What `JSON.stringify(credential)` gave after `navigator.credentials.create()`.
    pub registration: String,
    /// What the device is certified for, each with its level, such as `FIDO` and `L1`.
    pub certifications: Vec<(String, String)>,
}

/// A FIDO device that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredFidoDevice {
    /// The account.
    pub account: AccountId,
    /// The name of the user; `None` for the root user.
    pub user: Option<String>,
    /// Such as `arn:aws:iam::111122223333:u2f/user/alice/key-…`.
    pub serial_number: String,
    /// When it was registered, such as `2026-01-01T00:00:00Z`.
    pub enabled: String,
    /// How it signs, such as `ES256`.
    pub algorithm: &'static str,
    /// What the device is certified for, each with its level.
    pub certifications: Vec<(&'static str, &'static str)>,
}

/// Why a FIDO device was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterFidoDeviceError {
    /// The credential is registered.
    #[error("the credential is registered in the account already, as {0}")]
    AlreadyRegistered(String),
    /// There is no such certification.
    #[error(transparent)]
    Certification(#[from] ParseCertificationError),
    /// The name is none.
    #[error("the device name {0:?} is not 1 to 128 letters, digits and _+=,.@-")]
    DeviceName(String),
    /// There is no such account.
    #[error(transparent)]
    NoAccount(#[from] NoAccount),
    /// The registration is none.
    #[error(transparent)]
    Registration(#[from] ParseRegistrationError),
    /// The service failed, there is no such user, or it has eight devices.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What a transaction found.
enum Outcome {
    AlreadyRegistered(String),
    Registered(RegisteredFidoDevice),
}

impl Service {
    /// Registers a FIDO device for a user or for the root user, and enables it. Leaves an event, also where it is refused; it
    /// is called as AWS calls that of the console.
    ///
    /// # Errors
    /// [`RegisterFidoDeviceError`]; nothing was changed then.
    pub async fn register_fido_device(
        &self,
        new: NewFidoDevice,
    ) -> Result<RegisteredFidoDevice, RegisterFidoDeviceError> {
        let done = self.try_register(&new).await;
        let mut parameters = vec![("deviceName", new.name.as_str())];
        parameters.extend(new.user.as_deref().map(|user| ("userName", user)));
        let error = match &done {
            Ok(device) => {
                parameters.push(("serialNumber", device.serial_number.as_str()));
                None
            }
            Err(error) => Some(error.to_string()),
        };
        let account = self.view.cell(new.account).map(|cell| cell.account());
        let name = "EnableMFADevice";
        self.leave_operator_event_about(name, account, &parameters, error.as_deref());
        done
    }

    async fn try_register(
        &self,
        new: &NewFidoDevice,
    ) -> Result<RegisteredFidoDevice, RegisterFidoDeviceError> {
        let cell = self.view.cell(new.account);
        let cell = cell.ok_or(NoAccount::NotHere(new.account))?;
        let name = FidoDeviceName::parse(&new.name);
        let name = name.map_err(|_| RegisterFidoDeviceError::DeviceName(new.name.clone()))?;
        let sent = new.certifications.iter();
        let certifications =
            Certifications::parse(sent.map(|(name, level)| (name.as_str(), level.as_str())))?;
        let credential = FidoCredential::parse(&new.registration)?;
        let user = new.user.as_deref().map(UserName::parse).transpose();
        let user = user.map_err(|_| {
            let named = new.user.as_deref().unwrap_or_default();
            ServiceError::from(Refusal::not_found(Entity::User, named))
        })?;
        if user.is_none() {
            // Virtual devices of the root user are not in the counter.
            let reader = Reader::open(&*self.store, new.account, cell.vault()).await?;
            let held = root_devices(&reader).await?.len();
            check_mfa_devices(held).map_err(ServiceError::from)?;
        }
        let registering = Registering {
            user,
            name,
            random: draw(self.entropy()),
            credential,
            certifications,
        };
        match self.commit(&cell, &registering).await? {
            Outcome::AlreadyRegistered(serial) => {
                Err(RegisterFidoDeviceError::AlreadyRegistered(serial))
            }
            Outcome::Registered(device) => Ok(device),
        }
    }

    async fn commit(
        &self,
        cell: &Arc<AccountCell>,
        new: &Registering,
    ) -> Result<Outcome, ServiceError> {
        let account = cell.account();
        let now = self.now().timestamp();
        let credential = Cell::FidoCredential(new.credential.digest());
        let cells = new.user.as_ref().map(Cell::user).into_iter();
        let cells = cells.chain([credential.clone()]);
        let wanted: Vec<_> = cells.map(|cell| cell.of(account)).collect();
        let (vault, none) = (cell.vault(), &|_: &_| Ok(Vec::new()));
        let (outcome, revision) =
            transact(&*self.store, account, vault, &wanted, none, |transaction| {
                if let Some(other) = transaction.document(credential.clone())? {
                    return Ok(Outcome::AlreadyRegistered(other));
                }
                let (serial, holder, user) = new.hold(transaction, account)?;
                let device = FidoDevice {
                    serial,
                    holder,
                    enabled: now,
                    credential: new.credential.clone(),
                    certifications: new.certifications.clone(),
                };
                let serial_number = serial_number(&device.serial, account);
                transaction.put_document(credential.clone(), &serial_number);
                transaction.count_in(Counter::FidoDevices);
                transaction.put(&device)?;
                Ok(Outcome::Registered(RegisteredFidoDevice {
                    account,
                    user,
                    serial_number,
                    enabled: Shown(now.unix_seconds()).to_string(),
                    algorithm: device.credential.key.algorithm().as_str(),
                    certifications: device.certifications.iter().collect(),
                }))
            })
            .await?;
        self.view.wait_for(revision, PATIENCE).await;
        Ok(outcome)
    }
}

/// What was read of a device that is being registered.
struct Registering {
    user: Option<UserName>,
    name: FidoDeviceName,
    random: [u8; FIDO_SERIAL_RANDOM],
    credential: FidoCredential,
    certifications: Certifications,
}

impl Registering {
    /// Notes with the holder that it has one device more; returns its serial number, and the user's name as it is written.
    fn hold(
        &self,
        transaction: &mut Transaction,
        account: AccountId,
    ) -> Result<(FidoSerial, Holder, Option<String>), ServiceError> {
        let Some(name) = &self.user else {
            transaction.count_in(Counter::RootFidoDevices);
            let serial = FidoSerial::mint(None, &self.name, self.random);
            return Ok((serial, Holder::Root, None));
        };
        let user = transaction.get::<User>(Cell::user(name))?;
        let mut user = user.ok_or_else(|| Refusal::not_found(Entity::User, name))?;
        let serial = FidoSerial::mint(Some(&user.name), &self.name, self.random);
        user.add_mfa_device(&serial_number(&serial, account))?;
        transaction.put(&user)?;
        let written = Some(user.name.to_string());
        Ok((serial, Holder::User(user.id), written))
    }
}

fn serial_number(serial: &FidoSerial, account: AccountId) -> String {
    serial.serial_number(Partition::default(), account)
}
