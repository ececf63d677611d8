//! The texts of the instance metadata service, as EC2 writes them.

use std::net::IpAddr;

use bytes::Bytes;
use http::StatusCode;
use keyward_service::{Instance, InstanceCredentials, Now};
use serde_json::{Value, json};

use crate::http::Reply;
use crate::local::reply;

/// Answers a plain text.
pub(super) fn text(body: impl Into<Bytes>) -> Reply {
    reply(StatusCode::OK, "text/plain", body)
}

/// Answers JSON, which EC2 calls plain text.
pub(super) fn json(body: &Value) -> Reply {
    text(format!("{body:#}"))
}

/// Answers an error.
pub(super) fn error(status: StatusCode) -> Reply {
    let reason = status.canonical_reason().unwrap_or_default();
    let title = format!("{} - {reason}", status.as_u16());
    let page = format!(
        r#"<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
	"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{title}</title>
 </head>
 <body>
  <h1>{title}</h1>
 </body>
</html>
"#
    );
    reply(status, "text/html", page)
}

/// Shows credentials.
pub(super) fn credentials(credentials: &InstanceCredentials) -> Value {
    json!({
        "Code": "Success",
        "LastUpdated": credentials.issued,
        "Type": "AWS-HMAC",
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.expose(),
        "Token": credentials.session_token.expose(),
        "Expiration": credentials.expires,
    })
}

/// Says that the role's trust policy does not let EC2 in.
pub(super) fn unauthorized(role: &str, now: Now) -> Value {
    let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html";
    json!({
        "Code": "AssumeRoleUnauthorizedAccess",
        "Message": format!(
            "EC2 cannot assume the role {role}. Please see documentation at {page}#troubleshoot_iam-ec2_errors-info-doc."
        ),
        "LastUpdated": now.to_string(),
    })
}

/// Shows the instance profile.
pub(super) fn info(arn: &str, id: &str, now: Now) -> Value {
    json!({
        "Code": "Success",
        "LastUpdated": now.to_string(),
        "InstanceProfileArn": arn,
        "InstanceProfileId": id,
    })
}

/// Shows what the machine is. What only a machine of EC2 has is null, or a name that says what it is.
pub(super) fn document(
    instance: &Instance,
    address: IpAddr,
    region: &str,
    zone: &str,
    started: Now,
) -> Value {
    json!({
        "accountId": instance.account().to_string(),
        "architecture": std::env::consts::ARCH,
        "availabilityZone": zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "imageId": "ami-00000000000000000",
        "instanceId": instance.id(),
        "instanceType": "keyward",
        "kernelId": null,
        "marketplaceProductCodes": null,
        "pendingTime": started.to_string(),
        "privateIp": address.to_string(),
        "ramdiskId": null,
        "region": region,
        "version": "2017-09-30",
    })
}
