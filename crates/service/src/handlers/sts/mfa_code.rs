//! The one-time code that a call to STS can show.

use keyward_directory::{Holder, OneTimeCode, VirtualMfaDevice};
use keyward_records::Cell;

use super::super::target::device_place;
use crate::authenticate::{Authenticated, Caller, Identity};
use crate::{Service, ServiceError};

/// Checks the code of a call, uses it up, and notes with the caller that it was shown.
///
/// # Errors
/// `AccessDenied` in AWS's three wordings.
// SOURCE: spec/sts.md §2, SerialNumber/TokenCode.
pub(super) async fn prove(
    service: &Service,
    caller: &mut Authenticated<Caller>,
    serial_number: Option<&str>,
    code: Option<&str>,
) -> Result<(), ServiceError> {
    let (serial_number, code) = match (serial_number, code) {
        (None, None) => return Ok(()),
        (Some(serial_number), Some(code)) => (serial_number, code),
        (Some(_), None) | (None, Some(_)) => {
            return Err(denied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            ));
        }
    };
    let holder = match caller.identity() {
        Identity::Root => Holder::Root,
        Identity::User(user) => Holder::User(user.id.clone()),
        Identity::Bearer(_) | Identity::FederatedUser { .. } | Identity::Role(_) => {
            return Err(not_validated());
        }
    };
    let account = caller.account();
    let (path, name) = device_place(account, serial_number).ok_or_else(not_validated)?;
    let now = service.now().timestamp();
    // Who holds the access key may guess: a few times in the life of a code, and then no code is right.
    if !service.guesses().may_guess(account, serial_number, now) {
        return Err(wrong());
    }
    let code = OneTimeCode::read(code).ok_or_else(wrong)?;
    let cell = Cell::VirtualMfaDevice(path, name);
    let shown = service
        .transact(caller, &[cell.clone().of(account)], |transaction| {
            let device = transaction.get::<VirtualMfaDevice>(cell.clone())?;
            let mut device = device.ok_or_else(not_validated)?;
            if !device.is_held_by(&holder) {
                return Err(not_validated());
            }
            if !device.take_code(code, now) {
                return Err(wrong());
            }
            transaction.put(&device)
        })
        .await;
    if let Err(ServiceError::AccessDenied(_)) = &shown {
        service.guesses().note_failure(account, serial_number, now);
    }
    shown?;
    caller.get_mut().note_mfa(now);
    Ok(())
}

fn denied(message: &str) -> ServiceError {
    ServiceError::AccessDenied(message.to_owned())
}

/// A code that is wrong or used up. AWS's text ends in a space.
fn wrong() -> ServiceError {
    denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
}

/// A device that is not there, not the caller's, or not one with codes. AWS writes two spaces.
fn not_validated() -> ServiceError {
    denied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
    )
}
