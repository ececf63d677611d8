use std::sync::Arc;

use async_trait::async_trait;

use crate::contract::{Failure, Fixture, run};
use crate::{MemoryStore, OpenMode, RedbStore, Store};

struct Memory;

#[async_trait]
impl Fixture for Memory {
    async fn empty(&mut self) -> Result<Arc<dyn Store>, Failure> {
        Ok(Arc::new(MemoryStore::new()))
    }

    async fn restart(&mut self, _: Arc<dyn Store>) -> Result<Option<Arc<dyn Store>>, Failure> {
        Ok(None)
    }
}

struct Embedded {
    folder: tempfile::TempDir,
    count: usize,
    may_wait: fn() -> bool,
}

impl Embedded {
    fn new(may_wait: fn() -> bool) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            count: 0,
            may_wait,
        }
    }

    fn open(&self, mode: OpenMode) -> Result<Arc<dyn Store>, Failure> {
        let path = self.folder.path().join(format!("{}.db", self.count));
        let store = RedbStore::open(path, mode).map_err(|error| error.to_string())?;
        Ok(Arc::new(store.writing_where_called(self.may_wait)))
    }
}

#[async_trait]
impl Fixture for Embedded {
    async fn empty(&mut self) -> Result<Arc<dyn Store>, Failure> {
        self.count += 1;
        self.open(OpenMode::CreateNew)
    }

    async fn restart(&mut self, store: Arc<dyn Store>) -> Result<Option<Arc<dyn Store>>, Failure> {
        drop(store);
        self.open(OpenMode::Existing).map(Some)
    }
}

#[tokio::test]
async fn memory() {
    assert_eq!(run(&mut Memory).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_on_two_threads() {
    assert_eq!(run(&mut Memory).await, Ok(()));
}

#[tokio::test]
async fn embedded() {
    assert_eq!(run(&mut Embedded::new(|| false)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_on_two_threads() {
    assert_eq!(run(&mut Embedded::new(|| false)).await, Ok(()));
}

#[tokio::test]
async fn embedded_writing_where_called() {
    assert_eq!(run(&mut Embedded::new(|| true)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_writing_where_called_on_two_threads() {
    assert_eq!(run(&mut Embedded::new(|| true)).await, Ok(()));
}
