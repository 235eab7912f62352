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
        too_slow: "This takes longer than a page may take.",
        ask_less: "Ask for less, such as a shorter time.",
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
        from: "From",
        to: "To",
        show: "Show",
        this_month: "This month",
        last_month: "Last month",
        this_year: "This year",
        swap: "Swap the two days.",
        nothing: "Nothing was recorded yet.",
        days: "Days and times on this page are in UTC. Links lead to what was counted.",
        past: "Levels, countries and what is pending are shown as they were at the end of the period; only for a period that ends today do they lead to customers.",
        keep: "Download as a page to keep",
    }
    /// *Classifiers*: the values of each, and what changed between sets.
    classifiers: Classifiers {
        title: "Classifiers",
        nothing: "No classifiers are active yet. They are from the first start on:",
        since: "These classifiers are active since",
        all: "All classifiers",
        sets: "Sets that were active",
        compare: "Compare two sets",
        search: "Code or name, in all classifiers",
        search_one: "Code or name",
        find: "Find",
        classifier: "Classifier",
        about: "About",
        values: "Values",
        retired: "Retired",
        bound: "Also for",
        code: "Code",
        name: "Name",
        attributes: "Attributes",
        no_values: "No value has this in its code or name.",
        every_value: "Show all",
        next: "Next page",
        since_when: "since",
        yes: "yes",
        from: "From",
        until: "Until",
        set: "Set",
        files: "Files",
        changed: "What changed",
        files_note: "A set is all classifiers together, as they were at a time. Files: how many the set validated in all, counted among the last",
        active: "active",
        what_changed: "Compare with the one before",
        first: "the first one",
        before: "Before",
        after: "After",
        choose: "Choose two sets on the page that compares them.",
        one_set: "There is only one set so far, so nothing has changed.",
        change: "change",
        changes: "changes",
        first_changes: "Shown are the first",
        retired_title: "Retired values in use",
        retired_about: "Customers whose newest data have a value that may not be given any more, those assessed longest ago first.",
        first_uses: "Shown are the first 200; there are more. `kycdrop classifiers used-retired` lists all of them.",
        cut_short: "The search was cut short after five seconds, before it came to the last customer. `kycdrop classifiers used-retired` looks at all of them.",
        no_uses: "No customer has a retired value.",
        retired_codes: "Show the retired values",
        customer: "Customer",
        office: "Office",
        place: "Field",
        assessed: "Assessed",
    }
    /// *Ask*: saved queries and SQL.
    ask: Ask {
        title: "Ask",
        ask: "Ask",
        sql: "SQL that only reads",
        sql_title: "Ask in SQL",
        its_sql: "Its SQL, to change and ask again",
        optional: "may be empty",
        fill_in: "Fill in:",
        no_query: "No saved query has the name",
        views_below: "The views and their columns are listed at the end of the page Ask.",
        too_slow: "This takes too long.",
        ask_less: "Ask for less, or ask the sums: v_volume, v_reason, v_standing.",
        too_large: "This takes more memory than there is for an answer, or the history is locked.",
        ask_shorter: "Ask for less or for shorter values, such as substr(name, 1, 100), or try again.",
        damage: "The saved queries of this home are left out:",
        answer: "Answer",
        row: "row",
        rows: "rows",
        first: "The first",
        more: "There are more; the file has all of them.",
        csv: "Download as CSV",
        name: "Save this query as",
        save: "Save",
        name_rule: "Small letters, digits and hyphens, such as my-office.",
        saved: "Saved queries",
        views: "What can be asked: views and their columns",
        parameters: "A name with a colon before it, such as :month, becomes a field. A value that is a plain number is one; anything else is text, and so is what stands between single quotes.",
        column: "Column",
        kind: "Type",
        about: "About",
    }
}
