// A sequence diagram that grows: lanes from left to right as in NHS login's documentation, one row a message.

import { element } from "./elements.js";
import { opening } from "./opened.js";

const LEFT = ["Person", "Partner"];
const RIGHT = ["NHS login", "PDS", "ODS", "MNS", "EMIS", "TPP", "MEDICUS"];
const NEAR_THE_END = 60; // pixels

/** Moments differ by microseconds, and some are written without a fraction. */
const stamp = (at) => {
  const [seconds, fraction = ""] = at.replace(/(Z|\+00:00)$/, "").split(".");
  return `${seconds}.${fraction.padEnd(6, "0")}`;
};

/** The lanes of these messages, from left to right; others' services stand after the partner. */
export function lanesOf(messages) {
  const spoken = new Set(messages.flatMap((one) => [one.sender, one.receiver]));
  const others = [...spoken].filter((name) => !LEFT.includes(name) && !RIGHT.includes(name));
  return [...LEFT, ...others, ...RIGHT].filter((name) => spoken.has(name));
}

/** The picture: `show` sets what it holds, `add` adds to it; both draw with the browser's next frame. */
export class Sequence {
  #rows = []; // in the order of arrival: { key, order, message, place }
  #keys = new Map();
  #lanes = [];
  #waiting = new Map();
  #frame = 0;

  constructor() {
    this.heads = element("div", { class: "lanes", "aria-hidden": "true" });
    this.list = element("ol", { class: "messages" });
    this.region = element("div", { class: "sequence", tabindex: 0, role: "region", "aria-label": "Sequence diagram" }, this.heads, this.list);
  }

  get size() {
    return this.#rows.length + this.#waiting.size;
  }

  /** Exactly these; rows that are there already stay as they are, opened ones opened. */
  show(entries) {
    const wanted = new Set(entries.map((one) => one.key));
    this.#waiting.clear();
    for (const row of this.#rows.filter((one) => !wanted.has(one.key))) row.place.remove();
    this.#rows = this.#rows.filter((one) => wanted.has(one.key));
    this.#keys = new Map(this.#rows.map((row) => [row.key, row]));
    for (const entry of entries) if (!this.#keys.has(entry.key)) this.#waiting.set(entry.key, entry);
    this.#draw();
  }

  add(entry) {
    if (this.#keys.has(entry.key)) return;
    this.#waiting.set(entry.key, entry);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { scrollTop, clientHeight, scrollHeight } = this.region;
    const isAtEnd = scrollTop + clientHeight > scrollHeight - NEAR_THE_END;
    const fresh = [...this.#waiting.values()].map((entry) => ({ ...entry, order: [stamp(entry.at), entry.number], place: drawn(entry) }));
    this.#waiting.clear();
    for (const row of fresh.sort(byArrival)) this.#place(row);
    this.#stretch();
    if (isAtEnd && fresh.length) this.region.scrollTop = this.region.scrollHeight;
  }

  #place(row) {
    let at = this.#rows.length;
    while (at > 0 && byArrival(row, this.#rows[at - 1]) < 0) at -= 1;
    this.list.insertBefore(row.place, this.#rows[at]?.place ?? null);
    this.#rows.splice(at, 0, row);
    this.#keys.set(row.key, row);
  }

  /** Somebody new may speak: then every arrow finds its lanes anew. */
  #stretch() {
    const lanes = lanesOf(this.#rows.flatMap((row) => row.message ?? []));
    const isNew = lanes.join() !== this.#lanes.join();
    this.#lanes = lanes;
    if (isNew) {
      this.region.style.setProperty("--lanes", Math.max(lanes.length, 1));
      this.heads.replaceChildren(...lanes.map((name) => element("span", {}, element("span", { class: "lane-name" }, name))));
    }
    for (const row of this.#rows) {
      if (row.message && (isNew || !row.isSet)) aim(row, lanes);
      row.isSet = true;
    }
  }
}

function byArrival(one, other) {
  if (one.order[0] !== other.order[0]) return one.order[0] < other.order[0] ? -1 : 1;
  return one.order[1] - other.order[1];
}

/** From lane to lane; words that would leave the picture on the right end at the arrow's right end. */
function aim({ place, message }, lanes) {
  const [from, to] = [lanes.indexOf(message.sender), lanes.indexOf(message.receiver)];
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  place.style.setProperty("--left", left + 1);
  place.style.setProperty("--right", right + 2);
  place.style.setProperty("--span", right - left + 1);
  place.classList.toggle("backwards", to < from);
  place.classList.toggle("to-itself", to === from);
  place.classList.toggle("flush-right", left >= lanes.length / 2);
}

function drawn({ message, sentence }) {
  if (!message) return element("li", { class: "note" }, sentence);
  const place = element(
    "li",
    { class: `message ${message.ok ? "" : "refused"} ${message.ok && !message.remarks.length ? "" : "problem"}`, "data-number": message.number },
    element(
      "button",
      { type: "button", class: "line", "aria-expanded": "false", onclick: (event) => opening(event.currentTarget, place, message) },
      element("span", { class: "words" }, spoken(message)),
      element("span", { class: "arrow", "aria-hidden": "true" }),
    ),
    message.remarks.map((remark) => element("p", { class: "remark" }, element("strong", {}, "Note: "), remark)),
  );
  return place;
}

function spoken(message) {
  return [
    element("span", { class: "number" }, `${message.number} `),
    element("span", { class: "nhsuk-u-visually-hidden" }, `${message.sender} to ${message.receiver}: `),
    `${message.ok ? "" : "✗ "}${message.operation} → ${message.outcome}`,
    message.note ? element("span", { class: "said" }, ` (${message.note})`) : null,
  ].filter(Boolean);
}
