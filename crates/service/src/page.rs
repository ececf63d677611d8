//! Pages of lists: `MaxItems`, `Marker`, `IsTruncated`.

use keyward_arn::{decode_base32, encode_base32};
use keyward_wire::Call;

use crate::ServiceError;

/// Items of a page where the caller does not say. SOURCE: spec/iam-entities.md §7.
const DEFAULT_ITEMS: usize = 100;

/// What part of a list a caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The operation that lists: a marker of one is none of another.
    list: &'static str,
    /// At most so many items.
    pub(crate) items: usize,
    /// Only what comes after this name, in the order of the list.
    pub(crate) after: Option<String>,
}

impl Page {
    /// Reads `MaxItems`, which the model bounds, and `Marker`.
    ///
    /// A marker holds the name of the last item shown, so that it stays valid whatever is added or deleted meanwhile.
    pub(crate) fn read<C: Call>(
        max_items: Option<i32>,
        marker: Option<&str>,
    ) -> Result<Self, ServiceError> {
        let list = C::OPERATION.name();
        let items = max_items
            .and_then(|items| usize::try_from(items).ok())
            .unwrap_or(DEFAULT_ITEMS);
        let after = marker.map(|marker| open(list, marker).ok_or_else(Self::invalid_marker));
        Ok(Self {
            list,
            items,
            after: after.transpose()?,
        })
    }

    /// Makes a page that is read for another purpose than to be listed: no caller sees its marker.
    pub(crate) fn unmarked(items: usize, after: Option<String>) -> Self {
        let list = "";
        Self { list, items, after }
    }

    /// Says that a marker is not one that this list handed out.
    // SOURCE: the API reference has no error for it; the text as callers report it, also for the marker of another list
    // (trek10inc/awsets pull request 21: a marker of ListUsers in ListAccessKeys).
    pub(crate) fn invalid_marker() -> ServiceError {
        ServiceError::validation("Invalid Marker.")
    }

    /// Makes the marker that [`read`](Self::read) takes back, for a list that is not cut by the number of its items.
    pub(crate) fn marker<C: Call>(name: &str) -> String {
        seal(C::OPERATION.name(), name)
    }

    /// Cuts a list, of which one item more than fits was fetched, and makes the marker of what was left out.
    pub(crate) fn cut<T>(&self, items: &mut Vec<T>, name: impl Fn(&T) -> String) -> Option<String> {
        if items.len() <= self.items {
            return None;
        }
        items.truncate(self.items);
        items.last().map(|last| seal(self.list, &name(last)))
    }
}

/// The first character of every marker, so that another form can be told from this one; `A` did not name the list.
const FORM: &str = "B";

fn seal(list: &str, name: &str) -> String {
    format!(
        "{FORM}{}",
        encode_base32(format!("{list}/{name}").as_bytes())
    )
}

fn open(list: &str, marker: &str) -> Option<String> {
    let bytes = decode_base32(marker.strip_prefix(FORM)?)?;
    let text = String::from_utf8(bytes).ok()?;
    let name = text.strip_prefix(list)?.strip_prefix('/')?;
    // Base32 has several texts for one name; only the one that was handed out is taken back.
    (seal(list, name) == marker).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use keyward_wire::iam::{ListAccessKeys, ListUserTags, ListUsers};

    use super::*;

    #[test]
    fn a_marker_leads_on_from_the_last_item() {
        let page = Page::read::<ListUsers>(Some(2), None).unwrap();
        let mut items = vec!["a", "b", "c"];
        let marker = page.cut(&mut items, |item| (*item).to_owned()).unwrap();
        assert_eq!(items, ["a", "b"]);
        assert_eq!(marker, Page::marker::<ListUsers>("b"));
        let next = Page::read::<ListUsers>(None, Some(&marker)).unwrap();
        assert_eq!(next.items, 100);
        assert_eq!(next.after.as_deref(), Some("b"));
        assert_eq!(next.cut(&mut vec!["c"], |item| (*item).to_owned()), None);
    }

    #[test]
    fn other_markers_are_refused() {
        let unnamed = format!("A{}", encode_base32(b"b"));
        let twice = format!("{}A", Page::marker::<ListUsers>("bob"));
        let empty = format!("B{}", encode_base32(b""));
        for marker in [
            "", "nonsense", "B1", "BMB", "A", "B\u{e9}", &unnamed, &twice, &empty,
        ] {
            assert!(
                Page::read::<ListUsers>(None, Some(marker)).is_err(),
                "{marker}"
            );
        }
    }

    #[test]
    fn a_marker_of_another_list_is_refused() {
        let marker = Page::marker::<ListUsers>("bob");
        assert!(Page::read::<ListUsers>(None, Some(&marker)).is_ok());
        assert!(Page::read::<ListAccessKeys>(None, Some(&marker)).is_err());
        assert!(Page::read::<ListUserTags>(None, Some(&marker)).is_err());
    }
}
