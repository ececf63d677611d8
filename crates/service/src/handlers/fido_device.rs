//! FIDO devices: shown one by one, and removed. They come in by the operator; there is no call that registers one.

use keyward_arn::Partition;
use keyward_directory::{Entity, FidoDevice, FidoSerial, Holder, Refusal, User};
use keyward_records::{Cell, Counter};
use keyward_store::Revision;
use keyward_wire::iam;

use super::access_key::subject_question;
use super::mfa_device::{ROOT, user_in};
use super::target::{Subject, fido_serial};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

impl Operate for iam::GetMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    /// Finds FIDO devices only, as AWS does.
    // SOURCE: spec/iam-entities.md §6.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetMFADeviceOutput>, ServiceError> {
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let (user_name, holder) = match subject {
            Subject::Root => (ROOT.to_owned(), Holder::Root),
            Subject::User(name) => {
                let user = reader.get::<User>(Cell::user(&name)).await?;
                let user = user.ok_or_else(|| Refusal::not_found(Entity::User, &name))?;
                (user.name.to_string(), Holder::User(user.id))
            }
        };
        let device = match fido_serial(call.caller().account(), &call.serial_number) {
            Some(serial) => reader.get::<FidoDevice>(Cell::FidoDevice(serial)).await?,
            None => None,
        };
        let device = device.filter(|device| device.holder == holder);
        let device = device.ok_or_else(|| missing(&call.serial_number))?;
        let certifications = device.certifications.iter();
        let certifications =
            certifications.map(|(name, level)| (name.to_owned(), level.to_owned()));
        let certifications = Some(certifications.collect()).filter(|it: &Levels| !it.is_empty());
        let output = iam::GetMFADeviceOutput {
            user_name: Some(user_name),
            serial_number: call.serial_number.clone(),
            enable_date: Some(time(device.enabled)),
            certifications,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

/// Certifications with their levels, as an answer has them.
type Levels = std::collections::BTreeMap<String, String>;

fn missing(serial_number: &str) -> Refusal {
    Refusal::not_found_text(format!(
        "MFA device with serial number {serial_number} doesn't exist."
    ))
}

/// Takes a device from its holder. It does not exist unassigned, so nothing of it is left.
pub(super) async fn deactivate(
    service: &Service,
    caller: &Caller,
    subject: &Subject,
    serial: &FidoSerial,
) -> Result<Revision, ServiceError> {
    let account = caller.account();
    let name = match subject {
        Subject::Root => None,
        Subject::User(name) => Some(name),
    };
    let serial_number = serial.serial_number(Partition::default(), account);
    let cells = name.map(Cell::user).into_iter();
    let cells = cells.chain([Cell::FidoDevice(serial.clone())]);
    let wanted: Vec<_> = cells.map(|cell| cell.of(account)).collect();
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let holder = match name {
                None => Holder::Root,
                Some(name) => {
                    let mut user = user_in(transaction, name)?;
                    user.remove_mfa_device(&serial_number)?;
                    transaction.put(&user)?;
                    Holder::User(user.id)
                }
            };
            remove(transaction, serial, &holder, &serial_number)
        })
        .await?;
    Ok(revision)
}

fn remove(
    transaction: &mut Transaction,
    serial: &FidoSerial,
    holder: &Holder,
    serial_number: &str,
) -> Result<(), ServiceError> {
    let cell = Cell::FidoDevice(serial.clone());
    let device = transaction.get::<FidoDevice>(cell.clone())?;
    let device = device.ok_or_else(|| missing(serial_number))?;
    device.check_held_by(holder)?;
    transaction.delete(cell);
    transaction.delete(Cell::FidoCredential(device.credential.digest()));
    transaction.count_out(Counter::FidoDevices);
    if *holder == Holder::Root {
        transaction.count_out(Counter::RootFidoDevices);
    }
    Ok(())
}
