// The assumptions register: every guess of the stand-ins, what speaks for it, and the switch that decides otherwise.

import { get, put } from "./api.js";
import { button, code, doing, element, heading, refill, small, tag } from "./elements.js";

const idOf = (name) => `switch-${name.replaceAll(/\W/g, "-")}`;
const throwTo = (name, value) => doing(`${name} stands at ${JSON.stringify(value)}.`, () => put(`/switches/${encodeURIComponent(name)}`, { value }));

export async function open(root) {
  const [guesses, others] = [element("div"), element("div")];
  root.append(
    heading(1, "Assumptions"),
    small("Where no public source says what a system does, a stand-in had to decide. Each guess is here; where it has a switch, throw it and see whether your service minds."),
    guesses,
    heading(2, "Every switch"),
    others,
  );
  return {
    refresh: async () => {
      const [register, switches] = await Promise.all([get("/assumptions"), get("/switches")]);
      const board = new Map(switches.map((one) => [one.name, one]));
      const decided = new Set(register.map((one) => one.switch));
      const groups = Map.groupBy(register, (one) => one.about);
      refill(guesses, [...groups].map(([about, entries]) => [heading(2, about), element("ul", { class: "guesses" }, entries.map((one) => guess(one, board)))]).flat());
      refill(others, element("ul", { class: "guesses" }, switches.filter((one) => !decided.has(one.name)).map((one) => element("li", {}, control(one)))));
    },
  };
}

function guess(one, board) {
  const found = board.get(one.switch);
  return element(
    "li",
    {},
    element("p", { class: "nhsuk-u-margin-bottom-1" }, tag(one.id, "blue"), " ", one.guess),
    element("p", { class: "nhsuk-body-s nhsuk-u-margin-bottom-1" }, `Evidence: ${one.evidence}`),
    found ? control(found, one.id) : small(one.fixed ? `No switch: ${one.fixed}` : `Decided by ${one.switch}, which an event or a fault is given.`),
  );
}

/** What stands at one of a few positions is chosen; anything else is written as JSON. */
function control(one, guessed = "") {
  const id = idOf(one.name) + guessed;
  const label = element("label", { class: "nhsuk-label", for: id }, code(one.name), JSON.stringify(one.value) === JSON.stringify(one.start) ? "" : [" ", tag("moved", "yellow")]);
  if (one.positions.length) {
    const isFlag = typeof one.value === "boolean";
    const choice = element("select", { id, class: "nhsuk-select" }, one.positions.map((text) => element("option", { value: text, selected: text === String(one.value) }, text)));
    choice.addEventListener("change", () => throwTo(one.name, isFlag ? choice.value === "true" : choice.value));
    return element("div", { class: "field" }, label, choice);
  }
  const text = element("input", { id, class: "nhsuk-input nhsuk-input--width-20", value: JSON.stringify(one.value), spellcheck: "false" });
  const set = () => doing(`${one.name} is set.`, () => put(`/switches/${encodeURIComponent(one.name)}`, { value: plain(text.value) }));
  return element("div", { class: "field" }, label, text, " ", button("Set", set, { id: `${id}-set`, label: `Set ${one.name}` }));
}

function plain(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
