// What somebody would write in place of kycdrop in JavaScript, with the fastest parts there are: V8's
// own JSON.parse reads, ajv (the schema compiled to code) judges, better-sqlite3 keeps. One of the
// rivals of benches/peers/run.
//
//     node benches/peers/ajv.mjs SCHEMA BATCH DATABASE RESPONSE
//
// It does less than kycdrop: a rejected customer keeps its first error and not every one, no customer
// is looked up by its customerExtId, nothing survives a kill but what was committed, and the whole
// file has to fit into memory several times over (and into one string, which V8 limits to 512 MB).
// The promise of the answer is the same: what it says is committed with synchronous=FULL, and the
// response is on the disk when this ends.
//
// The last line on stdout tells how long each part took.
//
// The packages are looked for in PEERS_MODULES.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.PEERS_MODULES ?? ".", "package.json"));
const Ajv = require("ajv/dist/2020").default;
const Database = require("better-sqlite3");

const TABLES = `
CREATE TABLE assessment (
  assessment_id INTEGER PRIMARY KEY, position INTEGER NOT NULL,
  communication_number TEXT NOT NULL UNIQUE, customer_ext_id TEXT NOT NULL, business_unit TEXT,
  name TEXT NOT NULL, action TEXT NOT NULL, entity_type TEXT NOT NULL, risk_level TEXT NOT NULL,
  risk_management_category TEXT NOT NULL, payload TEXT NOT NULL) STRICT;
CREATE TABLE rejection (
  rejection_id INTEGER PRIMARY KEY, position INTEGER NOT NULL,
  communication_number TEXT, customer_ext_id TEXT,
  error_code TEXT NOT NULL, error_description TEXT NOT NULL, path TEXT NOT NULL,
  payload TEXT NOT NULL) STRICT;
`;
const ASSESSMENT =
  "INSERT INTO assessment VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (communication_number) DO NOTHING";
const REJECTION = "INSERT INTO rejection VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)";
const TWICE = { code: "O005", description: "CommunicationNumber already used in amlyze", path: "communicationNumber" };

const began = performance.now();
const parts = {};
let last = began;
function part(name) {
  const now = performance.now();
  parts[name] = (now - last) / 1000;
  last = now;
}

const [schema, batch, database, response] = process.argv.slice(2);

// Types are named in lists, which strict mode dislikes. The rest is for speed. ajv looks for a value
// among 249 countries one by one; a Set finds it at once, and is exact because every value is text or
// null. And one function for each object of the contract is compiled better by V8 than a single huge
// one. Both together take half of the time off the judging.
const ajv = new Ajv({ strict: false, inlineRefs: false });
ajv.removeKeyword("enum");
ajv.addKeyword({
  keyword: "enum",
  schemaType: "array",
  error: { message: "must be equal to one of the allowed values" },
  compile: (values) => {
    const known = new Set(values);
    return (value) => known.has(value);
  },
});
const valid = ajv.compile(JSON.parse(fs.readFileSync(schema, "utf8")));

const db = new Database(database);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
// As much as kycdrop takes.
db.pragma("cache_size = -65536");
db.exec(TABLES);
const keep = db.prepare(ASSESSMENT);
const reject = db.prepare(REJECTION);
part("start");

const { customers } = JSON.parse(fs.readFileSync(batch, "utf8"));
part("parse");

// By position: why it was rejected, or undefined.
const wrong = new Array(customers.length);
customers.forEach((customer, position) => {
  if (!valid(customer)) {
    const [error] = valid.errors;
    wrong[position] = { code: error.keyword, description: error.message, path: error.instancePath };
  }
});
part("validate");

// A number may be given where text is wanted.
const text = (value) => (value == null ? null : String(value));

db.exec("BEGIN IMMEDIATE");
customers.forEach((c, position) => {
  if (!wrong[position]) {
    const name = c.entityType === "INDIVIDUAL" ? `${c.firstName} ${c.lastName}` : text(c.title);
    const { changes } = keep.run(
      position,
      text(c.communicationNumber),
      text(c.customerExtId),
      text(c.businessUnit),
      name,
      c.action || "CREATE",
      c.entityType,
      c.riskLevel || "NONE",
      c.riskManagementCategory,
      JSON.stringify(c),
    );
    if (changes === 0) wrong[position] = TWICE;
  }
  const why = wrong[position];
  if (why) {
    const number = text(c?.communicationNumber);
    reject.run(position, number, text(c?.customerExtId), why.code, why.description, why.path, JSON.stringify(c));
  }
});
part("insert");
db.exec("COMMIT");
part("commit");

// Written beside its name, synced, renamed: it is there as a whole or not at all.
const lines = customers.map((c, position) => {
  const why = wrong[position];
  return JSON.stringify({
    resultType: why ? "REQUEST_REJECTED" : "REQUEST_ACCEPTED",
    communicationNumber: c?.communicationNumber,
    customerExtId: c?.customerExtId,
    errorCode: why?.code,
    errorDescription: why?.description,
    timeElapsedMs: 0,
  });
});
const elapsed = Math.round(performance.now() - began);
const out = fs.openSync(`${response}.tmp`, "w");
fs.writeSync(out, `{"results":[\n${lines.join(",\n")}\n],"timeElapsedMs":${elapsed}}\n`);
fs.fsyncSync(out);
fs.closeSync(out);
fs.renameSync(`${response}.tmp`, response);
const folder = fs.openSync(path.dirname(response), "r");
fs.fsyncSync(folder);
fs.closeSync(folder);
part("answer");
// Folds the write-ahead log into the database, as kycdrop does before it ends.
db.close();
part("checkpoint");
console.log(JSON.stringify(parts));
