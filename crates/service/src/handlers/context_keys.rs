//! The condition keys that policies look at.

use keyward_simulate::simulator::{Documents, SourceKind};
use keyward_wire::{PolicyDocument, iam};

use super::principal_policies::{PolicySource, PrincipalPolicies};
use super::simulate::{add_sent, invalid_policy};
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

impl Operate for iam::GetContextKeysForCustomPolicy {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetContextKeysForPolicyResponse>, ServiceError> {
        let documents = sent(&call.policy_input_list)?;
        Ok(Done::without_store(shown(&documents)))
    }
}

impl Operate for iam::GetContextKeysForPrincipalPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(PolicySource::question(&self.policy_source_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetContextKeysForPolicyResponse>, ServiceError> {
        let source = PolicySource::parse(&call.policy_source_arn)?;
        let reader = service.reader(call.caller()).await?;
        let policies = PrincipalPolicies::read(&reader, &source).await?;
        let mut documents = Documents::new(SourceKind::Identity);
        for policy in &policies.identity {
            documents.add_stored(policy.origin.source_policy_id(), &policy.document);
        }
        let sent = call.policy_input_list.as_deref().unwrap_or_default();
        add_sent(&mut documents, sent)?;
        Ok(Done::at(reader.revision(), shown(&documents)))
    }
}

/// Reads the policies of a request; policies of resources have keys too.
fn sent(policies: &[PolicyDocument]) -> Result<Documents, ServiceError> {
    let mut documents = Documents::new(SourceKind::Any);
    for (name, text) in super::simulate::named("PolicyInputList", policies) {
        let added = documents.add(name.as_str(), text);
        added.map_err(|error| invalid_policy(&name, &error))?;
    }
    Ok(documents)
}

fn shown(documents: &Documents) -> iam::GetContextKeysForPolicyResponse {
    iam::GetContextKeysForPolicyResponse {
        context_key_names: Some(documents.keys().collect()),
    }
}
