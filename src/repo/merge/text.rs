//! The three-way merge of a text, line by line: what the merge driver `text3` does, and what a page shows of it.
//!
//! Lines are what stands between line feeds, so that a text without a line feed at its end can be appended to without
//! changing its last line. Joining the lines again gives the text back, byte for byte; a carriage return belongs to
//! its line.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// Which of the three texts a hunk's lines are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HunkKind {
    Unchanged,
    Ours,
    Theirs,
    /// Both sides changed these lines alike.
    Both,
    Conflict,
}

impl HunkKind {
    pub fn as_str(self) -> &'static str {
        match self {
            HunkKind::Unchanged => "unchanged",
            HunkKind::Ours => "ours",
            HunkKind::Theirs => "theirs",
            HunkKind::Both => "both",
            HunkKind::Conflict => "conflict",
        }
    }
}

/// What a hunk becomes in the merged text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Base,
    Ours,
    Theirs,
    /// Ours, then theirs.
    Both,
}

impl Choice {
    pub fn parse(word: &str) -> Option<Choice> {
        Some(match word {
            "base" => Choice::Base,
            "ours" => Choice::Ours,
            "theirs" => Choice::Theirs,
            "both" => Choice::Both,
            _ => return None,
        })
    }
}

/// Ranges count lines from 0. The hunks of a merge cover all three texts, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextHunk { pub kind: HunkKind, pub base: Range<usize>, pub ours: Range<usize>, pub theirs: Range<usize> }

/// Three texts and their hunks.
pub struct TextMerge<'a> {
    pub base: Vec<&'a str>,
    pub ours: Vec<&'a str>,
    pub theirs: Vec<&'a str>,
    pub hunks: Vec<TextHunk>,
}

/// Lines of the base that a side replaced, and by which of its own.
#[derive(Clone)]
struct Edit { base: Range<usize>, side: Range<usize> }

impl<'a> TextMerge<'a> {
    /// Edits of both sides, in order of the base. Those that touch a common line of it, or insert at the same place,
    /// are one hunk, and conflict unless both sides wrote the same; lines that only lie side by side do not.
    pub fn new(base: &'a str, ours: &'a str, theirs: &'a str) -> Self {
        let [base, ours, theirs] = [base, ours, theirs].map(|text| text.split('\n').collect::<Vec<_>>());
        let sides = [edits(&base, &ours), edits(&base, &theirs)];
        let mut hunks = Vec::new();
        let mut next = [0, 0];
        // Where base, ours and theirs stand.
        let mut at = [0, 0, 0];
        loop {
            let first = |side: usize, next: &[usize; 2]| sides[side].get(next[side]).map(|edit| &edit.base);
            let start = match (first(0, &next), first(1, &next)) {
                (None, None) => break,
                (Some(edit), None) | (None, Some(edit)) => edit.clone(),
                (Some(a), Some(b)) => if (a.start, a.end) <= (b.start, b.end) { a.clone() } else { b.clone() },
            };
            let mut span = start;
            let before = next;
            loop {
                let joins = |side: usize| first(side, &next).is_some_and(|edit| meets(edit, &span));
                let Some(side) = [0, 1].into_iter().find(|side| joins(*side)) else { break };
                let edit = &sides[side][next[side]].base;
                span = span.start.min(edit.start)..span.end.max(edit.end);
                next[side] += 1;
            }
            let unchanged = span.start - at[0];
            push(&mut hunks, HunkKind::Unchanged, &mut at, [unchanged; 3]);
            let length = |side: usize| {
                let taken = &sides[side][before[side]..next[side]];
                let grown: usize = taken.iter().map(|edit| edit.side.len()).sum();
                let shrunk: usize = taken.iter().map(|edit| edit.base.len()).sum();
                span.len() + grown - shrunk
            };
            let lengths = [span.len(), length(0), length(1)];
            let kind = match (next[0] > before[0], next[1] > before[1]) {
                (true, false) => HunkKind::Ours,
                (false, true) => HunkKind::Theirs,
                _ if ours[at[1]..at[1] + lengths[1]] == theirs[at[2]..at[2] + lengths[2]] => HunkKind::Both,
                _ => HunkKind::Conflict,
            };
            push(&mut hunks, kind, &mut at, lengths);
        }
        let rest = base.len() - at[0];
        push(&mut hunks, HunkKind::Unchanged, &mut at, [rest; 3]);
        TextMerge { base, ours, theirs, hunks }
    }

    pub fn conflicts(&self) -> usize { self.hunks.iter().filter(|hunk| hunk.kind == HunkKind::Conflict).count() }

    /// The merged text; `choose` decides a hunk by its number, from 0, or leaves it to its kind. `None`: a conflict
    /// is undecided.
    pub fn merged(&self, choose: impl Fn(usize, &TextHunk) -> Option<Choice>) -> Option<String> {
        let mut lines: Vec<&str> = Vec::new();
        for (number, hunk) in self.hunks.iter().enumerate() {
            let choice = match (choose(number, hunk), hunk.kind) {
                (Some(choice), _) => choice,
                (None, HunkKind::Conflict) => return None,
                (None, HunkKind::Theirs) => Choice::Theirs,
                (None, HunkKind::Unchanged | HunkKind::Ours | HunkKind::Both) => Choice::Ours,
            };
            if choice == Choice::Base {
                lines.extend(&self.base[hunk.base.clone()]);
            }
            if matches!(choice, Choice::Ours | Choice::Both) {
                lines.extend(&self.ours[hunk.ours.clone()]);
            }
            if matches!(choice, Choice::Theirs | Choice::Both) {
                lines.extend(&self.theirs[hunk.theirs.clone()]);
            }
        }
        Some(lines.join("\n"))
    }
}

/// Moves on by so many lines of each text; nothing for no lines.
fn push(hunks: &mut Vec<TextHunk>, kind: HunkKind, at: &mut [usize; 3], lengths: [usize; 3]) {
    if lengths == [0; 3] {
        return;
    }
    let [base, ours, theirs] = [0, 1, 2].map(|text| at[text]..at[text] + lengths[text]);
    *at = [base.end, ours.end, theirs.end];
    hunks.push(TextHunk { kind, base, ours, theirs });
}

/// Whether two ranges of the base have a line in common, or are the same place between two lines.
fn meets(a: &Range<usize>, b: &Range<usize>) -> bool { a == b || (a.start < b.end && b.start < a.end) }

fn edits(base: &[&str], side: &[&str]) -> Vec<Edit> {
    let mut input: InternedInput<&str> = InternedInput::default();
    input.update_before(base.iter().copied());
    input.update_after(side.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Edit { base: range(hunk.before), side: range(hunk.after) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> { TextMerge::new(base, ours, theirs).merged(|_, _| None) }

    #[test]
    fn only_overlapping_lines_conflict() {
        let merged = |base, ours, theirs, expected: Option<&str>| assert_eq!(merge(base, ours, theirs).as_deref(), expected);
        merged("a\nb\nc", "a1\nb\nc", "a\nb\nc1", Some("a1\nb\nc1"));
        merged("a\nb", "a1\nb", "a\nb1", Some("a1\nb1"));
        merged("a\nb", "a1\nb", "a2\nb", None);
        merged("a\nb", "a1\nb", "a1\nb", Some("a1\nb"));
        // An append to a line that the other side changed.
        merged("a\nb", "a\nb\nc", "a\nb1", Some("a\nb1\nc"));
        merged("a", "a\nb", "a\nc", None);
        merged("a\nb\nc", "a\nc", "a\nb\nc\nd", Some("a\nc\nd"));
        merged("a\nb\nc", "a\nc", "a\nB\nc", None);
        merged("", "x", "", Some("x"));
        merged("", "x", "y", None);
        merged("a\r\nb\r\n", "a\r\nB\r\n", "A\r\nb\r\n", Some("A\r\nB\r\n"));
        merged("a\n", "a", "a\nb\n", Some("a\nb"));
    }

    #[test]
    fn choices_decide_hunks() {
        let merge = TextMerge::new("a\nb\nc\nd", "a1\nb\nc\nd2", "a\nb\nc\nd3");
        let kinds: Vec<HunkKind> = merge.hunks.iter().map(|hunk| hunk.kind).collect();
        assert_eq!(kinds, [HunkKind::Ours, HunkKind::Unchanged, HunkKind::Conflict]);
        assert_eq!(merge.conflicts(), 1);
        let with = |choices: &[(usize, Choice)]| {
            merge.merged(|number, _| choices.iter().find(|(at, _)| *at == number).map(|(_, choice)| *choice))
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[(2, Choice::Theirs)]).unwrap(), "a1\nb\nc\nd3");
        assert_eq!(with(&[(0, Choice::Base), (2, Choice::Both)]).unwrap(), "a\nb\nc\nd2\nd3");
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab]{0,2}", 0..8).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn laws(base in text(), ours in text(), theirs in text()) {
            let both = TextMerge::new(&base, &ours, &theirs);
            // Hunks cover all three texts.
            let all = |choice| both.merged(|_, _| Some(choice)).unwrap();
            prop_assert_eq!(all(Choice::Base), base.as_str());
            prop_assert_eq!(all(Choice::Ours), ours.as_str());
            prop_assert_eq!(all(Choice::Theirs), theirs.as_str());
            prop_assert_eq!(both.conflicts() == 0, both.merged(|_, _| None).is_some());
            // Whichever side is ours.
            prop_assert_eq!(merge(&base, &ours, &theirs), merge(&base, &theirs, &ours));
            prop_assert_eq!(merge(&base, &ours, &ours), Some(ours.clone()));
            prop_assert_eq!(merge(&base, &base, &theirs), Some(theirs.clone()));
        }
    }
}
