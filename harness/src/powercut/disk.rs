//! A model of a file system: what is on it, and how much of that would outlive a power cut.
//!
//! The rules are those that POSIX gives a program to count on, and no others: bytes are durable once their file was
//! synced, a name once the folder that holds it was. Until then each change may have reached the disk or not, whatever
//! came before or after it. A rename is atomic, as every journaling file system makes it.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

use super::operation::Operation;

/// A file or a folder, whatever it is called.
pub(super) type Inode = usize;

/// The inode of the root.
const ROOT: Inode = 0;

/// What a folder holds.
type Names = BTreeMap<(Inode, String), Inode>;

/// A change of names that may not have reached the disk.
#[derive(Clone, Debug)]
struct Edit {
    changes: Vec<((Inode, String), Option<Inode>)>,
    /// The folder that has to be synced.
    settled_by: Inode,
    settled: bool,
    what: String,
}

#[derive(Clone, Debug, Default)]
struct File {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    dirty: bool,
}

#[derive(Clone, Debug)]
enum Node {
    Folder,
    File(File),
}

/// An open file, which copies of its descriptor share.
#[derive(Clone, Copy, Debug)]
struct Description {
    inode: Inode,
    offset: usize,
    append: bool,
}

/// The file system below the root, while operations are applied to it.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    root: PathBuf,
    nodes: Vec<Node>,
    names: Names,
    durable: Names,
    edits: Vec<Edit>,
    descriptions: Vec<Description>,
    descriptors: HashMap<i64, usize>,
}

/// What becomes of the bytes of a file that was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bytes {
    /// All of them are there.
    All,
    /// Those of the last sync are there.
    Durable,
    /// The file has its length, and zeros where nothing was synced.
    Zeros,
    /// Half of what was not synced is there.
    Half,
}

/// What reached the disk of what did not have to.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    /// Which of [`Disk::open_edits`] did.
    pub(super) edits: Vec<usize>,
    /// What became of the files of [`Disk::dirty_files`]; one that is not named lost what was not synced.
    pub(super) files: BTreeMap<Inode, Bytes>,
}

/// What a power cut leaves: paths below the root, with the bytes of files.
pub(super) type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl Disk {
    /// An empty root.
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            nodes: vec![Node::Folder],
            names: Names::new(),
            durable: Names::new(),
            edits: Vec::new(),
            descriptions: Vec::new(),
            descriptors: HashMap::new(),
        }
    }

    /// Applies an operation. `true`: what could be on the disk after a power cut is now another.
    pub(super) fn apply(&mut self, operation: &Operation) -> Result<bool, String> {
        match operation {
            Operation::Open {
                descriptor,
                path,
                create,
                truncate,
                append,
            } => return self.open(*descriptor, path, *create, *truncate, *append),
            Operation::Close { descriptor } => {
                self.descriptors.remove(descriptor);
                return Ok(false);
            }
            Operation::Duplicate { from, to } => {
                match self.descriptors.get(from) {
                    Some(&description) => self.descriptors.insert(*to, description),
                    None => self.descriptors.remove(to),
                };
                return Ok(false);
            }
            Operation::Seek { descriptor, offset } => {
                if let Some(&description) = self.descriptors.get(descriptor) {
                    self.descriptions[description].offset = index(*offset)?;
                }
                return Ok(false);
            }
            Operation::Write {
                descriptor,
                offset,
                bytes,
            } => return self.write(*descriptor, *offset, bytes),
            Operation::Truncate { descriptor, length } => {
                let length = index(*length)?;
                return Ok(self.change(*descriptor, |file| file.bytes.resize(length, 0)));
            }
            Operation::Rename { from, to } => {
                let inode = self.find(from)?;
                let (old, new) = (self.slot(from)?, self.slot(to)?);
                let what = format!("rename {} to {}", self.short(from), self.short(to));
                let settled_by = new.0;
                self.edit(vec![(old, None), (new, Some(inode))], settled_by, what);
            }
            Operation::Link { from, to } => {
                let (inode, new) = (self.find(from)?, self.slot(to)?);
                let what = format!("link {} to {}", self.short(from), self.short(to));
                let settled_by = new.0;
                self.edit(vec![(new, Some(inode))], settled_by, what);
            }
            Operation::Remove { path } => {
                let slot = self.slot(path)?;
                let what = format!("remove {}", self.short(path));
                let settled_by = slot.0;
                self.edit(vec![(slot, None)], settled_by, what);
            }
            Operation::MakeFolder { path } => {
                // The root itself is there from the beginning.
                if path == &self.root {
                    return Ok(false);
                }
                let slot = self.slot(path)?;
                let what = format!("make the folder {}", self.short(path));
                self.add(Node::Folder, slot, what);
            }
            Operation::Sync { descriptor } => return Ok(self.sync(*descriptor)),
            Operation::Answer { .. } => return Ok(false),
        }
        Ok(true)
    }

    fn open(
        &mut self,
        descriptor: i64,
        path: &Path,
        create: bool,
        truncate: bool,
        append: bool,
    ) -> Result<bool, String> {
        let (inode, mut changed) = match self.find(path) {
            Ok(inode) => (inode, false),
            Err(_) if create => {
                let slot = self.slot(path)?;
                let what = format!("create {}", self.short(path));
                (self.add(Node::File(File::default()), slot, what), true)
            }
            Err(error) => return Err(error),
        };
        self.descriptors.insert(descriptor, self.descriptions.len());
        self.descriptions.push(Description {
            inode,
            offset: 0,
            append,
        });
        if truncate {
            changed |= self.change(descriptor, |file| file.bytes.clear());
        }
        Ok(changed)
    }

    fn write(&mut self, descriptor: i64, offset: Option<u64>, bytes: &[u8]) -> Result<bool, String> {
        let Some(&description) = self.descriptors.get(&descriptor) else {
            return Ok(false);
        };
        let Description { inode, append, .. } = self.descriptions[description];
        let Some(Node::File(file)) = self.nodes.get(inode) else {
            return Err("a folder is written to".to_owned());
        };
        let at = match offset {
            Some(offset) => index(offset)?,
            None if append => file.bytes.len(),
            None => self.descriptions[description].offset,
        };
        let end = at + bytes.len();
        let changed = self.change(descriptor, |file| {
            if file.bytes.len() < end {
                file.bytes.resize(end, 0);
            }
            file.bytes[at..end].copy_from_slice(bytes);
        });
        if offset.is_none() {
            self.descriptions[description].offset = end;
        }
        Ok(changed)
    }

    /// Changes the file that `descriptor` stands for, if it is one of the root's.
    fn change(&mut self, descriptor: i64, change: impl FnOnce(&mut File)) -> bool {
        let Some(inode) = self.inode(descriptor) else {
            return false;
        };
        let Node::File(file) = &mut self.nodes[inode] else {
            return false;
        };
        change(file);
        file.dirty = file.bytes != file.durable;
        true
    }

    fn inode(&self, descriptor: i64) -> Option<Inode> {
        let description = self.descriptors.get(&descriptor)?;
        Some(self.descriptions[*description].inode)
    }

    fn sync(&mut self, descriptor: i64) -> bool {
        let Some(inode) = self.inode(descriptor) else {
            return false;
        };
        match &mut self.nodes[inode] {
            Node::File(file) => {
                file.durable.clone_from(&file.bytes);
                std::mem::replace(&mut file.dirty, false)
            }
            Node::Folder => {
                let mut changed = false;
                for edit in self.edits.iter_mut().filter(|edit| edit.settled_by == inode) {
                    changed |= !edit.settled;
                    edit.settled = true;
                }
                self.settle();
                changed
            }
        }
    }

    /// Takes the changes that are certain, up to the first that is not, into what is durable.
    fn settle(&mut self) {
        let certain = self.edits.iter().take_while(|edit| edit.settled).count();
        for edit in self.edits.drain(..certain) {
            apply(&mut self.durable, &edit.changes);
        }
    }

    fn add(&mut self, node: Node, slot: (Inode, String), what: String) -> Inode {
        let inode = self.nodes.len();
        self.nodes.push(node);
        let settled_by = slot.0;
        self.edit(vec![(slot, Some(inode))], settled_by, what);
        inode
    }

    fn edit(&mut self, changes: Vec<((Inode, String), Option<Inode>)>, settled_by: Inode, what: String) {
        apply(&mut self.names, &changes);
        self.edits.push(Edit {
            changes,
            settled_by,
            settled: false,
            what,
        });
    }

    fn find(&self, path: &Path) -> Result<Inode, String> {
        let inside = path.strip_prefix(&self.root).map_err(|_| outside(path))?;
        inside.iter().try_fold(ROOT, |folder, name| {
            let name = name.to_string_lossy().into_owned();
            let found = self.names.get(&(folder, name)).copied();
            found.ok_or_else(|| format!("{} is not known", self.short(path)))
        })
    }

    /// The folder of `path` and its name there.
    fn slot(&self, path: &Path) -> Result<(Inode, String), String> {
        let (folder, name) = path.parent().zip(path.file_name()).ok_or_else(|| outside(path))?;
        Ok((self.find(folder)?, name.to_string_lossy().into_owned()))
    }

    fn short(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The changes of names that may or may not be on the disk, by number, in words.
    pub(super) fn open_edits(&self) -> impl Iterator<Item = (usize, &str)> {
        let edits = self.edits.iter().enumerate().filter(|(_, edit)| !edit.settled);
        edits.map(|(number, edit)| (number, edit.what.as_str()))
    }

    /// The files of which bytes may or may not be on the disk, with a name that each has.
    pub(super) fn dirty_files(&self) -> Vec<(Inode, String)> {
        let dirty = |(inode, node): (Inode, &Node)| matches!(node, Node::File(file) if file.dirty).then_some(inode);
        let dirty: Vec<Inode> = self.nodes.iter().enumerate().filter_map(dirty).collect();
        dirty.into_iter().map(|inode| (inode, self.name_of(inode))).collect()
    }

    fn name_of(&self, inode: Inode) -> String {
        let mut parts = Vec::new();
        let mut sought = inode;
        while let Some(((folder, name), _)) = self.names.iter().find(|(_, held)| **held == sought) {
            parts.push(name.clone());
            sought = *folder;
        }
        parts.reverse();
        parts.join("/")
    }

    /// What the disk holds after a power cut with this fate.
    pub(super) fn after(&self, fate: &Fate) -> Tree {
        let mut names = self.durable.clone();
        for (number, edit) in self.edits.iter().enumerate() {
            if edit.settled || fate.edits.contains(&number) {
                apply(&mut names, &edit.changes);
            }
        }
        let mut tree = Tree::new();
        self.grow(&mut tree, &names, fate, ROOT, Path::new(""));
        tree
    }

    fn grow(&self, tree: &mut Tree, names: &Names, fate: &Fate, folder: Inode, path: &Path) {
        let within = names.range((folder, String::new())..(folder + 1, String::new()));
        for ((_, name), &inode) in within {
            let path = path.join(name);
            match &self.nodes[inode] {
                Node::File(file) => {
                    let bytes = file.after(fate.files.get(&inode).copied());
                    tree.insert(path, Some(bytes));
                }
                Node::Folder => {
                    tree.insert(path.clone(), None);
                    self.grow(tree, names, fate, inode, &path);
                }
            }
        }
    }
}

impl File {
    fn after(&self, fate: Option<Bytes>) -> Vec<u8> {
        match fate {
            _ if !self.dirty => self.bytes.clone(),
            None | Some(Bytes::Durable) => self.durable.clone(),
            Some(Bytes::All) => self.bytes.clone(),
            Some(Bytes::Half) => self.half(),
            Some(Bytes::Zeros) => {
                let mut bytes = self.durable.clone();
                bytes.resize(self.bytes.len(), 0);
                bytes
            }
        }
    }
}

impl File {
    /// What was synced, and half of what was added since; or, where it was overwritten, the first half of it.
    fn half(&self) -> Vec<u8> {
        if let Some(added) = self.bytes.strip_prefix(self.durable.as_slice()) {
            return self.bytes[..self.durable.len() + added.len() / 2].to_vec();
        }
        let middle = self.bytes.len() / 2;
        let rest = self.durable.get(middle..).unwrap_or_default();
        [&self.bytes[..middle], rest].concat()
    }
}

fn apply(names: &mut Names, changes: &[((Inode, String), Option<Inode>)]) {
    for (slot, inode) in changes {
        match inode {
            Some(inode) => names.insert(slot.clone(), *inode),
            None => names.remove(slot),
        };
    }
}

fn index(offset: u64) -> Result<usize, String> {
    usize::try_from(offset).map_err(|_| "an offset that is too large".to_owned())
}

fn outside(path: &Path) -> String {
    format!("{} is outside of the root", path.display())
}

/// Writes `tree` below `root`.
pub(super) fn lay_out(tree: &Tree, root: &Path) -> io::Result<()> {
    for (path, content) in tree {
        let path = root.join(path);
        match content {
            Some(bytes) => fs::write(&path, bytes)?,
            None => fs::create_dir(&path)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
