//! What the tests of this family share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use keyward_service::Clock as _;
use keyward_sigv4::Credentials;
use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{Call, iam};
use sha1::Sha1;

pub(crate) async fn start() -> InProcess {
    InProcess::start().await.unwrap()
}

/// Calls an operation that must succeed.
pub(crate) async fn ok<C: Call>(server: &InProcess, who: &Credentials, call: &C) -> Answer {
    let answer = server.call(who, call).await;
    assert_eq!(answer.status, 200, "{:?}: {}", C::OPERATION, answer.body);
    answer
}

/// Calls an operation that must be refused with a status, a code and a message.
pub(crate) async fn refused<C: Call>(
    server: &InProcess,
    who: &Credentials,
    call: &C,
    (status, code, message): (u16, &str, &str),
) {
    let answer = server.call(who, call).await;
    let got = answer.element("Message").unwrap_or_default();
    let got = got.replace("&apos;", "'").replace("&#39;", "'");
    assert_eq!(
        (answer.status, answer.code(), got.as_str()),
        (status, code, message),
        "{:?}",
        C::OPERATION
    );
}

/// Makes a user, with an inline policy where statements are given, and an access key for it.
pub(crate) async fn user(server: &InProcess, name: &str, statements: &str) -> Credentials {
    let call = iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    };
    ok(server, &server.root, &call).await;
    if !statements.is_empty() {
        put_policy(
            server,
            name,
            &format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#),
        )
        .await;
    }
    server.key_of(name).await
}

/// Gives a user an inline policy.
pub(crate) async fn put_policy(server: &InProcess, name: &str, document: &str) {
    let call = iam::PutUserPolicy {
        user_name: name.to_owned(),
        policy_name: "p".to_owned(),
        policy_document: document.into(),
    };
    ok(server, &server.root, &call).await;
}

/// Returns the message of a refusal for want of an Allow.
pub(crate) fn not_allowed(who: &str, action: &str, resource: &str) -> String {
    format!(
        "User: arn:aws:iam::{ACCOUNT}:user/{who} is not authorized to perform: {action} on resource: {resource} \
         because no identity-based policy allows the {action} action"
    )
}

/// Returns the texts of all elements of a name.
pub(crate) fn elements(answer: &Answer, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = answer.body.split(&open).skip(1);
    parts
        .map(|part| part.split(&close).next().unwrap().to_owned())
        .collect()
}

/// A virtual MFA device as its owner holds it.
pub(crate) struct Device {
    pub(crate) serial_number: String,
    seed: Vec<u8>,
}

impl Device {
    pub(crate) async fn create(server: &InProcess, who: &Credentials, name: &str) -> Self {
        let call = iam::CreateVirtualMFADevice {
            virtual_mfa_device_name: name.to_owned(),
            ..iam::CreateVirtualMFADevice::default()
        };
        let answer = ok(server, who, &call).await;
        let seed = STANDARD
            .decode(answer.element("Base32StringSeed").unwrap())
            .unwrap();
        Self {
            serial_number: answer.element("SerialNumber").unwrap().to_owned(),
            seed: keyward_arn::decode_base32(str::from_utf8(&seed).unwrap()).unwrap(),
        }
    }

    /// Computes the code that the device shows at a moment, in seconds from now by the server's clock.
    pub(crate) fn code(&self, server: &InProcess, from_now: i64) -> String {
        let step = (server.clock.now().unix_seconds() + from_now) / 30;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.seed).unwrap();
        mac.update(&u64::try_from(step).unwrap().to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let start = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[start..start + 4].try_into().unwrap());
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }

    /// Returns the call that enables the device, with the codes of two moments.
    pub(crate) fn enable(
        &self,
        server: &InProcess,
        user: &str,
        moments: (i64, i64),
    ) -> iam::EnableMFADevice {
        iam::EnableMFADevice {
            user_name: user.to_owned(),
            serial_number: self.serial_number.clone(),
            authentication_code1: self.code(server, moments.0),
            authentication_code2: self.code(server, moments.1),
        }
    }

    pub(crate) fn resync(
        &self,
        server: &InProcess,
        user: &str,
        moments: (i64, i64),
    ) -> iam::ResyncMFADevice {
        let enable = self.enable(server, user, moments);
        iam::ResyncMFADevice {
            user_name: enable.user_name,
            serial_number: enable.serial_number,
            authentication_code1: enable.authentication_code1,
            authentication_code2: enable.authentication_code2,
        }
    }

    pub(crate) fn deactivate(&self, user: Option<&str>) -> iam::DeactivateMFADevice {
        iam::DeactivateMFADevice {
            user_name: user.map(str::to_owned),
            serial_number: self.serial_number.clone(),
        }
    }
}
