//! One entry of a screening list.

/// What kind of subject an entry is. `Unknown` is compared with people and with organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    Person,
    Organization,
    Unknown,
}

/// How good a name is. A weak one (a nickname, an acronym, "low quality a.k.a.") only confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quality {
    Primary,
    Alias,
    Weak,
}

/// A name of an entry, as the list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedName {
    pub text: Box<str>,
    pub quality: Quality,
}

/// One entry of a list: a person or organisation under all its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The list's own identifier.
    pub id: Box<str>,
    pub subject: Subject,
    pub names: Vec<ListedName>,
    /// As the list writes them, reduced to `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; others are left out.
    pub birth_dates: Vec<Box<str>>,
    /// ISO 3166 alpha-2 codes in capitals where the list has such codes.
    pub countries: Vec<Box<str>>,
    /// What the list says about why the entry is on it: topics, programmes, a reason.
    pub remarks: Vec<Box<str>>,
}
