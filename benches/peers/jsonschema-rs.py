#!/usr/bin/env python3
"""What somebody would write in place of kycdrop in Python, with the fastest parts there are: orjson
reads, jsonschema-rs (Rust, compiled once) judges, SQLite keeps. One of the rivals of
benches/peers/run.

    benches/peers/jsonschema-rs.py SCHEMA BATCH DATABASE RESPONSE

It does less than kycdrop: a rejected customer keeps its first error and not every one, no customer is
looked up by its customerExtId, nothing survives a kill but what was committed, and the whole file has
to fit into memory several times over. The promise of the answer is the same: what it says is
committed with synchronous=FULL, and the response is on the disk when this ends.

The last line on stdout tells how long each part took.
"""

import gc
import itertools
import json
import os
import sqlite3
import sys
import time

import jsonschema_rs
import orjson

TABLES = """
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
"""
ASSESSMENT = "INSERT INTO assessment VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (communication_number) DO NOTHING"
REJECTION = "INSERT INTO rejection VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
TWICE = ("O005", "CommunicationNumber already used in amlyze", "communicationNumber")


def open_database(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    # As much as kycdrop takes.
    db.execute("PRAGMA cache_size = -65536")
    db.executescript(TABLES)
    return db


def text(value):
    """A number may be given where text is wanted."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def assessments(customers, accepted):
    """Rows one by one, so that no second copy of every customer is held."""
    dumps = orjson.dumps
    for position in accepted:
        customer = customers[position]
        get = customer.get
        if get("entityType") == "INDIVIDUAL":
            name = f"{get('firstName')} {get('lastName')}"
        else:
            name = text(get("title"))
        yield (
            position,
            text(get("communicationNumber")),
            text(get("customerExtId")),
            text(get("businessUnit")),
            name,
            get("action") or "CREATE",
            get("entityType"),
            get("riskLevel") or "NONE",
            get("riskManagementCategory"),
            dumps(customer).decode(),
        )


def rejections(customers, rejected):
    for position, (code, description, path) in rejected.items():
        customer = customers[position]
        known = customer if isinstance(customer, dict) else {}
        number, ext_id = text(known.get("communicationNumber")), text(known.get("customerExtId"))
        yield (position, number, ext_id, code, description, path, orjson.dumps(customer).decode())


def results(customers, rejected):
    for position, customer in enumerate(customers):
        known = customer if isinstance(customer, dict) else {}
        wrong = rejected.get(position)
        result = {
            "resultType": "REQUEST_REJECTED" if wrong else "REQUEST_ACCEPTED",
            "communicationNumber": known.get("communicationNumber"),
            "customerExtId": known.get("customerExtId"),
        }
        if wrong:
            result["errorCode"], result["errorDescription"], _ = wrong
        result["timeElapsedMs"] = 0
        yield orjson.dumps(result)


def publish(path, customers, rejected, began):
    """Written beside its name, synced, renamed: it is there as a whole or not at all."""
    with open(path + ".tmp", "wb") as out:
        out.write(b'{"results":[\n')
        # Joined a thousand at a time: hundreds of thousands of small pieces at once may take seconds.
        all_results = results(customers, rejected)
        between = b""
        while some := list(itertools.islice(all_results, 1000)):
            out.write(between + b",\n".join(some))
            between = b",\n"
        out.write(b'\n],"timeElapsedMs":%d}\n' % ((time.perf_counter() - began) * 1000))
        out.flush()
        os.fsync(out.fileno())
    os.rename(path + ".tmp", path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def main(schema, batch, database, response):
    # Nothing here makes rings of objects; collecting them would only cost time.
    gc.disable()
    began = time.perf_counter()
    parts = {}

    def part(name):
        parts[name] = time.perf_counter() - began - sum(parts.values())

    with open(schema, "rb") as file:
        # The regex crate does without backtracking and is faster than the default engine.
        validator = jsonschema_rs.Draft202012Validator(
            orjson.loads(file.read()), pattern_options=jsonschema_rs.RegexOptions()
        )
    db = open_database(database)
    part("start")
    with open(batch, "rb") as file:
        customers = orjson.loads(file.read())["customers"]
    part("parse")

    # Asking whether is faster than asking why; why is asked of the few that are wrong.
    is_valid = validator.is_valid
    accepted, rejected = [], {}
    for position, customer in enumerate(customers):
        if is_valid(customer):
            accepted.append(position)
        else:
            error = next(validator.iter_errors(customer))
            path = ".".join(map(str, error.instance_path))
            rejected[position] = (str(error.schema_path[-1]), error.message[:500], path)
    part("validate")

    db.execute("BEGIN IMMEDIATE")
    saved = db.executemany(ASSESSMENT, assessments(customers, accepted)).rowcount
    if saved != len(accepted):
        kept = {position for (position,) in db.execute("SELECT position FROM assessment")}
        rejected |= {position: TWICE for position in accepted if position not in kept}
        rejected = dict(sorted(rejected.items()))
    db.executemany(REJECTION, rejections(customers, rejected))
    part("insert")
    db.execute("COMMIT")
    part("commit")
    publish(response, customers, rejected, began)
    part("answer")
    # Folds the write-ahead log into the database, as kycdrop does before it ends.
    db.close()
    part("checkpoint")
    print(json.dumps(parts), flush=True)
    # Taking a million objects apart is nobody's business any more.
    os._exit(0)


main(*sys.argv[1:])
