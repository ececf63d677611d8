//! One place among the parameters: its value and what lies below it.
//!
//! `Tags.member.1.Key` is reached from the root by `Tags`, `member`, `1`, `Key`. Because parameters are sorted by name,
//! all that lies below a place is one slice of them, found by binary search: reading a request costs n log n.

use std::cmp::Ordering;

use crate::call::DecodeError;
use crate::parameters::Parameter;

/// Up to so many parameters are looked at one by one, which is faster than a search.
const FEW: usize = 16;

/// The parameter that ends at a place, and those that go on below it.
type Found<'a> = (Option<&'a Parameter<'a>>, &'a [Parameter<'a>]);

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
        let (exact, below) = if self.below.len() <= FEW {
            self.found_by_looking(name)
        } else {
            self.found_by_search(name)
        }?;
        let any = exact.or(below.first())?;
        let depth = self.depth.checked_add(name.len())?;
        Some(Self {
            value: exact.map(|parameter| &*parameter.value),
            below,
            depth: depth.checked_add(1)?,
            name: any.name.get(..depth)?,
        })
    }

    /// The parameter of a name and those below it, of a few parameters.
    fn found_by_looking(&self, name: &str) -> Option<Found<'a>> {
        let first = name.as_bytes().first();
        let goes_on = |parameter: &'a Parameter<'a>| {
            let rest = self.rest(parameter).as_bytes();
            // Most differ in the first byte.
            let (start, end) = rest
                .split_at_checked(name.len())
                .filter(|_| rest.first() == first)?;
            (start == name.as_bytes()).then_some(end)
        };
        let mut exact = None;
        let mut below = 0..0;
        for (place, parameter) in self.below.iter().enumerate() {
            match goes_on(parameter) {
                Some([]) => exact = Some(parameter),
                Some([b'.', ..]) if below.is_empty() => below = place..place.saturating_add(1),
                // Sorted: they stand beside each other.
                Some([b'.', ..]) => below.end = place.saturating_add(1),
                Some(_) | None => {}
            }
        }
        Some((exact, self.below.get(below)?))
    }

    /// The parameter of a name and those below it, of any number of parameters.
    fn found_by_search(&self, name: &str) -> Option<Found<'a>> {
        let before = |parameter: &Parameter<'a>| self.rest(parameter) < name;
        let (_, tail) = self
            .below
            .split_at_checked(self.below.partition_point(before))?;
        // All that begin with the name are here, and the name itself is the first of them.
        let exact = tail
            .first()
            .filter(|parameter| self.rest(parameter) == name);
        let (_, tail) = tail.split_at_checked(usize::from(exact.is_some()))?;
        // Others may stand before what goes on below: `Tags-x` is before `Tags.member`.
        let stands = |parameter: &Parameter<'a>| under(self.rest(parameter), name);
        let start = tail.partition_point(|parameter| stands(parameter) == Ordering::Less);
        let (_, tail) = tail.split_at_checked(start)?;
        let length = tail.partition_point(|parameter| stands(parameter) == Ordering::Equal);
        Some((exact, tail.get(..length)?))
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

    use super::Found;
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
            let root = parameters.root();
            let names_of = |(exact, below): Found<'_>| {
                let below: Vec<_> = below.iter().map(|one| one.name.to_string()).collect();
                (exact.map(|one| one.name.to_string()), below)
            };
            prop_assert_eq!(
                root.found_by_looking(&wanted).map(names_of),
                root.found_by_search(&wanted).map(names_of)
            );
            let found = root.child(&wanted);
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
