//! MFA devices in use: enable, deactivate, resynchronize, list.
//!
//! Hardware tokens and FIDO devices can't be registered through this API: `EnableMFADevice` takes two codes, and only a
//! virtual device has a seed here. SOURCE: spec/iam-entities.md §6.

use keyward_arn::{AccountId, Path};
use keyward_directory::{
    CodePair, DeviceName, Entity, Holder, Refusal, User, UserName, VirtualMfaDevice,
};
use keyward_records::{Cell, Kind, RecordKey};
use keyward_wire::{NoOutput, iam};

use super::access_key::subject_question;
use super::target::{Subject, device_arn, device_place, existing_user, user_name};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::reader::Reader;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

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

fn user_in(transaction: &Transaction, name: &UserName) -> Result<User, ServiceError> {
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
        let account = call.caller().account();
        let reader = service.reader(call.caller()).await?;
        let (mfa_devices, marker) = match Subject::read(call.user_name.as_deref(), call.caller())? {
            Subject::Root => of_root(&reader, account, &page).await?,
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
    let account = reader.account_id();
    let serial_numbers = user.mfa_devices.iter();
    let start = page.after.as_ref().and_then(|after| {
        let mut serial_numbers = serial_numbers.clone();
        serial_numbers.position(|serial_number| serial_number == after)
    });
    let mut devices = Vec::new();
    for serial_number in serial_numbers.skip(start.map_or(0, |last| last + 1)) {
        let Some((path, device)) = device_place(account, serial_number) else {
            continue;
        };
        let cell = Cell::VirtualMfaDevice(path, device);
        let device = reader.get::<VirtualMfaDevice>(cell).await?;
        let assignment = device.and_then(|device| device.assignment);
        devices.extend(assignment.map(|assignment| iam::MFADevice {
            user_name: user.name.to_string(),
            serial_number: serial_number.clone(),
            enable_date: time(assignment.enabled),
        }));
    }
    let marker = page.cut(&mut devices, |device| device.serial_number.clone());
    Ok((devices, marker))
}

/// Returns the root user's devices.
async fn of_root(
    reader: &Reader,
    account: AccountId,
    page: &Page,
) -> Result<Devices, ServiceError> {
    let of_root = |device: &VirtualMfaDevice| {
        let assignment = device.assignment.as_ref();
        assignment.is_some_and(|assignment| assignment.holder == Holder::Root)
    };
    let kind = Kind::VirtualMfaDevices;
    let (devices, marker) = reader
        .page::<VirtualMfaDevice>(&kind, page, of_root)
        .await?;
    let shown = devices.iter().filter_map(|device| {
        Some(iam::MFADevice {
            user_name: "root".to_owned(),
            serial_number: device_arn(account, &device.path, device.name.as_str()),
            enable_date: time(device.assignment.as_ref()?.enabled),
        })
    });
    Ok((shown.collect(), marker))
}

impl Operate for iam::GetMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    /// Finds nothing: it is for FIDO devices alone, and there are none.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetMFADeviceOutput>, ServiceError> {
        if let Subject::User(name) = Subject::read(call.user_name.as_deref(), call.caller())? {
            let reader = service.reader(call.caller()).await?;
            let user = reader.get::<User>(Cell::user(&name)).await?;
            user.ok_or_else(|| Refusal::not_found(Entity::User, &name))?;
        }
        let serial_number = &call.serial_number;
        Err(Refusal::not_found_text(format!(
            "MFA device with serial number {serial_number} doesn't exist."
        ))
        .into())
    }
}
