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
        about: "Files are checked first, and nothing is saved by that. What is good is sent then.",
        what_for: "What the files are for",
        batch_customers: "Many customers in each file, to be saved",
        validate_batch_customers: "Many customers in each file, only to be validated",
        customer: "One customer, to be saved; evaluated and screened if asked for",
        simplified_customer: "One occasional customer, to be saved",
        files: "Files with requests (JSON)",
        or_drag: "Choose one or more, or drag them here.",
        check: "Check",
        go_back: "Go back and choose again.",
        too_large: "The files are too large for this page. It takes at most",
        too_many: "These are too many files at once. This page takes at most",
        elsewhere: "Put large files, and many, into the folder of their endpoint in the inbox; `kycdrop check` checks them before.",
        no_endpoint: "What the files are for was not chosen.",
        no_files_given: "No file was chosen.",
        broken: "The files did not arrive as a whole.",
        gone: "These files are not here any more: they were sent or removed, or an hour has passed.",
        drop_again: "Drop them again. The page Files shows what was answered.",
        checked: "Checked files",
        renamed: "The inbox would not take a file of this name. It will be called",
        accepted: "customers would be accepted",
        rejected: "would be rejected",
        repeated: "of them were saved before with the same content: nothing is saved again",
        is_batch: "The file has many customers, and one was expected: choose another purpose.",
        if_fault: "The file is not a request. Sent as it is, it is answered with this error, and nothing of it is saved.",
        if_rejected: "Sent as it is, the rejected customers are not saved. Fix them, and send them again in another file.",
        saves_nothing: "Only validated: nothing of this file is saved.",
        send: "Send",
        send_all: "Send all",
        do_not_send: "Do not send",
        more_findings: "More findings:",
        more_after: "Send the file for a list of all of them, or fix these and check it again.",
        name_in_use: "Too many files of this name wait in the inbox.",
        rename: "Give the file another name and drop it again.",
        not_sent_yet: "Checked, and not sent yet",
        sent: "Sent",
        not_sent: "This address does not say which file was sent.",
        see_files: "The page Files shows what was answered.",
        look_again: "Look again",
        drop_others: "Drop other files",
        answered: "was answered: see what became of it",
        in_work: "is in work.",
        held: "is in the inbox, but kycdrop does not take it. `kycdrop status` and the log say why. See",
        waits: "waits in the inbox. This page goes on when it is answered.",
        waits_paused: "waits in the inbox. kycdrop is paused, and goes on by itself.",
        waits_stopped: "waits in the inbox until kycdrop runs: it is not running now. Start it with `kycdrop run`.",
        not_there: "is not in the inbox, and was not answered. Somebody may have taken it out.",
    }
    /// *Batch*: the files that were answered, the customers of each, what was found and how to fix it.
    batch: Batch {
        title: "Files",
        newest: "Newest files",
        older: "Older files",
        no_batch: "There is no batch",
        see_files: "The page Files shows which there are.",
        batch: "Batch",
        file: "File",
        endpoint: "Sent to",
        received: "Received",
        status: "Status",
        customers: "Customers",
        accepted: "accepted",
        repeated: "repeated",
        rejected: "rejected",
        set: "Classifiers",
        worklist: "Worklist for a spreadsheet (CSV)",
        to_fix: "Rejected customers to fix (JSON)",
        response: "Response (JSON)",
        reasons: "What customers were rejected for",
        of_the_first: "Counted: the first rejected customers, up to",
        warnings: "Warnings",
        of_customers: "customers",
        more_warnings: "There are more; each customer with warnings shows its own.",
        show: "Show",
        show_rejected: "Rejected customers",
        show_warned: "Customers with warnings",
        show_all: "All customers",
        code: "Code",
        description: "Description",
        field: "Field",
        text: "Name, number or text",
        only_answers: "Code is the first finding",
        filter: "Filter",
        no_filter: "No filter",
        customer: "Customer",
        cut_short: "The search ended before the end of the file.",
        nobody: "There is no such customer in this file.",
        see_all: "Show all customers",
        first_page: "First page",
        next_page: "Next page",
        search_on: "Search on from here",
        the_answer: "(the answer)",
        at: "Where",
        allowed: "Allowed",
        nearest: "Nearest",
        fix: "How to fix it",
        origin: "Rule",
        warning: "Warning",
        object_begins: "Its object begins at",
        of_file: "of the file",
        of_customer: "of the customer",
        no_customer: "This file has no customer",
        so_many: "The first is 1. It has",
        in_batch: "in batch",
        whole_history: "The whole history of this customer",
        nothing_to_fix: "There is nothing to fix.",
        found: "What was found",
        previous: "Previous customer",
        next: "Next customer",
        no_worklist: "Nothing was rejected, so there is nothing to fix.",
        no_response: "The response is not in the outbox: somebody took it out, or it is on its way.",
        see_batch: "The page of the batch shows what was answered.",
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
