//! The consolidated list of the United Nations in XML.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::screening::{Quality, Subject};

use super::entries::Entries;
use super::refusal::Fault;
use super::source::{Source, buffered, renew};

const ROOT: &str = "CONSOLIDATED_LIST";

/// The list has five levels.
const MAX_DEPTH: usize = 32;

/// An entry while it is read.
#[derive(Default)]
struct Draft {
    reference: String,
    data_id: String,
    /// The first to the fourth name.
    parts: [String; 4],
    names: Vec<(String, Quality)>,
    born: Vec<String>,
    span: Vec<String>,
    programme: String,
    alias: String,
    is_weak: bool,
}

struct Un<'e> {
    entries: &'e mut Entries,
    /// The elements that are open.
    path: Vec<String>,
    text: String,
    draft: Draft,
    /// The root is closed.
    ended: bool,
}

/// Reads one file.
pub(super) fn read(source: Source<'_>, entries: &mut Entries) -> Result<(), Fault> {
    let mut reader = Reader::from_reader(buffered(source));
    let mut un = Un {
        entries,
        path: Vec::new(),
        text: String::new(),
        draft: Draft::default(),
        ended: false,
    };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let event = match reader.read_event_into(&mut bytes) {
            Ok(event) => event,
            Err(quick_xml::Error::Io(e)) => {
                return Err(std::io::Error::new(e.kind(), e.to_string()).into());
            }
            Err(e) => {
                return Err(Fault::whole(format!(
                    "is not XML: {e} (byte {})",
                    reader.error_position()
                )));
            }
        };
        match event {
            Event::Start(start) => un.start(&start)?,
            Event::Empty(start) => {
                un.start(&start)?;
                un.end()?;
            }
            Event::End(_) => {
                if un.end()? {
                    renew(reader.get_mut());
                }
            }
            Event::Text(text) => un.text.push_str(&text.xml10_content()),
            Event::CData(text) => un.text.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => un.text.push(character(&name)?),
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match un.ended {
        true => Ok(()),
        false => Err(Fault::whole(format!(
            "ends before {ROOT} is closed: it is cut off"
        ))),
    }
}

fn character(name: &BytesRef<'_>) -> Result<char, Fault> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Ok(c);
    }
    match &*name.xml10_content() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(Fault::whole(format!(
            "is not XML: there is no entity &{other};"
        ))),
    }
}

impl Un<'_> {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        let name = start.name().as_ref().to_owned();
        if self.path.is_empty() {
            if name != ROOT || self.ended {
                return Err(Fault::whole(format!(
                    "is not the list of the United Nations: <{name}> instead of <{ROOT}>"
                )));
            }
            for attribute in start.attributes().flatten() {
                if attribute.key.as_ref() == "dateGenerated" {
                    self.entries.dated(&attribute.value);
                }
            }
        }
        if self.path.len() == MAX_DEPTH {
            return Err(Fault::whole(
                "is not the list of the United Nations: too many levels",
            ));
        }
        if matches!(name.as_str(), "INDIVIDUAL" | "ENTITY") {
            self.draft = Draft::default();
        }
        self.text.clear();
        self.path.push(name);
        Ok(())
    }

    /// Ends an element; whether it was an entry.
    fn end(&mut self) -> Result<bool, Fault> {
        let name = self.path.pop().unwrap_or_default();
        let above = self.path.last().map_or("", String::as_str);
        let text = std::mem::take(&mut self.text);
        let text = text.trim().to_owned();
        let draft = &mut self.draft;
        match (above, name.as_str()) {
            ("INDIVIDUALS", "INDIVIDUAL") => return self.entry(Subject::Person).map(|()| true),
            ("ENTITIES", "ENTITY") => return self.entry(Subject::Organization).map(|()| true),
            ("INDIVIDUAL" | "ENTITY", field) => draft.field(field, text),
            ("INDIVIDUAL_ALIAS" | "ENTITY_ALIAS", "ALIAS_NAME") => draft.alias = text,
            ("INDIVIDUAL_ALIAS" | "ENTITY_ALIAS", "QUALITY") => draft.is_weak = text == "Low",
            ("INDIVIDUAL_DATE_OF_BIRTH", "DATE" | "YEAR") => draft.born.push(text),
            ("INDIVIDUAL_DATE_OF_BIRTH", "FROM_YEAR" | "TO_YEAR") => draft.span.push(text),
            ("", _) => self.ended = true,
            _ => {}
        }
        Ok(false)
    }

    fn entry(&mut self, subject: Subject) -> Result<(), Fault> {
        let draft = std::mem::take(&mut self.draft);
        let id = match draft.reference.is_empty() {
            true => draft.data_id,
            false => draft.reference,
        };
        let mut entry = self.entries.entry(0, &id, subject)?;
        let parts: Vec<String> = draft.parts.into_iter().filter(|p| !p.is_empty()).collect();
        entry.name(&parts.join(" "), Quality::Primary)?;
        for (names, quality) in draft.names {
            entry.names(&names, quality)?;
        }
        draft.born.iter().try_for_each(|date| entry.born(date))?;
        entry.remark(&draft.programme);
        Ok(())
    }
}

impl Draft {
    /// Ends a field of an entry.
    fn field(&mut self, name: &str, text: String) {
        let parts = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"];
        if let Some(at) = parts.iter().position(|part| *part == name) {
            self.parts
                .get_mut(at)
                .into_iter()
                .for_each(|part| *part = text.clone());
            return;
        }
        match name {
            "REFERENCE_NUMBER" => self.reference = text,
            "DATAID" => self.data_id = text,
            "UN_LIST_TYPE" => self.programme = text,
            "NAME_ORIGINAL_SCRIPT" => self.names.push((text, Quality::Alias)),
            "INDIVIDUAL_ALIAS" | "ENTITY_ALIAS" => {
                let quality = match std::mem::take(&mut self.is_weak) {
                    true => Quality::Weak,
                    false => Quality::Alias,
                };
                self.names.push((std::mem::take(&mut self.alias), quality));
            }
            "INDIVIDUAL_DATE_OF_BIRTH" => {
                let span = std::mem::take(&mut self.span).join(" to ");
                self.born.push(span);
            }
            _ => {}
        }
    }
}
