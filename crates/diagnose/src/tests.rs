//! Whole reports, as people and machines read them.

use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_engine::{
    AttachedPolicy, AttachedTo, CompiledPolicy, Context, LayerKind, Layers, PolicyLists, Principal,
    Request, ResourceKind,
};
use keyward_policy::{Policy, Position};

use crate::*;

mod denied;
mod fixed;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// A request with its policies, to be written in a few lines.
struct Scene {
    principal: &'static str,
    action: &'static str,
    resource: &'static str,
    context: &'static [(&'static str, &'static str)],
    policies: Vec<Attached>,
    unseen: &'static [LayerKind],
    kind: ResourceKind,
}

struct Attached {
    layer: LayerKind,
    to: AttachedTo,
    name: &'static str,
    arn: Option<&'static str>,
    document: &'static str,
}

fn scene(action: &'static str, resource: &'static str) -> Scene {
    Scene {
        principal: ALICE,
        action,
        resource,
        context: &[],
        policies: Vec::new(),
        unseen: &[LayerKind::ResourceControl, LayerKind::ServiceControl],
        kind: ResourceKind::Ordinary,
    }
}

impl Scene {
    fn with(
        mut self,
        layer: LayerKind,
        to: AttachedTo,
        name: &'static str,
        document: &'static str,
    ) -> Self {
        self.policies.push(Attached {
            layer,
            to,
            name,
            arn: None,
            document,
        });
        self
    }

    fn inline(self, name: &'static str, document: &'static str) -> Self {
        self.with(
            LayerKind::Identity,
            AttachedTo::User("alice".into()),
            name,
            document,
        )
    }

    fn managed(mut self, to: AttachedTo, arn: &'static str, document: &'static str) -> Self {
        let name = arn.rsplit('/').next().unwrap();
        self.policies.push(Attached {
            layer: LayerKind::Identity,
            to,
            name,
            arn: Some(arn),
            document,
        });
        self
    }

    fn boundary(mut self, arn: &'static str, document: &'static str) -> Self {
        let name = arn.rsplit('/').next().unwrap();
        let to = AttachedTo::User("alice".into());
        self.policies.push(Attached {
            layer: LayerKind::PermissionsBoundary,
            to,
            name,
            arn: Some(arn),
            document,
        });
        self
    }

    fn trust(mut self, name: &'static str, document: &'static str) -> Self {
        self.kind = ResourceKind::Role;
        self.with(LayerKind::Resource, AttachedTo::Resource, name, document)
    }

    fn report(&self) -> Report {
        let mut documents = Documents::new();
        let mut lists: std::collections::BTreeMap<LayerKind, Vec<AttachedPolicy>> =
            Default::default();
        for attached in &self.policies {
            let list = lists.entry(attached.layer).or_default();
            let compiled = match Policy::parse(attached.document) {
                Ok(policy) => {
                    let place = PolicyPlace {
                        layer: attached.layer,
                        list: 0,
                        policy: list.len(),
                    };
                    let compiled = CompiledPolicy::compile(&policy);
                    let origin = if attached.document.contains('\n') {
                        Origin::File {
                            path: "export.json".into(),
                            start: Position {
                                line: 10,
                                column: 31,
                            },
                        }
                    } else {
                        Origin::OneLine
                    };
                    documents.insert(
                        place,
                        Document {
                            policy: Arc::new(policy),
                            origin,
                        },
                    );
                    compiled
                }
                Err(error) => CompiledPolicy::unusable(error.to_string()),
            };
            list.push(AttachedPolicy::new(
                Arc::new(compiled),
                attached.name,
                attached.arn.map(Into::into),
                attached.to.clone(),
            ));
        }
        let list = |layer: LayerKind| lists.get(&layer).map(Vec::as_slice);
        let layers = Layers {
            resource_control: list(LayerKind::ResourceControl).map(PolicyLists::from),
            service_control: list(LayerKind::ServiceControl).map(PolicyLists::from),
            endpoint: list(LayerKind::Endpoint),
            resource: list(LayerKind::Resource).unwrap_or_default(),
            resource_kind: self.kind,
            identity: PolicyLists::from(list(LayerKind::Identity).unwrap_or_default()),
            boundary: list(LayerKind::PermissionsBoundary),
            session: list(LayerKind::Session).map(PolicyLists::from),
            ..Layers::default()
        };
        let mut context = Context::new();
        context.insert("aws:PrincipalArn", self.principal);
        for (key, value) in self.context {
            context.insert(*key, *value);
        }
        let account = AccountId::parse("111122223333").unwrap();
        let principal = if self.principal.ends_with(":root") {
            Principal::Root {
                arn: self.principal,
                account,
            }
        } else if self.principal.contains(":role/") {
            Principal::RoleSession {
                arn: self.principal,
                account,
                role_arn: self.principal,
                role_id: None,
            }
        } else {
            Principal::User {
                arn: self.principal,
                account,
                unique_id: None,
            }
        };
        let mut request = Request::new(principal, self.action, self.resource, &context);
        let owner = keyward_arn::Arn::parse(self.resource).and_then(|arn| arn.account_id());
        request.resource_account = owner.or(Some(account));
        diagnose(&Case {
            request,
            layers: &layers,
            documents: &documents,
            unseen: self.unseen,
            notes: &[],
        })
    }

    fn text(&self) -> String {
        let text = render_text(&self.report(), Style::Plain);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "too wide: {line}");
        }
        text
    }
}
