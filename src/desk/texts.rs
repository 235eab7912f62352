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
        accepted_column: "Accepted",
        rejected_column: "Rejected",
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
        search: "Name, customerExtId or communicationNumber",
        look: "Search",
        how: "Part of a name is enough, without capitals or accents. Ids and numbers are compared exactly.",
        cut_short: "The search was cut short: not every request was looked at. An id or a number finds a customer at once.",
        nobody: "No customer was found.",
        nobody_next: "Look for a part of the name, or check the id.",
        did_you_mean: "Did you mean",
        found: "Customers that were found",
        more: "There are more. A longer text finds fewer.",
        newest: "The newest customers",
        none: "No customer was saved yet.",
        drop_one: "Drop a file",
        next: "Older customers",
        older: "Older requests",
        unknown: "No customer has the customerExtId",
        unknown_next: "Ids are compared exactly, in upper and lower case. Look for the name on the page Customers.",
        several: "Customers with this id",
        name: "Name",
        no_name: "without a name",
        id: "customerExtId",
        office: "Office",
        no_office: "no office",
        kind: "Kind",
        last: "Last request",
        file: "file",
        rejected: "rejected",
        validated: "validated only",
        risk: "Risk level",
        no_level: "none",
        is_evaluated: "not decided yet",
        status: "Status",
        category: "Category",
        created: "Created",
        updated: "Updated",
        was_rejected: "Rejected",
        request: "Request",
        customer: "customer",
        number: "communicationNumber",
        requester: "Requester",
        changes: "What changed",
        field: "Field",
        was: "Before",
        is: "After",
        nothing: "nothing",
        findings: "findings",
        how_to_fix: "How to fix it",
        decide: "Decide",
    }
    /// Evaluations and screenings, on several pages.
    rating: Rating {
        title: "Risk and screening",
        with: "with",
        evaluation: "Evaluation",
        state: "State",
        waits: "waits for a decision",
        waits_for_matrix: "waits for a risk matrix",
        waits_for_date: "waits for the approval date",
        superseded: "was replaced before it was decided",
        completed: "completed",
        number: "communicationNumber",
        at: "When",
        not_evaluated: "Not evaluated",
        decision: "Decision",
        accepted: "accepted",
        rejected: "rejected",
        by: "Decided by",
        the_matrix: "the risk matrix",
        ground: "Ground",
        comment: "Comment",
        score: "Score",
        of_100: "of 100",
        floor: "Floor",
        at_least: "at least",
        points_of: "by the points of",
        thin_data: "Too little is known",
        without_data: "of the weight has no data",
        a_person_decides: "A person decides, since",
        matrix: "Risk matrix",
        valid_from: "valid from",
        owner: "answered for by",
        factors: "Factors, each with its part of the score",
        group: "group",
        factor: "Factor",
        points: "Points",
        adds: "Adds",
        taken: "What was taken",
        weight: "weight",
        assumed: "no data, counts as so many points",
        no_data: "no data, left out",
        not_applicable: "not for this customer",
        counts_as: "counts as",
        rated: "rated",
        not_rated: "not rated",
        screening: "Screening",
        waits_for_list: "waits for a list",
        match_waits: "a match waits for a decision",
        no_match: "completed, no match",
        screened: "Screened",
        related: "related entity",
        not_screened: "Not screened",
        confirmed: "confirmed: the same",
        dismissed: "dismissed: somebody else",
        as_before: "as the same match was before",
        lists: "Compared with",
        of: "of",
        version: "version",
        word: "Word of the customer",
        listed_word: "Word of the list",
        alike: "Alike",
        share: "Share",
        words: "Words that met",
        on_the_list: "On the list",
        entity: "Number there",
        list: "List",
        names_alone: "the names alone",
        born: "Date of birth",
        same_birth: "the same",
        near_birth: "may be the same",
        other_birth: "another",
        countries: "Countries",
        other_countries: "others",
    }
    /// *Decisions*: the evaluations and matches of screening that wait for a person.
    decisions: Decisions {
        title: "Decisions",
        evaluations: "Evaluations",
        matches: "Matches of screening",
        none: "Nothing waits for a decision.",
        none_next: "Customers appear here when the risk matrix leaves them to a person, or when screening finds a match.",
        no_evaluations: "No evaluation waits for a decision.",
        no_matches: "No match waits for a decision.",
        number: "Decide on",
        customer: "Customer",
        since: "Waits since",
        score: "Score",
        level: "Level",
        why: "Why a person decides",
        process: "Process",
        whom: "Whom it may be",
        related: "related entity",
        next: "Next page",
        first: "First page",
        in_inbox: "a decision waits in the inbox",
        for_matrix: "evaluations wait for a risk matrix, not for a person. `kycdrop risk reevaluate` rates them once there is one.",
        for_list: "screenings wait for a list, not for a person. `kycdrop lists` says what is missing.",
        or_more: "or more",
        unknown: "No evaluation and no match of screening has this number:",
        unknown_next: "The page Decisions lists what waits.",
        no_related: "The number of the related entity is not a number.",
        no_process: "There is no such process of screening:",
        to_customer: "The whole history of the customer",
        as_it_came: "The customer as it came",
        field: "Field",
        value: "Value",
        more_fields: "more fields are not shown",
        your_decision: "Your decision",
        what: "What you decide",
        accept: "Accept the customer",
        reject: "Reject the customer",
        confirm: "Confirm: it is the one on the list",
        dismiss: "Dismiss: it is somebody else",
        ground: "Ground",
        choose: "Choose one",
        final_level: "Final risk level",
        computed: "computed",
        comment: "Comment (not required)",
        reason: "Reason",
        your_name: "Your name",
        for_good: "A decision is never changed. The history keeps it with your name.",
        record: "Record the decision",
        refused: "Not recorded.",
        you_wrote: "You wrote",
        no_name: "Write your name: the history keeps who decided.",
        no_decision: "Choose what you decide.",
        no_ground: "Choose a ground.",
        no_reason: "Write why.",
        done_again: "It was evaluated or screened again after you opened this page. Look at it once more, then decide.",
        recorded: "Recorded:",
        waits_in_inbox: "The decision waits in the inbox until kycdrop runs. It is recorded then, unless it is refused. Number:",
        in_work: "The decision is not recorded yet. Reload this page in a moment. If it stays so, its answer in outbox/decisions says why. Number:",
        already: "A decision on this waits in the inbox until kycdrop runs. The first one counts. It is by",
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
