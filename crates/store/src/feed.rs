//! The change feed of a store in this process: a bounded ring of recent events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::limits::{FEED_BYTES_MAX, FEED_EVENTS_MAX, FEED_GROUP_MAX};
use crate::{Event, Observer, Revision, Watch, WatchError};

/// Recent events, and who is told of the next ones.
pub(crate) struct Feed {
    /// Locked first, and for as long as events are published: an observer that comes meanwhile misses none and sees none
    /// twice.
    observers: Mutex<Vec<Observer>>,
    ring: Mutex<Ring>,
    /// Rings when `ring` changed; what it carries has no meaning.
    bell: watch::Sender<()>,
}

#[derive(Debug)]
struct Ring {
    /// INVARIANT: every event after `floor` that was published is in `events`, in order.
    floor: Revision,
    events: VecDeque<Event>,
    bytes: usize,
    closed: bool,
}

impl Feed {
    /// Makes a feed that starts after a revision and has no events yet.
    pub(crate) fn new(floor: Revision) -> Arc<Self> {
        let ring = Ring {
            floor,
            events: VecDeque::new(),
            bytes: 0,
            closed: false,
        };
        Arc::new(Self {
            observers: Mutex::default(),
            ring: Mutex::new(ring),
            bell: watch::Sender::new(()),
        })
    }

    /// Adds events that are durable and visible to snapshots, in order. When it returns they were observed.
    pub(crate) fn publish(&self, events: &[Event]) {
        let mut observers = self.observers();
        self.add(events);
        observers.retain_mut(|observer| observer(events).is_continue());
        drop(observers);
        self.bell.send_replace(());
    }

    fn add(&self, events: &[Event]) {
        let mut ring = self.lock();
        for event in events {
            ring.bytes += event_bytes(event);
            ring.events.push_back(event.clone());
        }
        while ring.events.len() > FEED_EVENTS_MAX || ring.bytes > FEED_BYTES_MAX {
            let Some(oldest) = ring.events.pop_front() else {
                break;
            };
            ring.floor = oldest.revision;
            ring.bytes -= event_bytes(&oldest);
        }
    }

    /// Has the events after a revision observed, now and as they come. `visible` is as for [`watch`](Self::watch).
    pub(crate) fn observe(
        &self,
        after: Revision,
        visible: Revision,
        mut observer: Observer,
    ) -> Result<(), WatchError> {
        if after > visible {
            return Err(WatchError::Compacted { after });
        }
        let mut observers = self.observers();
        let missed: Vec<Event> = self.lock().after(after, usize::MAX)?.cloned().collect();
        if missed.is_empty() || observer(&missed).is_continue() {
            observers.push(observer);
        }
        Ok(())
    }

    /// Ends all watches once they have seen what is in the ring, and lets go of all observers.
    pub(crate) fn close(&self) {
        self.observers().clear();
        self.lock().closed = true;
        self.bell.send_replace(());
    }

    /// Starts a watch. `visible` is the revision that a snapshot shows now; it may be ahead of the
    /// events for a moment.
    pub(crate) fn watch(
        self: &Arc<Self>,
        after: Revision,
        visible: Revision,
    ) -> Result<Box<dyn Watch>, WatchError> {
        // A follower that is ahead has seen commits that this store lost (it was restored).
        if after > visible {
            return Err(WatchError::Compacted { after });
        }
        let bell = self.bell.subscribe();
        drop(self.lock().after(after, 0)?);
        Ok(Box::new(FeedWatch {
            feed: Arc::clone(self),
            after,
            bell,
        }))
    }

    fn observers(&self) -> MutexGuard<'_, Vec<Observer>> {
        // One that panicked is still there, and says for itself whether it can go on.
        self.observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        // Nothing between the lines that change the ring can panic, so it is whole.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    /// Returns the events after the revision, at most `most`; none if the first is still to come.
    fn after(
        &self,
        after: Revision,
        most: usize,
    ) -> Result<impl Iterator<Item = &Event>, WatchError> {
        if after < self.floor {
            return Err(WatchError::Compacted { after });
        }
        let index = self.events.partition_point(|event| event.revision <= after);
        if self.closed && index == self.events.len() {
            return Err(WatchError::Closed);
        }
        Ok(self.events.range(index..).take(most))
    }
}

fn event_bytes(event: &Event) -> usize {
    event
        .changes
        .iter()
        .map(|change| change.key.len() + change.value.as_ref().map_or(0, bytes::Bytes::len))
        .sum()
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

struct FeedWatch {
    feed: Arc<Feed>,
    after: Revision,
    bell: watch::Receiver<()>,
}

impl FeedWatch {
    /// Waits for events and takes up to `most`, at least one.
    async fn take(&mut self, most: usize) -> Result<Vec<Event>, WatchError> {
        loop {
            // Before the look, so that what is published after the look rings.
            self.bell.mark_unchanged();
            let found: Vec<Event> = self.feed.lock().after(self.after, most)?.cloned().collect();
            if let Some(last) = found.last() {
                self.after = last.revision;
                return Ok(found);
            }
            // The sender lives as long as `self.feed`.
            self.bell.changed().await.map_err(|_| WatchError::Closed)?;
        }
    }
}

#[async_trait]
impl Watch for FeedWatch {
    async fn next(&mut self) -> Result<Event, WatchError> {
        // One was taken.
        self.take(1).await?.pop().ok_or(WatchError::Closed)
    }

    async fn next_group(&mut self) -> Result<Vec<Event>, WatchError> {
        self.take(FEED_GROUP_MAX).await
    }
}
