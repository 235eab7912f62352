//! Names that show nothing: they are given, and a person who looks for one sees none. The contract
//! accepts them, so this is a warning.

use crate::catalog::{FieldIndex, customer::customer, related_entity};
use crate::request::{Node, Note, NoteDetail, NoteKind, Path};

const RELATED: FieldIndex = customer("listRelatedEntity");

const OF_CUSTOMER: [FieldIndex; 4] = [
    customer("firstName"),
    customer("lastName"),
    customer("title"),
    customer("tradingName"),
];

const OF_RELATED: [FieldIndex; 3] = [
    related_entity("firstName"),
    related_entity("lastName"),
    related_entity("title"),
];

/// Notes the names of a customer and of its related entities that show nothing.
pub(super) fn note(root: &Node<'_>, notes: &mut Vec<Note>) {
    note_in(root, &OF_CUSTOMER, &Path::Root, notes);
    let list = Path::Field(&Path::Root, root.object().field(RELATED).name);
    for (index, item) in (0u32..).zip(root.items(RELATED)) {
        if let Some(entity) = root.item_node(RELATED, item) {
            note_in(&entity, &OF_RELATED, &Path::Index(&list, index), notes);
        }
    }
}

fn note_in(node: &Node<'_>, names: &[FieldIndex], path: &Path<'_>, notes: &mut Vec<Note>) {
    for f in names {
        if node.shows_nothing(*f) {
            let name = node.object().field(*f).name;
            notes.push(Note {
                kind: NoteKind::InvisibleName,
                path: Path::Field(path, name).to_string(),
                about: NoteDetail::Text("this name has only characters that nobody sees"),
            });
        }
    }
}
