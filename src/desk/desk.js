// What pages gain by a script: words and numbers of the browser's language, live parts, sorting, and files
// by drag and drop. Without it every page can be read and every form sent.
"use strict";

const language = navigator.language;
const moments = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const numbers = new Intl.NumberFormat(language);

/** Writes moments, numbers and the time zone as the browser has them. */
function localize(part) {
  for (const time of part.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!isNaN(at)) {
      time.textContent = moments.format(at);
      time.title = time.dateTime;
    }
  }
  for (const data of part.querySelectorAll("data")) data.textContent = numbers.format(data.value);
  for (const zone of part.querySelectorAll("[data-zone]")) {
    zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

/** What a cell sorts by: its number or moment, else its text. */
function key(row, column) {
  const cell = row.cells[column];
  const exact = cell.querySelector("data, time");
  if (exact) return exact.tagName === "DATA" ? Number(exact.value) : exact.dateTime;
  const text = cell.textContent.trim();
  return text !== "" && !isNaN(text) ? Number(text) : text;
}

/** Lets the headings of a table sort its rows. */
function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!head.textContent.trim() || head.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [key(a, column), key(b, column)];
        if (typeof x === "number" && typeof y === "number") return x - y;
        return String(x).localeCompare(String(y), language, { numeric: true });
      });
      body.append(...(down ? rows.reverse() : rows));
    });
  });
}

function prepare(part) {
  localize(part);
  part.querySelectorAll("table.sortable").forEach(sortable);
}

/** By which column each table is sorted, and how often its heading was pressed for that. */
function orders(part) {
  return [...part.querySelectorAll("table.sortable")].flatMap((table, i) => {
    const head = table.tHead.querySelector("th[aria-sort]");
    return head ? [[i, head.cellIndex, head.getAttribute("aria-sort") === "ascending" ? 1 : 2]] : [];
  });
}

/** Keeps a part of the page as it is at the server: asked for every two seconds while somebody looks. */
function live(part) {
  const lost = document.createElement("p");
  lost.className = "state bad";
  lost.setAttribute("role", "alert");
  let last = "";
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(part.dataset.live);
      if (!answer.ok) throw new Error(answer.statusText);
      // A part that is complete leads on, or stays as it is.
      const next = answer.headers.get("x-next");
      if (next) return location.replace(next);
      const text = await answer.text();
      lost.remove();
      if (text !== last && !part.contains(document.activeElement)) {
        const order = orders(part);
        part.innerHTML = text;
        prepare(part);
        order.forEach(([table, column, times]) => {
          const button = part.querySelectorAll("table.sortable")[table]?.tHead.rows[0].cells[column]?.querySelector("button");
          for (let i = 0; i < times; i++) button?.click();
        });
        last = text;
      }
    } catch {
      lost.textContent = document.body.dataset.lost;
      part.before(lost);
    }
  };
  setInterval(look, 2000);
  document.addEventListener("visibilitychange", look);
}

/** Takes files that are dropped onto a field for files. */
function droppable(area) {
  const input = area.querySelector("input[type=file]");
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.toggle("over", name === "dragenter" || name === "dragover");
    });
  }
  area.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

/** Keeps what was sent in a field for the next form with it. */
function kept(field) {
  const key = `kept-${field.name}`;
  try {
    field.value ||= localStorage.getItem(key) ?? "";
    field.form.addEventListener("submit", () => localStorage.setItem(key, field.value));
  } catch {
    // The browser keeps nothing.
  }
}

prepare(document);
document.querySelectorAll("[data-keep]").forEach(kept);
document.querySelectorAll("[data-live]").forEach(live);
document.querySelectorAll(".drop").forEach(droppable);
