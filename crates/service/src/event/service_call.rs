//! The audit event of what a service does for itself, which no request of the API stands behind.

use keyward_arn::AccountId;
use keyward_wire::{Operation, Timestamp, WireError, write_json_string as string};

use super::{Detail, is_read_only};
use crate::exchange::RequestId;
use crate::ports::Now;

/// What a service did or was refused, in an account.
pub(crate) struct ServiceCall<'a> {
    pub(crate) now: Now,
    pub(crate) request_id: &'a RequestId,
    pub(crate) event_id: &'a RequestId,
    /// Such as `ec2.amazonaws.com`.
    pub(crate) service: &'a str,
    pub(crate) operation: Operation,
    pub(crate) account: AccountId,
    /// The role.
    pub(crate) role_arn: &'a str,
    pub(crate) detail: &'a Detail,
    pub(crate) error: Option<&'a WireError>,
}

impl ServiceCall<'_> {
    /// Writes the event as one line: the service stands where an address and a user agent do otherwise.
    pub(crate) fn write(&self) -> String {
        let mut out = String::with_capacity(1024);
        out.push_str(r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"#);
        string(&mut out, self.service);
        out.push_str(r#"},"eventTime":""#);
        Timestamp(self.now.unix_seconds()).print(&mut out);
        out.push_str(r#"","eventSource":""#);
        out.push_str(self.operation.service().signing_name());
        out.push_str(r#".amazonaws.com","eventName":"#);
        string(&mut out, self.operation.name());
        out.push_str(r#","awsRegion":"us-east-1","sourceIPAddress":"#);
        string(&mut out, self.service);
        out.push_str(r#","userAgent":"#);
        string(&mut out, self.service);
        if let Some(error) = self.error {
            out.push_str(r#","errorCode":"#);
            string(&mut out, error.code.code);
            out.push_str(r#","errorMessage":"#);
            string(&mut out, &error.message);
        }
        out.push_str(r#","requestParameters":"#);
        out.push_str(self.detail.request.as_deref().unwrap_or("null"));
        out.push_str(r#","responseElements":"#);
        out.push_str(self.detail.response.as_deref().unwrap_or("null"));
        if let Some(decision) = &self.detail.decision {
            out.push_str(r#","additionalEventData":"#);
            out.push_str(decision);
        }
        out.push_str(r#","requestID":""#);
        out.push_str(self.request_id.as_str());
        out.push_str(r#"","eventID":""#);
        out.push_str(self.event_id.as_str());
        out.push_str(match is_read_only(self.operation) {
            true => r#"","readOnly":true,"resources":[{"accountId":""#,
            false => r#"","readOnly":false,"resources":[{"accountId":""#,
        });
        self.account.append_to(&mut out);
        out.push_str(r#"","type":"AWS::IAM::Role","ARN":"#);
        string(&mut out, self.role_arn);
        out.push_str(
            r#"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":""#,
        );
        self.account.append_to(&mut out);
        out.push_str("\",\"eventCategory\":\"Management\"}\n");
        out
    }
}
