//! MFA devices in use: enable, deactivate, resynchronize, list.
//!
//! `EnableMFADevice` and `ResyncMFADevice` take codes, and only a virtual device has a seed here. FIDO devices come in by the
//! operator, and hardware tokens not at all. SOURCE: spec/iam-entities.md §6.

use keyward_arn::{AccountId, Partition, Path};
use keyward_directory::{
    CodePair, DeviceName, Entity, FidoDevice, Holder, Refusal, Timestamp, User, UserName,
    VirtualMfaDevice,
};
use keyward_records::{Cell, Kind, RecordKey};
use keyward_wire::{NoOutput, iam};

use super::access_key::subject_question;
use super::target::{Subject, device_arn, device_place, existing_user, fido_serial, user_name};
use super::{Done, Operate, fido_device, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::reader::Reader;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// How the root user is called where a device's user is.
pub(super) const ROOT: &str = "root";

/// A virtual device that a call names, which may not be there.
struct Named<'a> {
    serial_number: &'a str,
    place: Option<(Path, DeviceName)>,
}

impl<'a> Named<'a> {
    fn read(caller: &Caller, serial_number: &'a str) -> Self {
        Self {
            serial_number,
            place: device_place(caller.account(), serial_number),
        }
    }

    fn cell(&self) -> Option<Cell> {
        let (path, name) = self.place.clone()?;
        Some(Cell::VirtualMfaDevice(path, name))
    }

    /// Names the records that a change of the device of a user depends on.
    fn wanted(&self, account: AccountId, user: Option<&UserName>) -> Vec<RecordKey> {
        let user = user.map(Cell::user);
        let cells = user.into_iter().chain(self.cell());
        cells.map(|cell| cell.of(account)).collect()
    }

    /// Returns the device, which was read.
    fn device(&self, transaction: &Transaction) -> Result<VirtualMfaDevice, ServiceError> {
        let device = match self.cell() {
            Some(cell) => transaction.get::<VirtualMfaDevice>(cell)?,
            None => None,
        };
        let missing = || Refusal::not_found(Entity::VirtualMfaDevice, self.serial_number);
        Ok(device.ok_or_else(missing)?)
    }
}

pub(super) fn user_in(transaction: &Transaction, name: &UserName) -> Result<User, ServiceError> {
    let user = transaction.get::<User>(Cell::user(name))?;
    Ok(user.ok_or_else(|| Refusal::not_found(Entity::User, name))?)
}

impl Operate for iam::EnableMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let account = call.caller().account();
        let name = user_name(&call.user_name)?;
        let named = Named::read(call.caller(), &call.serial_number);
        let codes = CodePair::read(&call.authentication_code1, &call.authentication_code2);
        let now = service.now().timestamp();
        let wanted = named.wanted(account, Some(&name));
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let mut user = user_in(transaction, &name)?;
                let mut device = named.device(transaction)?;
                device.check_unassigned()?;
                user.add_mfa_device(&device_arn(account, &device.path, device.name.as_str()))?;
                device.enable(Holder::User(user.id.clone()), codes.clone()?, now)?;
                transaction.put(&device)?;
                transaction.put(&user)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeactivateMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        if let Some(serial) = fido_serial(call.caller().account(), &call.serial_number) {
            let revision = fido_device::deactivate(service, call.caller(), &subject, &serial);
            return Ok(Done::at(revision.await?, NoOutput));
        }
        let named = Named::read(call.caller(), &call.serial_number);
        let name = match &subject {
            Subject::Root => None,
            Subject::User(name) => Some(name),
        };
        let wanted = named.wanted(call.caller().account(), name);
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let holder = match name {
                    None => Holder::Root,
                    Some(name) => {
                        let mut user = user_in(transaction, name)?;
                        user.remove_mfa_device(&call.serial_number)?;
                        transaction.put(&user)?;
                        Holder::User(user.id)
                    }
                };
                let mut device = named.device(transaction)?;
                device.deactivate(&holder)?;
                transaction.put(&device)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::ResyncMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let name = user_name(&call.user_name)?;
        let named = Named::read(call.caller(), &call.serial_number);
        let codes = CodePair::read(&call.authentication_code1, &call.authentication_code2);
        let now = service.now().timestamp();
        let wanted = named.wanted(call.caller().account(), Some(&name));
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let user = user_in(transaction, &name)?;
                let mut device = named.device(transaction)?;
                device.resynchronize(&Holder::User(user.id), codes.clone()?, now)?;
                transaction.put(&device)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::ListMFADevices {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListMFADevicesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let (mfa_devices, marker) = match Subject::read(call.user_name.as_deref(), call.caller())? {
            Subject::Root => of_root(&reader, &page).await?,
            Subject::User(name) => of_user(&reader, &name, &page).await?,
        };
        let output = iam::ListMFADevicesOutput {
            mfa_devices,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

/// The devices of a page and the marker of the next.
type Devices = (Vec<iam::MFADevice>, Option<String>);

/// Returns a user's devices in the order in which they were enabled.
async fn of_user(reader: &Reader, name: &UserName, page: &Page) -> Result<Devices, ServiceError> {
    let user = reader.get::<User>(Cell::user(name)).await?;
    let user = user.ok_or_else(|| Refusal::not_found(Entity::User, name))?;
    let serial_numbers = user.mfa_devices.iter();
    let start = page.after.as_ref().and_then(|after| {
        let mut serial_numbers = serial_numbers.clone();
        serial_numbers.position(|serial_number| serial_number == after)
    });
    let mut devices = Vec::new();
    for serial_number in serial_numbers.skip(start.map_or(0, |last| last + 1)) {
        let enabled = enabled(reader, serial_number).await?;
        devices.extend(enabled.map(|enabled| iam::MFADevice {
            user_name: user.name.to_string(),
            serial_number: serial_number.clone(),
            enable_date: time(enabled),
        }));
    }
    let marker = page.cut(&mut devices, |device| device.serial_number.clone());
    Ok((devices, marker))
}

/// Returns since when a device is somebody's.
async fn enabled(reader: &Reader, serial_number: &str) -> Result<Option<Timestamp>, ServiceError> {
    let account = reader.account_id();
    if let Some(serial) = fido_serial(account, serial_number) {
        let device = reader.get::<FidoDevice>(Cell::FidoDevice(serial)).await?;
        return Ok(device.map(|device| device.enabled));
    }
    let Some((path, name)) = device_place(account, serial_number) else {
        return Ok(None);
    };
    let cell = Cell::VirtualMfaDevice(path, name);
    let device = reader.get::<VirtualMfaDevice>(cell).await?;
    let assignment = device.and_then(|device| device.assignment);
    Ok(assignment.map(|assignment| assignment.enabled))
}

/// Returns the root user's devices in the order in which they were enabled.
async fn of_root(reader: &Reader, page: &Page) -> Result<Devices, ServiceError> {
    let mut found = root_devices(reader).await?;
    let start = page.after.as_ref().and_then(|after| {
        let mut found = found.iter();
        found.position(|(_, serial_number)| serial_number == after)
    });
    found.drain(..start.map_or(0, |last| last + 1));
    let shown = found.into_iter();
    let mut devices = shown
        .map(|(enabled, serial_number)| iam::MFADevice {
            user_name: ROOT.to_owned(),
            serial_number,
            enable_date: time(enabled),
        })
        .collect();
    let marker = page.cut(&mut devices, |device| device.serial_number.clone());
    Ok((devices, marker))
}

/// Returns the root user's devices of all kinds, in the order in which they were enabled, with that moment.
pub(crate) async fn root_devices(
    reader: &Reader,
) -> Result<Vec<(Timestamp, String)>, ServiceError> {
    let (partition, account) = (Partition::default(), reader.account_id());
    let of_root = reader.all::<FidoDevice>(&Kind::RootFidoDevices).await?;
    let fido = of_root.iter().map(|device| {
        let serial_number = device.serial.serial_number(partition, account);
        (device.enabled, serial_number)
    });
    let all = reader
        .all::<VirtualMfaDevice>(&Kind::VirtualMfaDevices)
        .await?;
    let of_root = all.iter().filter(|it| it.is_held_by(&Holder::Root));
    let virtual_devices = of_root.filter_map(|device| {
        let enabled = device.assignment.as_ref()?.enabled;
        Some((enabled, device.serial_number(partition, account)))
    });
    let mut devices: Vec<(Timestamp, String)> = fido.chain(virtual_devices).collect();
    devices.sort();
    Ok(devices)
}
