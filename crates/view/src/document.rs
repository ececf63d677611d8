//! Compiled policy documents, each once however many principals have it.

use std::sync::{Arc, Weak};

use keyward_directory::PolicyArn;
use keyward_engine::CompiledPolicy;
use keyward_policy::Policy;
use papaya::HashMap;
use sha2::{Digest as _, Sha256};

/// Compiled documents by the SHA-256 of their text.
#[derive(Debug, Default)]
pub struct Documents {
    compiled: HashMap<[u8; 32], Weak<CompiledPolicy>>,
    /// AWS's managed policies by their ARNs, so that one that many attach is unpacked once.
    aws: HashMap<Arc<str>, Weak<CompiledPolicy>>,
}

impl Documents {
    /// Returns the compiled form of a document, made anew only where nobody holds one.
    ///
    /// A document that can't be parsed gives a policy that refuses whatever it is asked.
    #[must_use]
    pub fn compile(&self, text: &str) -> Arc<CompiledPolicy> {
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let compiled = self.compiled.pin();
        if let Some(found) = compiled.get(&hash).and_then(Weak::upgrade) {
            return found;
        }
        let made = Arc::new(compile(text));
        compiled.insert(hash, Arc::downgrade(&made));
        made
    }

    /// Returns a policy that AWS manages; `None` where there is none of that ARN.
    #[must_use]
    pub fn aws_managed(&self, arn: &PolicyArn) -> Option<Arc<CompiledPolicy>> {
        let known = self.aws.pin();
        if let Some(found) = known.get(arn.as_str()).and_then(Weak::upgrade) {
            return Some(found);
        }
        let made = self.compile(&keyward_catalog::managed_policy(arn.as_str())?.document());
        known.insert(arn.shared(), Arc::downgrade(&made));
        Some(made)
    }

    /// Forgets documents that nobody holds any more.
    pub fn sweep(&self) {
        self.compiled
            .pin()
            .retain(|_, document| document.strong_count() > 0);
        self.aws
            .pin()
            .retain(|_, document| document.strong_count() > 0);
    }

    /// Returns how many documents are known, held or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.compiled.pin().len()
    }

    /// Returns whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Compiles a document; one that can't be parsed refuses whatever it is asked.
pub(crate) fn compile(text: &str) -> CompiledPolicy {
    match Policy::parse(text) {
        Ok(policy) => CompiledPolicy::compile(&policy),
        Err(error) => CompiledPolicy::unusable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_and_unused_ones_go() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let documents = Documents::default();
        let (one, two) = (documents.compile(text), documents.compile(text));
        assert!(Arc::ptr_eq(&one, &two));
        drop((one, two));
        assert_eq!(documents.len(), 1);
        documents.sweep();
        assert!(documents.is_empty());
    }
}
