//! What is wrong with users, roles and devices themselves.

use keyward_arn::{AccountId, Arn};
use keyward_export::Tag;

use super::{Bite, Rule, Ward};

/// Finds tags whose keys differ in letter case only.
pub(super) fn tags(ward: &mut Ward<'_>, account: AccountId, of: &str, tags: &[Tag]) {
    for (index, (key, _)) in tags.iter().enumerate() {
        let twin = tags
            .iter()
            .take(index)
            .find(|(other, _)| other != key && other.eq_ignore_ascii_case(key));
        if let Some((other, _)) = twin {
            ward.bites.push(Bite {
                rule: Rule::KeyCaseConflict,
                account: Some(account),
                subject: of.to_owned(),
                message: format!(
                    "The tags {other} and {key} are one to aws:PrincipalTag and aws:ResourceTag: which value a condition sees is \
                     chance."
                ),
                place: None,
                fix: format!("Take one of both off: aws iam untag-{} …", of.split(' ').next().unwrap_or("user")),
            });
        }
    }
}

/// Finds virtual MFA devices that belong to nobody.
pub(super) fn devices(ward: &mut Ward<'_>) {
    let export = ward.export;
    for device in export.devices.iter().flatten().filter(|it| !it.is_assigned) {
        let serial = &device.serial;
        ward.bites.push(Bite {
            rule: Rule::MfaDeviceOrphaned,
            account: Arn::parse(serial).and_then(|arn| arn.account_id()),
            subject: format!("MFA device {serial}"),
            message: "The device was made and never enabled: it belongs to nobody, and its name is taken.".to_owned(),
            place: None,
            fix: format!(
                "As an administrator: aws iam delete-virtual-mfa-device --serial-number {serial}. No policy needs an edit."
            ),
        });
    }
}
