//! What is counted, and how a worker tells it: one line an event.

use serde_json::{json, Value as Json};

/// A record whose answer is not the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: a line, or a script's name and the number of its assertion.
    pub place: String,
    pub sql: String,
    pub expected: String,
    pub got: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A unit (a sqllogictest file, or one script of a JSON file) begins; it holds so many records.
    Unit { index: usize, records: usize },
    Passed,
    /// The record that passed last is one of [`super::dolt_core`].
    Core,
    Failed(Difference),
    /// A record that the runner told the worker to leave out, since it killed an earlier worker.
    LeftOut,
    /// Not counted, but shown with the failures: a statement of a script's setup failed.
    Note(Difference),
    /// The unit is done.
    Done,
}

impl Event {
    pub fn to_line(&self) -> String {
        let with = |letter: &str, difference: &Difference| {
            let Difference { place, sql, expected, got } = difference;
            format!("{letter} {}", json!([place, sql, expected, got]))
        };
        match self {
            Event::Unit { index, records } => format!("u {index} {records}"),
            Event::Passed => "p".into(),
            Event::Core => "c".into(),
            Event::Failed(difference) => with("f", difference),
            Event::LeftOut => "l".into(),
            Event::Note(difference) => with("n", difference),
            Event::Done => "d".into(),
        }
    }

    pub fn from_line(line: &str) -> Option<Event> {
        let (letter, rest) = line.split_once(' ').unwrap_or((line, ""));
        let difference = || -> Option<Difference> {
            let parts: Vec<Json> = serde_json::from_str(rest).ok()?;
            let [place, sql, expected, got] = parts.as_slice() else { return None };
            let text = |value: &Json| value.as_str().map(str::to_owned);
            Some(Difference { place: text(place)?, sql: text(sql)?, expected: text(expected)?, got: text(got)? })
        };
        match letter {
            "u" => {
                let (index, records) = rest.split_once(' ')?;
                Some(Event::Unit { index: index.parse().ok()?, records: records.parse().ok()? })
            }
            "p" => Some(Event::Passed),
            "c" => Some(Event::Core),
            "f" => difference().map(Event::Failed),
            "l" => Some(Event::LeftOut),
            "n" => difference().map(Event::Note),
            "d" => Some(Event::Done),
            _ => None,
        }
    }
}

/// Where events go.
pub trait Sink {
    fn event(&mut self, event: Event);
    /// Whether the record of this number in the unit is to be left out.
    fn leave_out(&self, record: usize) -> bool;
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// Keeps the events; leaves nothing out.
    #[derive(Default)]
    pub struct Collected(pub Vec<Event>);

    impl Sink for Collected {
        fn event(&mut self, event: Event) { self.0.push(event) }
        fn leave_out(&self, _record: usize) -> bool { false }
    }

    impl Collected {
        pub fn passed(&self) -> usize { self.0.iter().filter(|event| **event == Event::Passed).count() }
        pub fn failures(&self) -> Vec<&Difference> {
            self.0.iter().filter_map(|event| if let Event::Failed(difference) = event { Some(difference) } else { None }).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_their_lines() {
        let difference =
            Difference { place: "line 3".into(), sql: "SELECT\n1".into(), expected: "\"1\"\n2".into(), got: String::new() };
        for event in [
            Event::Unit { index: 4, records: 17 },
            Event::Passed,
            Event::Core,
            Event::Failed(difference.clone()),
            Event::LeftOut,
            Event::Note(difference),
            Event::Done,
        ] {
            let line = event.to_line();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Event::from_line(&line), Some(event));
        }
        for line in ["", "x", "f", "f [1]", "u 1", "f [\"a\",\"b\",\"c\"]"] {
            assert_eq!(Event::from_line(line), None, "{line}");
        }
    }
}
