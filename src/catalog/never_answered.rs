//! What the API's own documents list as errors and no request can get, so that a reader who knows
//! those documents finds each of them with the reason.

/// An error that is published and never answered.
#[derive(Debug)]
pub struct NeverAnswered {
    /// The code that is published with it; empty where none is.
    pub code: &'static str,
    /// The published description; of a longer one, the part that does not occur elsewhere.
    pub text: &'static str,
    /// Why it is never answered, for the reference page.
    pub reason: &'static str,
}

/// Every error that is published and never answered.
#[rustfmt::skip]
pub const NEVER_ANSWERED: &[NeverAnswered] = &[
    NeverAnswered {
        code: "",
        text: "CitizenshipCountry not defined in Amlyze",
        reason: "`C016.I06` holds for the same value: \"CitizenshipCountry not found in Amlyze\". One value gets one error, and that row covers an absent value too.",
    },
    NeverAnswered {
        code: "",
        text: "registrationCountry is invalid",
        reason: "`REG` holds for the same value: \"RegistrationCountry must exist in Amlyze\".",
    },
    NeverAnswered {
        code: "",
        text: "Problem with relatedEntities.",
        reason: "A heading without an index or a cause. Every error in a related entity has a description of its own, which begins with \"Problem with relatedEntity (index: {i} ).\"",
    },
    NeverAnswered {
        code: "C017.C016.RE08.DOC03",
        text: "CountryOfTaxPayment",
        reason: "Code and description do not belong together: `RE08.DOC03` is the number of a document, and a related entity has no list of countries of tax payment. The code is answered with the description of a missing `documentNumber`.",
    },
];
