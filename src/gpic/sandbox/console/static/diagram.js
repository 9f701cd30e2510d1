// The conversation as it happens: one diagram a login, or everything.

import { call, get } from "./api.js";
import { button, doing, element, heading, small } from "./elements.js";
import { Sequence } from "./sequence.js";

const EVERYTHING = "everything";
const MOST_SHOWN = 1000; // of everything, the latest
const PAGE = 10_000;
const FORMATS = [
  ["SVG", "/diagram.svg", {}, "svg"],
  ["text", "/diagram", { format: "text" }, "txt"],
  ["Mermaid", "/diagram", { format: "mermaid" }, "mmd"],
];

const entryOf = (message) => ({ key: `m${message.number}`, at: message.at_wire, number: message.number, message });
const noteOf = (one) => ({ key: `h${one.number}`, at: one.at_wire, number: 0, sentence: sentenceOf(one) });

function sentenceOf(one) {
  const about = [one.person, one.practice].filter(Boolean).join(", ");
  return `In the world: ${one.kind}${about ? ` (${about})` : ""}`;
}

/** The view; *wanted* is a login's id, or nothing: the newest. */
export async function open(root, wanted, { partner }) {
  const sequence = new Sequence();
  const which = element("select", { id: "login", class: "nhsuk-select" });
  const newest = element("input", { type: "checkbox", id: "newest", class: "nhsuk-checkboxes__input", checked: !wanted });
  const problems = element("input", { type: "checkbox", id: "problems", class: "nhsuk-checkboxes__input" });
  const count = element("p", { class: "nhsuk-body-s", id: "count" });
  let logins = [];
  let chosen = wanted || "";

  const isShown = (message) => chosen === EVERYTHING || (chosen !== "" && message.login === chosen);
  const tell = () => {
    const text = sequence.size === 1 ? "1 message" : `${sequence.size} messages`;
    count.textContent = sequence.size ? text : "Nothing has been said yet. Log in at the sample partner, and watch.";
  };

  async function refresh() {
    logins = await get("/logins");
    const isThere = chosen === EVERYTHING || logins.some((one) => one.id === chosen);
    if (newest.checked || !isThere) chosen = logins.at(-1)?.id ?? EVERYTHING;
    offer();
    sequence.show(await entries());
    tell();
  }

  async function entries() {
    if (chosen !== EVERYTHING) return (await get("/messages", { login: chosen, limit: PAGE })).messages.map(entryOf);
    const [said, happened] = await Promise.all([latest(), get("/happenings")]);
    return [...said.map(entryOf), ...happened.slice(-MOST_SHOWN).map(noteOf)];
  }

  function offer() {
    const options = logins.map((one) => [one.id, `${one.id.replace("-", " ")}: ${one.person || "somebody"} at ${one.partner || "a partner"}`]);
    which.replaceChildren(
      ...[...options.reverse(), [EVERYTHING, "Everything, logins and what lies between"]].map(([value, text]) =>
        element("option", { value, selected: value === chosen }, text),
      ),
    );
  }

  /** True where everything must be asked for again. */
  function hear(told) {
    if (told.kind === "happening" && chosen === EVERYTHING) sequence.add(noteOf(told.happening));
    if (told.kind !== "message") return told.kind === "login" || told.kind === "begun";
    const isOfNew = told.message.login !== "" && !logins.some((one) => one.id === told.message.login);
    if (isShown(told.message)) sequence.add(entryOf(told.message));
    tell();
    return isOfNew;
  }

  which.addEventListener("change", () => {
    chosen = which.value;
    newest.checked = false;
    refresh();
  });
  newest.addEventListener("change", refresh);
  problems.addEventListener("change", () => sequence.list.classList.toggle("only-problems", problems.checked));

  root.append(
    heading(1, "Conversation"),
    small(`Every message between person, partner, NHS login, GP systems, PDS and MNS, as it happens. Press one to open it.`),
    element("p", {}, element("a", { href: partner, target: "_blank", rel: "noopener" }, "Log in at the sample partner (opens in a new tab)")),
    element(
      "div",
      { class: "choices" },
      element("div", { class: "nhsuk-form-group field" }, element("label", { class: "nhsuk-label", for: "login" }, "Diagram of"), which),
      tick(newest, "Follow the newest login"),
      tick(problems, "Only what failed or has a note"),
    ),
    element("div", { class: "buttons" }, FORMATS.map((format) => button(`Save as ${format[0]}`, () => save(format, chosen), { id: `save-${format[3]}` }))),
    count,
    sequence.region,
  );
  return { refresh, hear };
}

/** The latest messages of the journal, which tells them oldest first. */
async function latest() {
  let [found, after, page] = [[], 0, []];
  do {
    const told = await get("/messages", { after, limit: PAGE });
    [page, after] = [told.messages, told.last];
    found = [...found, ...page].slice(-MOST_SHOWN);
  } while (page.length === PAGE);
  return found;
}

const tick = (control, text) =>
  element(
    "div",
    { class: "nhsuk-checkboxes nhsuk-checkboxes--small field" },
    element("div", { class: "nhsuk-checkboxes__item" }, control, element("label", { class: "nhsuk-label nhsuk-checkboxes__label", for: control.id }, text)),
  );

async function save([name, path, query, ending], chosen) {
  await doing(`The diagram is saved as ${name}.`, async () => {
    const login = chosen === EVERYTHING ? "" : chosen;
    const drawn = await (await call("GET", path, { query: { ...query, login } })).blob();
    const link = element("a", { href: URL.createObjectURL(drawn), download: `${login || EVERYTHING}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
}
