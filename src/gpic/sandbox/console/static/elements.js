// Elements by script. Texts are always texts: nothing that a sandbox says is ever taken for markup.

/** An element; `on…` are listeners, `class` and the rest attributes; false and undefined leave an attribute out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** New content; whoever had the keyboard keeps it, where an element of the same id is still there. */
export function refill(place, ...content) {
  const holder = place.contains(document.activeElement) ? document.activeElement.id : "";
  place.replaceChildren(...content.flat());
  if (holder) document.getElementById(holder)?.focus({ preventScroll: true });
}

export const heading = (level, text, attributes = {}) =>
  element(`h${level}`, { class: `nhsuk-heading-${{ 1: "l", 2: "m", 3: "s" }[level]}`, ...attributes }, text);

export const tag = (text, colour = "") => element("strong", { class: `nhsuk-tag ${colour && `nhsuk-tag--${colour}`}` }, text);

export const code = (text) => element("code", {}, text);

export const small = (text) => element("p", { class: "nhsuk-body-s" }, text);

/** A button that does something; a second press waits for the first. */
export function button(text, act, { id, kind = "secondary", label } = {}) {
  const made = element("button", { type: "button", id, "aria-label": label, class: `nhsuk-button nhsuk-button--${kind} nhsuk-button--small` }, text);
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-disabled")) return;
    made.setAttribute("aria-disabled", "true");
    try {
      await act();
    } finally {
      made.removeAttribute("aria-disabled");
    }
  });
  return made;
}

/** A table that becomes a list on narrow screens; cells are texts or elements. */
export function table(caption, heads, rows) {
  const cells = (row) =>
    row.map((cell, place) =>
      element(
        "td",
        { class: "nhsuk-table__cell", role: "cell" },
        element("span", { class: "nhsuk-table-responsive__heading", "aria-hidden": "true" }, `${heads[place]} `),
        element("span", { class: "value" }, cell === "" ? "–" : cell),
      ),
    );
  return element(
    "table",
    { class: "nhsuk-table-responsive", role: "table" },
    element("caption", { class: "nhsuk-table__caption nhsuk-table__caption--s" }, caption),
    element(
      "thead",
      { class: "nhsuk-table__head", role: "rowgroup" },
      element("tr", { role: "row" }, heads.map((head) => element("th", { scope: "col", role: "columnheader", class: "nhsuk-table__header" }, head))),
    ),
    element("tbody", { class: "nhsuk-table__body", role: "rowgroup" }, rows.map((row) => element("tr", { role: "row", class: "nhsuk-table__row" }, cells(row)))),
  );
}

/** What is what, one under the other. */
export function summary(pairs) {
  return element(
    "dl",
    { class: "nhsuk-summary-list nhsuk-summary-list--no-border" },
    pairs.map(([name, value]) =>
      element(
        "div",
        { class: "nhsuk-summary-list__row" },
        element("dt", { class: "nhsuk-summary-list__key" }, name),
        element("dd", { class: "nhsuk-summary-list__value" }, value === "" ? "–" : value),
      ),
    ),
  );
}

export function details(title, ...content) {
  return element(
    "details",
    { class: "nhsuk-details" },
    element("summary", { class: "nhsuk-details__summary" }, element("span", { class: "nhsuk-details__summary-text" }, title)),
    element("div", { class: "nhsuk-details__text" }, content),
  );
}

const LETTERS = /\b(api|nhs|ods|pds)\b/g; // what is spoken letter by letter

export const words = (name) => name.replaceAll("_", " ").replace(LETTERS, (word) => word.toUpperCase()).replace(/^./, (first) => first.toUpperCase());

const MAKERS = { emis: "EMIS", tpp: "TPP", medicus: "Medicus", other: "another's" };

/** A GP system as people say it. */
export const maker = (system) => MAKERS[system.toLowerCase()] ?? system;

export const moment = (text) => (text ? new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }) : "–");

/** Says what was done, or why not, to everybody who looks or listens. */
export function announce(sentence, isProblem = false) {
  const place = document.getElementById("said");
  place.textContent = sentence;
  place.classList.toggle("problem", isProblem);
}

/** Does something and says how it went. */
export async function doing(sentence, act) {
  try {
    const result = await act();
    announce(typeof sentence === "function" ? sentence(result) : sentence);
    return result;
  } catch (failure) {
    announce(failure.message, true);
    return undefined;
  }
}
