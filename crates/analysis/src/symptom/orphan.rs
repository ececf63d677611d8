//! The eighth symptom: a virtual MFA device that was made and never enabled.
// SOURCE: "Troubleshoot IAM", general issues: "I am not authorized to perform: iam:DeleteVirtualMFADevice".

use keyward_diagnose::{Finding, Report};
use keyward_engine::Decision;
use keyward_export::Export;

/// Adds what is known of a refused request whatever way it was asked for.
pub fn finish(report: &mut Report, export: &Export) {
    if !is_kept_by_mfa(report) {
        return;
    }
    let known = export.devices.as_ref().map(|devices| {
        let mut devices = devices.iter();
        devices.find(|device| device.serial == report.resource)
    });
    let finding = match known {
        None => Some(orphan(&report.resource, Known::No)),
        Some(Some(device)) if !device.is_assigned => {
            Some(orphan(&report.resource, Known::Unassigned))
        }
        // That was told with the answer.
        Some(Some(_)) => None,
        Some(None) => Some(absent(&report.resource)),
    };
    report.findings.extend(finding);
    // The policy does what it is there for.
    report.fixes.clear();
    report.no_fix = Some(
        "The policy is right and must not be edited: it keeps devices from being removed without MFA.".to_owned(),
    );
}

/// Returns whether a policy that asks for MFA denied the deletion of a device.
fn is_kept_by_mfa(report: &Report) -> bool {
    match report.decision {
        Decision::ExplicitDeny(_) => {}
        Decision::Allow(_) | Decision::ImplicitDeny(_) => return false,
    }
    report
        .action
        .eq_ignore_ascii_case("iam:DeleteVirtualMFADevice")
        && report.determining().any(|statement| {
            statement
                .elements
                .iter()
                .filter_map(|element| element.condition.as_ref())
                .any(|(_, key)| key.to_ascii_lowercase().starts_with("aws:multifactorauth"))
        })
}

/// Whether somebody has looked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    No,
    Unassigned,
}

fn orphan(serial: &str, known: Known) -> Finding {
    let (first, then) = match known {
        Known::No => (
            format!(
                "Most likely somebody began to assign {serial} and did not finish. Then the device belongs to nobody, so nobody \
                 can give a code of it, and without MFA the policy rightly denies its deletion."
            ),
            "An administrator, who has MFA, looks whether it is unassigned and deletes it; then it can be made anew.",
        ),
        Known::Unassigned => (
            format!(
                "{serial} is assigned to nobody: somebody began to assign it and did not finish. Nobody can give a code of it, \
                 and without MFA the policy rightly denies its deletion."
            ),
            "An administrator, who has MFA, deletes it; then it can be made anew.",
        ),
    };
    Finding {
        title: "An MFA device that was made and never enabled".to_owned(),
        sentences: vec![first, then.to_owned()],
        commands: vec![
            format!(
                "aws iam list-virtual-mfa-devices --assignment-status Unassigned --query \"VirtualMFADevices[?SerialNumber=='{serial}']\""
            ),
            format!("aws iam delete-virtual-mfa-device --serial-number {serial}"),
        ],
    }
}

fn absent(serial: &str) -> Finding {
    Finding {
        title: "There is no such MFA device any more".to_owned(),
        sentences: vec![format!(
            "{serial} is not among the account's virtual MFA devices: somebody has deleted it since. It can be made anew."
        )],
        commands: vec!["aws iam list-virtual-mfa-devices".to_owned()],
    }
}
