//! The seventh symptom: changes that are not visible yet.

use keyward_diagnose::{Diagnosis, Finding};

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// Where it is asked.
    pub endpoint: String,
    /// What it answers.
    pub answer: NodeAnswer,
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeAnswer {
    /// It refuses requests for now, and why; the revision is the one at which it stands still.
    NotReady(u64, String),
    /// It decides from this revision.
    Ready(u64),
    /// It can't be asked, and why: `can't be reached: connection refused`.
    Unknown(String),
}

impl NodeState {
    /// Returns the revision that requests are answered from; `None` where none are.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        match self.answer {
            NodeAnswer::Ready(revision) => Some(revision),
            NodeAnswer::NotReady(..) | NodeAnswer::Unknown(_) => None,
        }
    }

    /// Returns whether it answers from a revision, or from a later one.
    #[must_use]
    pub fn has(&self, revision: u64) -> bool {
        self.revision().is_some_and(|it| it >= revision)
    }

    /// Says how it stands to a revision: `revision 40, 2 behind`.
    #[must_use]
    pub fn described(&self, wanted: u64) -> String {
        match &self.answer {
            NodeAnswer::NotReady(revision, why) => {
                format!("revision {revision}, and refuses requests: {why}")
            }
            NodeAnswer::Ready(revision) => match wanted.checked_sub(*revision) {
                None | Some(0) => format!("revision {revision}"),
                Some(behind) => format!("revision {revision}, {behind} behind"),
            },
            NodeAnswer::Unknown(why) => why.clone(),
        }
    }
}

/// Returns the revision that is meant: the one that is named, or the furthest that any node has come to.
#[must_use]
pub fn wanted_revision(nodes: &[NodeState], named: Option<u64>) -> u64 {
    let furthest = nodes.iter().map(|node| match node.answer {
        NodeAnswer::NotReady(revision, _) | NodeAnswer::Ready(revision) => revision,
        NodeAnswer::Unknown(_) => 0,
    });
    named.or(furthest.max()).unwrap_or(0)
}

/// Says which nodes do not know a change yet; `named` is the revision that the write answered with, where it is known.
#[must_use]
pub fn change_not_visible(nodes: &[NodeState], named: Option<u64>) -> Diagnosis {
    let wanted = wanted_revision(nodes, named);
    let late: Vec<&NodeState> = nodes.iter().filter(|node| !node.has(wanted)).collect();
    let mut findings = Vec::new();
    if late.is_empty() {
        findings.push(not_a_matter_of_time());
    } else {
        findings.push(wait(nodes, wanted));
        findings.extend(standing_still(&late));
    }
    findings.push(what_lags());
    let mut notes = Vec::new();
    if named.is_none() {
        notes.push(
            "Compared with the furthest node, since no --revision was given. Each answer to a write has its revision in the header \
             x-keyward-revision; aws prints it with --debug."
                .to_owned(),
        );
    }
    let mut facts = vec![("revision".to_owned(), wanted.to_string())];
    facts.extend(
        nodes
            .iter()
            .map(|node| (node.endpoint.clone(), node.described(wanted))),
    );
    Diagnosis {
        verdict: vec![verdict(nodes, &late, wanted)],
        facts,
        findings,
        notes,
    }
}

fn verdict(nodes: &[NodeState], late: &[&NodeState], wanted: u64) -> String {
    match (late, nodes) {
        ([], [_]) => {
            format!("The node answers from revision {wanted} or a later one: it knows the change.")
        }
        ([], _) => format!(
            "All {} nodes answer from revision {wanted} or a later one: the change is visible on each.",
            nodes.len()
        ),
        ([one], _) if matches!(one.answer, NodeAnswer::Unknown(_)) => format!(
            "Whether {} has revision {wanted} is not known: it {}.",
            one.endpoint,
            one.described(wanted)
        ),
        ([one], _) => format!(
            "{} does not answer from revision {wanted} yet: {}.",
            one.endpoint,
            one.described(wanted)
        ),
        (several, _) => format!(
            "{} of {} nodes do not answer from revision {wanted} yet.",
            several.len(),
            nodes.len()
        ),
    }
}

fn wait(nodes: &[NodeState], wanted: u64) -> Finding {
    let endpoints: Vec<String> = nodes
        .iter()
        .map(|node| format!("--endpoint {}", node.endpoint))
        .collect();
    Finding {
        title: "Wait until every node has it".to_owned(),
        sentences: vec![
            "Nodes follow the store's change feed, which takes milliseconds where nothing is wrong. A request can also say itself \
             from which revision on it wants an answer, with the header x-keyward-min-revision."
                .to_owned(),
        ],
        commands: vec![format!(
            "keyward wait {} --revision {wanted}",
            endpoints.join(" ")
        )],
    }
}

/// What to do about nodes that will not catch up by themselves.
fn standing_still(late: &[&NodeState]) -> Option<Finding> {
    let sentences: Vec<String> = late
        .iter()
        .filter_map(|node| match &node.answer {
            NodeAnswer::NotReady(_, why) => Some(format!(
                "{} refuses every request, since {why}. Its log says more.",
                node.endpoint
            )),
            NodeAnswer::Ready(_) => None,
            NodeAnswer::Unknown(_) => Some(format!(
                "{} can't be asked: whether it is behind is not known.",
                node.endpoint
            )),
        })
        .collect();
    (!sentences.is_empty()).then(|| Finding {
        title: "Nodes that do not catch up by themselves".to_owned(),
        sentences,
        commands: Vec::new(),
    })
}

fn not_a_matter_of_time() -> Finding {
    Finding {
        title: "What you miss is not a matter of time".to_owned(),
        sentences: vec![
            "Ask why the request is answered as it is: keyward explain --endpoint URL --message … shows the statement that decides."
                .to_owned(),
            "A session keeps the session policies and session tags that it was made with, whatever changes later; a role's own \
             policies, tags and boundary count as they are at each request. Assume the role anew where those of the session must \
             change."
                .to_owned(),
            "Look whether the change was made in the same account, and whether the client asks the same server.".to_owned(),
        ],
        commands: vec!["aws sts get-caller-identity".to_owned(), "aws configure list".to_owned()],
    }
}

fn what_lags() -> Finding {
    Finding {
        title: "What lags, and what does not".to_owned(),
        sentences: vec![
            "AWS's IAM answers from copies that may lag by seconds, and does not say by how much. Here each write answers with a \
             revision, the node that took it always reads it, and each node says from which revision it answers."
                .to_owned(),
            "Denies are not special: until a node has the revision of a change, it decides as before it. Where that must not \
             happen, wait before going on, or end sessions with keyward admin session revoke."
                .to_owned(),
        ],
        commands: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, answer: NodeAnswer) -> NodeState {
        NodeState {
            endpoint: format!("http://{name}"),
            answer,
        }
    }

    #[test]
    fn who_is_behind() {
        let nodes = [
            node("a", NodeAnswer::Ready(42)),
            node("b", NodeAnswer::Ready(40)),
            node("c", NodeAnswer::NotReady(42, "the feed is cut".to_owned())),
            node("d", NodeAnswer::Unknown("connection refused".to_owned())),
        ];
        let told = change_not_visible(&nodes, None);
        assert_eq!(
            told.verdict,
            ["3 of 4 nodes do not answer from revision 42 yet."]
        );
        assert_eq!(told.facts[2].0, "http://b");
        assert_eq!(told.facts[2].1, "revision 40, 2 behind");
        assert_eq!(
            told.findings[0].commands,
            [
                "keyward wait --endpoint http://a --endpoint http://b --endpoint http://c --endpoint http://d --revision 42"
            ]
        );
        assert_eq!(told.findings[1].sentences.len(), 2);
        assert_eq!(told.notes.len(), 1);
        let told = change_not_visible(&nodes[..2], Some(40));
        assert!(told.verdict[0].starts_with("All 2 nodes"), "{told:?}");
        let told = change_not_visible(&nodes[1..2], Some(41));
        assert_eq!(
            told.verdict,
            ["http://b does not answer from revision 41 yet: revision 40, 1 behind."]
        );
    }

    #[test]
    fn nothing_known_is_nothing_had() {
        let nodes = [node("d", NodeAnswer::Unknown("x".to_owned()))];
        assert_eq!(wanted_revision(&nodes, None), 0);
        assert!(!nodes[0].has(0));
    }
}
