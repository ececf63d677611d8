//! Pages of lists: `MaxItems`, `Marker`, `IsTruncated`.

use keyward_arn::{decode_base32, encode_base32};

use crate::ServiceError;

/// Items of a page where the caller does not say. SOURCE: spec/iam-entities.md §7.
const DEFAULT_ITEMS: usize = 100;

/// What part of a list a caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// At most so many items.
    pub(crate) items: usize,
    /// Only what comes after this name, in the order of the list.
    pub(crate) after: Option<String>,
}

impl Page {
    /// Reads `MaxItems`, which the model bounds, and `Marker`.
    ///
    /// A marker holds the name of the last item shown, so that it stays valid whatever is added or deleted meanwhile.
    pub(crate) fn read(max_items: Option<i32>, marker: Option<&str>) -> Result<Self, ServiceError> {
        let items = max_items
            .and_then(|items| usize::try_from(items).ok())
            .unwrap_or(DEFAULT_ITEMS);
        let after = marker.map(|marker| open(marker).ok_or_else(Self::invalid_marker));
        Ok(Self {
            items,
            after: after.transpose()?,
        })
    }

    /// Says that a marker is not one that was handed out.
    pub(crate) fn invalid_marker() -> ServiceError {
        ServiceError::validation("Invalid Marker.")
    }

    /// Makes the marker that [`read`](Self::read) takes back, for a list that is not cut by the number of its items.
    pub(crate) fn marker(name: &str) -> String {
        seal(name)
    }

    /// Cuts a list, of which one item more than fits was fetched, and makes the marker of what was left out.
    pub(crate) fn cut<T>(&self, items: &mut Vec<T>, name: impl Fn(&T) -> String) -> Option<String> {
        if items.len() <= self.items {
            return None;
        }
        items.truncate(self.items);
        items.last().map(|last| seal(&name(last)))
    }
}

/// The first character of every marker, so that a later form can be told from this one.
const FORM: &str = "A";

fn seal(name: &str) -> String {
    format!("{FORM}{}", encode_base32(name.as_bytes()))
}

fn open(marker: &str) -> Option<String> {
    let bytes = decode_base32(marker.strip_prefix(FORM)?)?;
    let name = String::from_utf8(bytes).ok()?;
    // Base32 has several texts for one name; only the one that was handed out is taken back.
    (seal(&name) == marker).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_leads_on_from_the_last_item() {
        let page = Page::read(Some(2), None).unwrap();
        let mut items = vec!["a", "b", "c"];
        let marker = page.cut(&mut items, |item| (*item).to_owned()).unwrap();
        assert_eq!(items, ["a", "b"]);
        let next = Page::read(None, Some(&marker)).unwrap();
        assert_eq!(
            next,
            Page {
                items: 100,
                after: Some("b".to_owned())
            }
        );
        assert_eq!(next.cut(&mut vec!["c"], |item| (*item).to_owned()), None);
    }

    #[test]
    fn other_markers_are_refused() {
        for marker in ["", "nonsense", "A1", "AMB", "B", "A\u{e9}"] {
            assert!(Page::read(None, Some(marker)).is_err(), "{marker}");
        }
    }
}
