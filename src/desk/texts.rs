//! Every sentence of the desk, by page. Another language is another value like [`EN`].

/// Declares the texts of each page, and their English.
macro_rules! texts {
    ($($(#[$about:meta])* $page:ident: $Page:ident { $($key:ident: $english:literal,)* })*) => {
        /// All texts in one language.
        pub(super) struct Texts {
            $($(#[$about])* pub(super) $page: $Page,)*
        }

        $($(#[$about])*
        pub(super) struct $Page {
            $(pub(super) $key: &'static str,)*
        })*

        /// English.
        pub(super) const EN: Texts = Texts {
            $($page: $Page { $($key: $english,)* },)*
        };
    };
}

texts! {
    /// The navigation.
    nav: Nav {
        today: "Today",
        drop: "Drop files",
        batches: "Files",
        customers: "Customers",
        decisions: "Decisions",
        figures: "Figures",
        classifiers: "Classifiers",
        ask: "Ask",
    }
    /// What every page has.
    page: Page {
        skip: "Skip to the content",
        pages: "Pages",
        times_are_in: "Times are in",
        opening: "Open the desk",
        lost: "The desk does not answer. It may have been closed; this page goes on by itself when it is open again.",
        not_found_title: "Not found",
        not_found: "There is no page with this address.",
        not_understood: "The address or the form has something that was not expected, or something is missing.",
        refused_title: "Not allowed",
        wrong_title: "Something is wrong",
    }
    /// The guard.
    guard: Guard {
        wrong_host: "The desk answers only at its own address.",
        wrong_token: "This address is not the one of the desk that is open now.",
        no_session: "This browser has not been let in.",
        wrong_origin: "This came from a page that is not the desk's own.",
        wrong_form: "This form is not one of the desk's own. Go back, reload the page and send it again.",
        what_to_do: "`kycdrop desk` prints the address to open. Open it again after the desk was closed.",
    }
    /// What happens now.
    today: Today {
        title: "Today",
        running: "kycdrop is running.",
        paused: "kycdrop is running, but paused.",
        stopped: "kycdrop is not running. Files wait until it is started: `kycdrop run`.",
        died: "kycdrop is not running; the last run did not shut down cleanly. Start it again: `kycdrop run`.",
        failed: "kycdrop is not running; the last run ended with an error.",
        damaged: "kycdrop is not running: the history is damaged. Replace kycdrop.db with a backup and start again.",
        waiting: "files waiting",
        in_work: "files in work",
        held: "files not taken",
        answered: "files answered",
        accepted: "customers accepted",
        rejected: "customers rejected",
        for_a_person: "decisions wait for a person",
        names: "Files that wait or are in work",
        is_waiting: "waiting",
        is_in_work: "in work",
        is_held: "not taken",
        last: "Last files",
        no_files: "No file was answered yet.",
        drop_one: "Drop one",
        batch: "Batch",
        file: "File",
        received: "Received",
        status: "Status",
    }
    /// *Drop*: files are checked here, and put into the inbox when they are good.
    drop: Drop {
        title: "Drop files",
    }
    /// *Batch*: the files that were answered, the customers of each, what was found and how to fix it.
    batch: Batch {
        title: "Files",
    }
    /// *Customer*: search, and the whole history of one.
    customer: Customer {
        title: "Customers",
    }
    /// *Decisions*: the evaluations and matches of screening that wait for a person.
    decisions: Decisions {
        title: "Decisions",
    }
    /// *Figures*: the charts of the report for any period.
    figures: Figures {
        title: "Figures",
    }
    /// *Classifiers*: the values of each, and what changed between sets.
    classifiers: Classifiers {
        title: "Classifiers",
    }
    /// *Ask*: saved queries and SQL.
    ask: Ask {
        title: "Ask",
    }
}
