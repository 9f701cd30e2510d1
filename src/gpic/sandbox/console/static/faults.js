// Faults: what goes wrong on purpose. One press breaks a system in a common way; the form says everything.

import { get, post, remove } from "./api.js";
import { button, details, doing, element, heading, refill, small, table, words } from "./elements.js";
import { fieldsOf, form } from "./forms.js";

const COMMON = [
  ["Down (503)", { kind: "status", status: 503 }],
  ["Broken (500)", { kind: "status", status: 500 }],
  ["Too many (429)", { kind: "status", status: 429, retry_after: 30 }],
  ["Slow (3 s)", { kind: "delay", seconds: 3 }],
  ["Silent (30 s)", { kind: "timeout", seconds: 30 }],
  ["Cut off", { kind: "reset" }],
  ["Garbled", { kind: "malformed" }],
  ["Empty", { kind: "empty" }],
  ["Down once", { kind: "status", status: 503, only: 1 }],
  ["Down by chance (half)", { kind: "status", status: 503, chance: 0.5 }],
];

// A field without which an answer is of no use, of each system.
const NEEDED = { EMIS: "LinkageKey", TPP: "passphraseToLink", MEDICUS: "linkageKey", PDS: "generalPractitioner" };
const common = (lane) => [...COMMON, ...(NEEDED[lane] ? [[`Without ${NEEDED[lane]}`, { kind: "missing field", missing: NEEDED[lane] }]] : [])];

const set = (rule) => post("/faults", rule);
const inWords = (rule) => Object.entries(rule).filter(([name, value]) => value !== "" && value !== null && !["kind", "lane"].includes(name) && !isQuiet(name, value)).map(([name, value]) => `${words(name)}: ${value}`).join(", ");
const isQuiet = (name, value) => ({ seconds: 0, chance: 1, after_work: false })[name] === value;

export async function open(root) {
  const [systems, place] = [await get("/systems"), element("div")];
  const all = systems.map((one) =>
    element("div", { role: "group", "aria-label": `Break ${one.name}`, class: "breaking" }, heading(3, one.name), element("div", { class: "buttons" }, common(one.name).map(([text, rule]) => breaking(one.name, text, rule)))),
  );
  root.append(heading(1, "Faults"), small("Each rule says which calls go wrong, and how. It stays in force until it is lifted."), place, heading(2, "Break something"), ...all, details("Any rule", await any(systems)));
  return { refresh: async () => refill(place, await inForce()) };
}

function breaking(lane, text, rule) {
  const id = `break-${lane}-${text.toLowerCase().replace(/\W+/g, "-")}`;
  return button(text, () => doing(`${lane}: ${text}, from the next call on.`, () => set({ lane, ...rule })), { id, label: `${lane}: ${text}` });
}

async function any(systems) {
  const choices = { lane: systems.map((one) => one.name), operation: [...new Set(systems.flatMap((one) => one.operations))], sender: [...new Set(systems.flatMap((one) => one.callers))] };
  const fields = (await fieldsOf("FaultRule", { choices })).map((field) => (field.name === "lane" ? { ...field, required: false } : field));
  return form({ id: "any-fault", fields, text: "Put in force", act: (rule) => set({ lane: "", ...rule }), said: (made) => `Rule ${made.number} is in force.` });
}

async function inForce() {
  const rules = await get("/faults");
  if (!rules.length) return [element("p", { id: "no-faults" }, "Nothing goes wrong on purpose.")];
  const rows = rules.map((one) => [
    String(one.number),
    one.rule.lane || "any",
    element("span", {}, `${one.rule.kind}${inWords(one.rule) ? ` (${inWords(one.rule)})` : ""}`),
    `${one.struck} of ${one.matched}`,
    button("Lift", () => doing(`Rule ${one.number} is lifted.`, () => remove(`/faults/${one.number}`)), { id: `lift-${one.number}`, label: `Lift rule ${one.number}` }),
  ]);
  return [table("In force", ["Rule", "System", "What", "Struck", "Lift"], rows), button("Lift all", () => doing("All rules are lifted.", () => remove("/faults")), { id: "lift-all", kind: "warning" })];
}
