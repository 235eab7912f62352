#!/usr/bin/env python3
"""Runs kycdrop and its rivals over the same files in turn, and prints one table. benches/peers/run
starts it, and installs and writes what it needs before that.

    benches/peers/measure.py KYCDROP FOLDER ROUNDS

A run is a process from its start to its end, in a new folder, with a new database: what somebody who
types the command waits for. kycdrop is the real program, `kycdrop once` in a fresh home whose inbox
has the file, so its first start with the writing of the shipped classifiers is counted too. Of its
settings one is not the default: `settle = "0s"`, because a file that is dropped for a measurement
need not prove for a second that it stands still. Peak memory and processor time are what the system
kept of the process (getrusage).

After each run, outside of the time, the answers are compared: a rival that accepts or rejects any
customer otherwise than kycdrop does not do the same work, and ends this with an error.
"""

import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KYCDROP, WORK, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
SCHEMA = os.path.join(WORK, "customer.schema.json")
VERDICT = re.compile(rb'"resultType":"REQUEST_(ACCEPTED|REJECTED)"')


def kycdrop(folder, batch):
    home = os.path.join(folder, "home")
    subprocess.run([KYCDROP, "init", "--home", home], check=True, capture_output=True)
    with open(os.path.join(home, "kycdrop.toml"), "w") as file:
        file.write('settle = "0s"\n')
    shutil.copy(batch, os.path.join(home, "watch-dir/inbox/batch-customers/batch.json"))
    answer = os.path.join(home, "watch-dir/outbox/batch-customers/batch.response.json")
    return [KYCDROP, "once", "--home", home], answer


def rival(*command):
    def prepare(folder, batch):
        answer = os.path.join(folder, "response.json")
        return [*command, SCHEMA, batch, os.path.join(folder, "rival.db"), answer], answer

    return prepare


def programs():
    """Name, how to prepare a run, and on how many processors. kycdrop uses every one there is; the
    rivals use one. So it runs on one as well, for whoever wants to know what that is worth."""
    found = [("kycdrop", kycdrop, None)]
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        found.append(("kycdrop, 1 processor", kycdrop, 1))
    python = os.path.join(WORK, "venv/bin/python")
    if works([python, "-c", "import jsonschema_rs, orjson"]):
        found.append(("jsonschema-rs", rival(python, os.path.join(HERE, "jsonschema-rs.py")), None))
    os.environ["PEERS_MODULES"] = os.path.join(WORK, "modules")
    needs = 'for (const n of ["ajv", "better-sqlite3"]) require(process.env.PEERS_MODULES + "/node_modules/" + n)'
    if works(["node", "-e", needs]):
        found.append(("ajv", rival("node", os.path.join(HERE, "ajv.mjs")), None))
    return found


def works(command):
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def verdicts(answer):
    """How many were accepted, how many rejected, and the hash of who was what, in order."""
    order, counts = hashlib.sha256(), {b"ACCEPTED": 0, b"REJECTED": 0}
    with open(answer, "rb") as file:
        for line in file:
            for word in VERDICT.findall(line):
                order.update(word)
                counts[word] += 1
    return counts[b"ACCEPTED"], counts[b"REJECTED"], order.hexdigest()


def measure(prepare, processors, batch):
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        command, answer = prepare(folder, batch)
        # What others left in memory to be written is not this run's to wait for.
        os.sync()
        allowed = sorted(os.sched_getaffinity(0))[:processors] if processors else None
        with open(os.path.join(folder, "said"), "w+") as said:
            began = time.perf_counter()
            process = subprocess.Popen(
                command,
                stdout=said,
                stderr=said,
                preexec_fn=(lambda: os.sched_setaffinity(0, allowed)) if allowed else None,
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            text = said.read()
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
        # macOS counts bytes, everyone else KiB.
        peak = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
        last = text.strip().splitlines()[-1]
        parts = json.loads(last) if last.startswith("{") else {}
        return seconds, usage.ru_utime + usage.ru_stime, peak, parts, verdicts(answer)


def main():
    found = programs()
    for name, needed in [("jsonschema-rs", "its Python packages"), ("ajv", "node and its packages")]:
        if name not in [program for program, *_ in found]:
            print(f"{name} is left out: {needed} could not be installed here.")
    widths = "{:8} {:22} {:>8} {:>11} {:>7} {:>9} {:>9} {:>8} {:>12}"
    titles = ("case", "program", "seconds", "customers/s", "cpu s", "peak MiB", "accepted", "rejected", "times kycdrop")
    print(widths.format(*titles), flush=True)
    details = []
    for case in ("minimal", "full"):
        batch = os.path.join(WORK, f"{case}.json")
        runs = {name: [] for name, *_ in found}
        # In turn, so that whatever else the machine does meets them all.
        for _ in range(ROUNDS):
            for name, prepare, processors in found:
                runs[name].append(measure(prepare, processors, batch))
        ours = runs["kycdrop"]
        for name, all_runs in runs.items():
            accepted, rejected, order = all_runs[0][4]
            if any(run[4] != ours[0][4] for run in all_runs):
                sys.exit(f"{name} judged {case} otherwise than kycdrop: {accepted} accepted, {rejected} rejected")
            seconds, cpu, peak = (statistics.median(run[i] for run in all_runs) for i in range(3))
            # Each round beside its own, so that a slow moment of the machine cancels out.
            times = statistics.median(run[0] / our[0] for run, our in zip(all_runs, ours))
            print(
                widths.format(
                    case, name, f"{seconds:.2f}", f"{(accepted + rejected) / seconds:.0f}", f"{cpu:.2f}",
                    f"{peak:.0f}", accepted, rejected, f"{times:.2f}",
                ),
                flush=True,
            )
            if all_runs[0][3]:
                parts = {part: statistics.median(run[3][part] for run in all_runs) for part in all_runs[0][3]}
                inside = ", ".join(f"{part} {value:.2f}" for part, value in parts.items())
                spent = seconds - sum(parts.values())
                details.append(f"{case:8} {name:22} {inside}, starting and ending the process {spent:.2f}")
    print("\nWhere the rivals' seconds go (medians):")
    print("\n".join(details))


main()
