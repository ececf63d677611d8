//! Nodes, asked from which revision they answer. Nobody signs for that.

use std::sync::Arc;
use std::time::Duration;

use keyward_analysis::{BadQuestion, NodeAnswer, NodeState};

use crate::client::{CallError, Client};

/// How long one look at a node may take.
pub(crate) const LOOK: Duration = Duration::from_secs(5);

/// The nodes of an installation, or some of them.
pub(crate) struct Nodes {
    clients: Vec<(String, Arc<Client>)>,
}

impl Nodes {
    /// Gets ready to ask; nothing is sent yet.
    pub(crate) fn new(endpoints: &[String]) -> Result<Self, BadQuestion> {
        let environment = |name: &str| std::env::var(name).ok();
        let clients = endpoints.iter().map(|endpoint| {
            let client = Client::new(endpoint, &environment)?;
            let shown = endpoint.trim_end_matches('/').to_owned();
            Ok((shown, Arc::new(client)))
        });
        Ok(Self {
            clients: clients.collect::<Result<_, BadQuestion>>()?,
        })
    }

    /// Asks all at once, each for as long as `within` allows.
    pub(crate) async fn look(&self, within: Duration) -> Vec<NodeState> {
        let within = within.min(LOOK);
        let asked: Vec<_> = self
            .clients
            .iter()
            .map(|(endpoint, client)| {
                let client = Arc::clone(client);
                let asked = tokio::spawn(async move { one(&client, within).await });
                (endpoint, asked)
            })
            .collect();
        let mut states = Vec::with_capacity(asked.len());
        for (endpoint, asked) in asked {
            let answer = asked
                .await
                .unwrap_or_else(|error| NodeAnswer::Unknown(error.to_string()));
            states.push(NodeState {
                endpoint: endpoint.clone(),
                answer,
            });
        }
        states
    }
}

async fn one(client: &Client, within: Duration) -> NodeAnswer {
    let answer = match client.look("/readyz", within).await {
        Ok(answer) => answer,
        Err(CallError::Unreachable { why, .. }) => {
            return NodeAnswer::Unknown(format!("can't be reached: {why}"));
        }
        Err(error) => return NodeAnswer::Unknown(error.to_string()),
    };
    match answer.revision {
        None => NodeAnswer::Unknown(
            "does not say its revision: it is no Keyward, or one of an older version".to_owned(),
        ),
        Some(revision) if answer.status.is_success() => NodeAnswer::Ready(revision),
        Some(revision) => NodeAnswer::NotReady(revision, answer.body.trim().to_owned()),
    }
}
