// How a page is looked at: each width, light and dark; and the pages of a full office, in words for a file name.

import { evaluated, list, listed, person } from "./office.mjs";

/** Widths in CSS pixels: a phone, a tablet, a desktop. */
export const WIDTHS = [390, 768, 1440];
export const SCHEMES = ["light", "dark"];

/** Every page of a full office, by name. */
export const PAGES = {
  today: "/",
  drop: "/drop",
  files: "/batches",
  batch: "/batch/2",
  broken: "/batch/6",
  "customer-in-batch": "/batch/1/2",
  customers: "/customer",
  found: "/customer?q=petrait",
  customer: "/customer?id=X-E1",
  nobody: "/customer?q=nobodyhasthis",
  decisions: "/decisions",
  evaluation: "/decisions?number=N-E1",
  match: "/decisions?number=N-S1&process=SANCTIONS",
  decided: "/decisions?number=N-E2",
  figures: "/figures",
  classifiers: "/classifiers",
  classifier: "/classifiers/country",
  "classifier-search": "/classifiers?q=lith",
  sets: "/classifiers/sets",
  compare: "/classifiers/compare",
  retired: "/classifiers/retired",
  ask: "/ask",
  answer: `/ask?sql=${encodeURIComponent("SELECT * FROM v_customer LIMIT 20")}`,
  saved: "/ask?saved=rejects",
  wrong: `/ask?sql=${encodeURIComponent("SELECT nothing FROM nowhere")}`,
};

/** Something of everything: batches with mistakes, evaluations and matches that wait, decisions. */
export function fill(office) {
  list(office);
  office.batch("first", person("1"), person("2", { riskLevel: "Low", citizenshipCountry: "Lithuania" }));
  const demo = office.at("watch-dir/inbox/batch-customers/demo.json");
  office.run("demo", "--customers", "150", "--errors", "20", "--output", demo);
  office.drop("customer", "evaluate-1.json", evaluated("E1", { isPEP: true }));
  office.drop("customer", "evaluate-2.json", evaluated("E2", { citizenshipCountry: "IR" }));
  office.drop("customer", "screen.json", listed("S1"));
  office.drop("batch-customers", "broken.json", "{ not a request");
  office.run("once");
  const ground = ["--ground", "HIGH_RISK_COUNTRY", "--by", "Rasa Petraitė"];
  office.run("decide", "N-E2", "--reject", ...ground);
}
