//! Sorted edits onto a map.

use std::cmp::Ordering;
use std::ops::Range;

use bytes::Bytes;

use super::builder::{check_entry, child_address, out_of_order, Builder};
use super::node::{child_value, Node, NodeBuilder};
use super::path::{read_child, read_root, Path};
use super::splitter::Splitter;
use super::Map;
use crate::chunk::{Chunk, ChunkStore};
use crate::error::{Error, Result};

type Edit = (Bytes, Option<Bytes>);

/// A tree is defined level by level: the sorted items of a level are cut into nodes by the splitter,
/// which begins afresh after each cut, and (greatest key, address, count) of each node are the items
/// of the level above; the level with a single node is the root. So the edits of a level decide the
/// edits of the one above, and one routine serves all levels:
///
/// 1. Seek the old node in which the next edit falls. Its start is a cut in the new tree as well,
///    since the run before ended where an old and a new cut coincide.
/// 2. Start a run there: merge the node's old items with the edits, and cut again. Items before the
///    first edit are known not to cut. Go on into the next old node until the old and the new cut
///    coincide: from there to the next edit the old nodes stand.
/// 3. A run has consumed old nodes and made new ones. The difference of the two lists is what the
///    level above has to edit.
///
/// Nothing but the touched nodes is read, and by construction the result is what building from
/// scratch gives. A new root with a single child is no root: the first node below it that has
/// more than one item, or is a leaf, takes its place.
///
/// A fault does not stop the pass over a level: the edits below the missing node are skipped and the
/// rest is looked at without writing, so that one round learns everything that is missing.
pub(super) fn apply(store: &dyn ChunkStore, map: Map, edits: &mut dyn Iterator<Item = Edit>) -> Result<Map> {
    let mut edits = Edits::new(edits)?;
    if edits.head().is_none() {
        return Ok(map);
    }
    let Some(root) = read_root(store, map)? else {
        let mut builder = Builder::new();
        while let Some((key, value)) = edits.take()? {
            if let Some(value) = value {
                builder.item(store, 0, &key, &value)?;
            }
        }
        return builder.finish(store);
    };
    let mut level = Level::new(store, 0);
    level.is_root = root.is_leaf();
    level.edit(&root, &mut edits)?;
    while !level.is_root {
        if level.ups.is_empty() {
            return Ok(map);
        }
        let mut ups = std::mem::take(&mut level.ups).into_iter();
        level = Level::new(store, level.at + 1);
        level.is_root = level.at == root.level();
        level.edit(&root, &mut Edits::new(&mut ups)?)?;
    }
    if !level.changed {
        return Ok(map);
    }
    // The nodes that took the old root's place: none, one, or the first level of a higher tree.
    if level.made.is_empty() {
        if let Some((chunk, ..)) = &level.held {
            let node = Node::open(chunk.clone())?;
            if !node.is_leaf() && node.len() == 1 {
                return collapse(store, node);
            }
        }
    }
    build_above(store, level.at, level.finish()?)
}

/// The root below a chain of single children.
fn collapse(store: &dyn ChunkStore, mut node: Node) -> Result<Map> {
    loop {
        let child = read_child(store, &node, 0, None)?;
        if child.is_leaf() || child.len() > 1 {
            return Ok(Map::from_root(node.child(0)));
        }
        node = child;
    }
}

/// The root above the nodes of a level.
fn build_above(store: &dyn ChunkStore, level: u8, nodes: Vec<(Bytes, Bytes)>) -> Result<Map> {
    if let [(_, value)] = nodes.as_slice() {
        return Ok(Map::from_root(child_address(value)));
    }
    let mut builder = Builder::above(level);
    for (key, value) in nodes {
        builder.item(store, 0, &key, &value)?;
    }
    builder.finish(store)
}

/// Edits with one read ahead, checked as they come.
struct Edits<'a> {
    source: &'a mut dyn Iterator<Item = Edit>,
    head: Option<Edit>,
}

impl<'a> Edits<'a> {
    fn new(source: &'a mut dyn Iterator<Item = Edit>) -> Result<Self> {
        let mut edits = Edits { source, head: None };
        edits.take()?;
        Ok(edits)
    }

    fn head(&self) -> Option<&Edit> {
        self.head.as_ref()
    }

    fn take(&mut self) -> Result<Option<Edit>> {
        let next = self.source.next();
        if let Some((key, value)) = &next {
            if self.head.as_ref().is_some_and(|(last, _)| key <= last) {
                return Err(out_of_order());
            }
            check_entry(key, value.as_deref())?;
        }
        Ok(std::mem::replace(&mut self.head, next))
    }
}

/// One level of the new tree in the making.
struct Level<'a> {
    store: &'a dyn ChunkStore,
    at: u8,
    builder: NodeBuilder,
    splitter: Splitter,
    /// The nodes made (in the present run, when a tree is edited): greatest key and inner value.
    made: Vec<(Bytes, Bytes)>,
    /// The old nodes that the present run consumed.
    consumed: Vec<(Bytes, Bytes)>,
    /// What the level above has to edit.
    ups: Vec<Edit>,
    changed: bool,
    /// The level of the old root. Its newest node is not written before it is known that it has
    /// company or more than one child.
    is_root: bool,
    held: Option<(Chunk, Bytes, u64)>,
    fault: Option<Error>,
}

impl<'a> Level<'a> {
    fn new(store: &'a dyn ChunkStore, at: u8) -> Self {
        Level {
            store,
            at,
            builder: NodeBuilder::new(at),
            splitter: Splitter::new(at),
            made: Vec::new(),
            consumed: Vec::new(),
            ups: Vec::new(),
            changed: false,
            is_root: false,
            held: None,
            fault: None,
        }
    }

    fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.builder.push(key, value);
        if self.splitter.closes(key, value.len()) {
            self.close()?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.splitter.reset();
        if self.builder.is_empty() {
            return Ok(());
        }
        if self.fault.is_some() {
            self.builder.clear();
            return Ok(());
        }
        let closed = self.builder.finish();
        if self.is_root {
            return match self.held.replace(closed) {
                Some(before) => self.write(before),
                None => Ok(()),
            };
        }
        self.write(closed)
    }

    fn write(&mut self, (chunk, last_key, total): (Chunk, Bytes, u64)) -> Result<()> {
        let address = self.store.put(chunk)?;
        self.made
            .push((last_key, Bytes::copy_from_slice(&child_value(&address, total))));
        Ok(())
    }

    /// Closes the last node; all nodes made.
    fn finish(mut self) -> Result<Vec<(Bytes, Bytes)>> {
        self.close()?;
        if let Some(held) = self.held.take() {
            self.write(held)?;
        }
        Ok(self.made)
    }

    fn edit(&mut self, root: &Node, edits: &mut Edits) -> Result<()> {
        let mut path = Path::default();
        path.push(root.clone(), 0);
        while let Some((key, _)) = edits.head() {
            match seek(self.store, &mut path, key, self.at) {
                Ok(()) => self.run(&mut path, edits)?,
                Err(error) if error.is_fault() => {
                    self.fault.get_or_insert(error);
                    let Some(frame) = path.top() else { break };
                    let limit = frame.node.key(frame.index);
                    let beyond_all = &key[..] > limit;
                    while edits.head().is_some_and(|(key, _)| beyond_all || &key[..] <= limit) {
                        edits.take()?;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// From the node on top of `path`, in which the next edit falls, to where old and new cuts coincide.
    fn run(&mut self, path: &mut Path, edits: &mut Edits) -> Result<()> {
        let mut begun = false;
        loop {
            let Some(frame) = path.top() else { return Ok(()) };
            let node = frame.node.clone();
            let is_last = path.is_last();
            let mut at = 0;
            while edits
                .head()
                .is_some_and(|(key, _)| is_last || &key[..] <= node.last_key())
            {
                let Some((key, value)) = edits.take()? else { break };
                let found = node.find(&key);
                let to = found.unwrap_or_else(|to| to);
                match (found, &value) {
                    (Ok(i), Some(value)) if node.value(i) == &value[..] => continue,
                    (Err(_), None) => continue,
                    _ => {}
                }
                if !begun {
                    begun = true;
                    at = to.min(node.len() - 1);
                    self.pass(&node, 0..at);
                }
                self.copy(&node, at..to)?;
                at = to + usize::from(found.is_ok());
                if let Some(value) = value {
                    self.push(&key, &value)?;
                }
            }
            if !begun {
                return Ok(());
            }
            self.copy(&node, at..node.len())?;
            if !self.is_root {
                self.consumed.push((node.key_bytes(node.len() - 1), path.value()));
            }
            if self.builder.is_empty() {
                break;
            }
            if is_last {
                self.close()?;
                break;
            }
            match next_node(self.store, path, self.at) {
                Ok(()) => {}
                Err(error) if error.is_fault() => {
                    self.fault.get_or_insert(error);
                    self.builder.clear();
                    self.splitter.reset();
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        self.changed = true;
        if self.fault.is_some() {
            self.consumed.clear();
            self.made.clear();
        } else if !self.is_root {
            self.lift();
        }
        Ok(())
    }

    /// Items that are known not to cut.
    fn pass(&mut self, node: &Node, items: Range<usize>) {
        for i in items {
            self.builder.push(node.key(i), node.value(i));
            self.splitter.pass(node.key(i), node.value(i).len());
        }
    }

    fn copy(&mut self, node: &Node, items: Range<usize>) -> Result<()> {
        for i in items {
            self.push(node.key(i), node.value(i))?;
        }
        Ok(())
    }

    /// The difference of the nodes consumed and made in this run, for the level above.
    fn lift(&mut self) {
        let mut old = self.consumed.drain(..).peekable();
        let mut new = self.made.drain(..).peekable();
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some((old, _)), Some((new, _))) => old.cmp(new),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return,
            };
            let gone = if order.is_le() { old.next() } else { None };
            let come = if order.is_ge() { new.next() } else { None };
            match (gone, come) {
                (Some(gone), Some(come)) if gone == come => {}
                (_, Some((key, value))) => self.ups.push((key, Some(value))),
                (Some((key, _)), None) => self.ups.push((key, None)),
                (None, None) => return,
            }
        }
    }
}

/// Moves `path` to the node of `level` whose range holds `key`; the last node's has no end.
fn seek(store: &dyn ChunkStore, path: &mut Path, key: &[u8], level: u8) -> Result<()> {
    while path.frames.len() > 1 && path.top().is_some_and(|frame| key > frame.node.last_key()) {
        path.frames.pop();
    }
    while let Some(frame) = path.frames.last_mut().filter(|frame| frame.node.level() > level) {
        frame.index = frame.node.lower_bound(key).min(frame.node.len() - 1);
        let child = path.child(store)?;
        path.push(child, 0);
    }
    Ok(())
}

/// Moves `path` from a node of `level` that is not its last to the next one.
fn next_node(store: &dyn ChunkStore, path: &mut Path, level: u8) -> Result<()> {
    path.frames.pop();
    while path.top().is_some_and(|frame| frame.index + 1 == frame.node.len()) {
        path.frames.pop();
    }
    if let Some(frame) = path.frames.last_mut() {
        frame.index += 1;
    }
    while path.top().is_some_and(|frame| frame.node.level() > level) {
        let child = path.child(store)?;
        path.push(child, 0);
    }
    Ok(())
}
