//! One place among the parameters: its value and what lies below it.
//!
//! `Tags.member.1.Key` is reached from the root by `Tags`, `member`, `1`, `Key`. Because parameters are sorted by name,
//! all that lies below a place is one slice of them, found by binary search: reading a request costs n log n.

use std::cmp::Ordering;

use crate::call::DecodeError;
use crate::parameters::Parameter;

/// A place that at least one parameter names or goes through.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// The value of the parameter that ends here.
    value: Option<&'a str>,
    /// The parameters that go on below.
    below: &'a [Parameter<'a>],
    /// How many bytes of their names lead here, the dot included.
    depth: usize,
    /// The full name, for messages.
    name: &'a str,
}

impl<'a> Field<'a> {
    /// The root, below which all parameters lie.
    pub(crate) fn root(parameters: &'a [Parameter<'a>]) -> Self {
        Self {
            value: None,
            below: parameters,
            depth: 0,
            name: "",
        }
    }

    /// The place one step down, or `None` if no parameter leads there.
    pub(crate) fn child(&self, name: &str) -> Option<Self> {
        let before = |parameter: &Parameter<'a>| self.rest(parameter) < name;
        let (_, tail) = self
            .below
            .split_at_checked(self.below.partition_point(before))?;
        // All that begin with the name are here, and the name itself is the first of them.
        let full = tail.first()?;
        let rest = self.rest(full).strip_prefix(name)?;
        let exact = rest.is_empty().then_some(full);
        let (_, tail) = tail.split_at_checked(usize::from(exact.is_some()))?;
        // Others may stand before what goes on below: `Tags-x` is before `Tags.member`.
        let stands = |parameter: &Parameter<'a>| under(self.rest(parameter), name);
        let start = match tail.first().map(stands) {
            Some(Ordering::Less) => {
                tail.partition_point(|parameter| stands(parameter) == Ordering::Less)
            }
            Some(Ordering::Equal | Ordering::Greater) | None => 0,
        };
        let (_, tail) = tail.split_at_checked(start)?;
        let length = tail.partition_point(|parameter| stands(parameter) == Ordering::Equal);
        let (below, _) = tail.split_at_checked(length)?;
        if exact.is_none() && below.is_empty() {
            return None;
        }
        let depth = self.depth.checked_add(name.len())?;
        Some(Self {
            value: exact.map(|parameter| &*parameter.value),
            below,
            depth: depth.checked_add(1)?,
            name: full.name.get(..depth)?,
        })
    }

    /// The first steps that lead down from here, each once if the names are well-formed.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &'a str> {
        let depth = self.depth;
        let mut last = None;
        self.below.iter().filter_map(move |parameter| {
            let rest = parameter.name.get(depth..).unwrap_or("");
            let step = rest.split_once('.').map_or(rest, |(step, _)| step);
            let new = last != Some(step);
            last = Some(step);
            new.then_some(step)
        })
    }

    /// How many parameters end here or below.
    pub(crate) fn count(&self) -> usize {
        self.below
            .len()
            .saturating_add(usize::from(self.value.is_some()))
    }

    /// How many parameters lie below.
    pub(crate) fn count_below(&self) -> usize {
        self.below.len()
    }

    /// The value of a place where a single value is expected.
    // SOURCE: the texts of this and the next functions are those of AWS's Query front end, seen in public reports.
    pub(crate) fn scalar(&self) -> Result<&'a str, DecodeError> {
        match self.value {
            Some(value) if self.below.is_empty() => Ok(value),
            Some(_) | None => Err(DecodeError::Malformed {
                message: "Start of list found where not expected".into(),
            }),
        }
    }

    /// Refuses a single value where a structure is expected.
    pub(crate) fn structure(&self) -> Result<(), DecodeError> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// The elements of a list (`member.1`, `member.2` …), in order.
    ///
    /// `Name=` alone is the empty list, as SDKs send it.
    pub(crate) fn elements(&self) -> Result<Vec<Field<'a>>, DecodeError> {
        self.numbered("member")
    }

    /// The keys and values of a map (`entry.1.key`, `entry.1.value` …), in order.
    pub(crate) fn entries(&self) -> Result<Vec<(Field<'a>, Field<'a>)>, DecodeError> {
        let mut entries = Vec::new();
        for entry in self.numbered("entry")? {
            entry.structure()?;
            match (entry.child("key"), entry.child("value")) {
                (Some(key), Some(value))
                    if key.count().saturating_add(value.count()) == entry.count() =>
                {
                    entries.push((key, value));
                }
                (Some(_) | None, Some(_) | None) => return Err(entry.unexpected()),
            }
        }
        Ok(entries)
    }

    fn numbered(&self, step: &str) -> Result<Vec<Field<'a>>, DecodeError> {
        match self.value {
            Some("") if self.below.is_empty() => return Ok(Vec::new()),
            Some(_) => return Err(self.unexpected()),
            None => {}
        }
        let list = self
            .child(step)
            .filter(|list| list.count() == self.below.len() && list.value.is_none());
        // SOURCE: `Tags.1.Key` without `member` is answered with this text.
        let list = list.ok_or(DecodeError::Malformed {
            message: "Top level element may not be treated as a list".into(),
        })?;
        let mut elements = Vec::new();
        for step in list.steps() {
            let element = list.child(step).ok_or_else(|| list.unexpected())?;
            elements.push((index(step).ok_or_else(|| element.unexpected())?, element));
        }
        elements.sort_by_key(|(index, _)| *index);
        // UNSURE: AWS may close gaps. SDKs never leave one, so a gap is a mistake or a trick: refused.
        let whole = (1..)
            .zip(&elements)
            .all(|(expected, (index, _)): (usize, _)| expected == *index);
        if !whole {
            return Err(list.unexpected());
        }
        Ok(elements.into_iter().map(|(_, element)| element).collect())
    }

    /// The error for a place that holds what the model does not expect.
    // SOURCE: spec/access-denied-messages.md §6b "wrong scalar type" (UNSURE text)
    pub(crate) fn unexpected(&self) -> DecodeError {
        DecodeError::Malformed {
            message: format!("Unexpected value for {}", self.name).into(),
        }
    }

    fn rest(&self, parameter: &'a Parameter<'a>) -> &'a str {
        parameter.name.get(self.depth..).unwrap_or("")
    }
}

/// Where a name stands to all names that begin with `step` and a dot.
fn under(name: &str, step: &str) -> Ordering {
    let (name, step) = (name.as_bytes(), step.as_bytes());
    match name.split_at_checked(step.len()) {
        Some((start, rest)) => start.cmp(step).then_with(|| rest.first().cmp(&Some(&b'.'))),
        // Shorter: it stands before, unless it differs.
        None => name.cmp(step),
    }
}

/// An index as SDKs write it: `1`, `2` …, without sign or zeros in front.
fn index(step: &str) -> Option<usize> {
    let plain = step.bytes().all(|byte| byte.is_ascii_digit()) && !step.starts_with('0');
    plain.then(|| step.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::parameters::Parameters;

    proptest! {
        /// Against looking at every parameter, with characters on both sides of the dot.
        #[test]
        fn a_child_is_what_its_name_and_a_dot_lead_to(
            names in prop::collection::btree_set("[aA]{1,2}([.][-.aA1]{0,2}|-[aA.]{0,2})?", 0..9),
            wanted in "[aA]{1,2}-?",
        ) {
            let body = names.iter().map(|name| format!("{name}=of {name}")).collect::<Vec<_>>();
            let body = body.join("&");
            let parameters = Parameters::parse(None, body.as_bytes()).unwrap();
            let found = parameters.root().child(&wanted);
            let exact = names.get(&wanted).map(|name| format!("of {name}"));
            let dotted = format!("{wanted}.");
            let below: Vec<_> = names.iter().filter(|name| name.starts_with(&dotted)).collect();
            prop_assert_eq!(found.is_some(), exact.is_some() || !below.is_empty());
            if let Some(found) = found {
                prop_assert_eq!(found.value.map(str::to_owned), exact);
                let names: Vec<_> = found.below.iter().map(|one| one.name.to_string()).collect();
                prop_assert_eq!(names.iter().collect::<Vec<_>>(), below);
                prop_assert_eq!((found.name, found.depth), (wanted.as_str(), dotted.len()));
            }
        }
    }
}
