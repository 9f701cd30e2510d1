// Forms out of what the API says of itself: the parameters of events, and the shapes of its OpenAPI document.

import { get } from "./api.js";
import { button, doing, element, maker, words } from "./elements.js";

let described; // the OpenAPI document

/** The fields of a shape of the OpenAPI document. */
export async function fieldsOf(shape, { choices = {}, kinds = {} } = {}) {
  described ??= await get("/openapi.json");
  const { properties, required = [] } = described.components.schemas[shape];
  return Object.entries(properties).map(([name, schema]) => {
    const some = schema.anyOf?.find((one) => one.type !== "null") ?? schema;
    const among = choices[name] ?? some.enum ?? counted(some.pattern);
    return {
      name,
      hint: schema.description ?? "",
      kind: kinds[name] ?? (among ? "choice" : { boolean: "flag", integer: "number", number: "number", array: "lines" }[some.type] ?? "text"),
      required: required.includes(name),
      default: schema.default ?? null,
      choices: among ?? [],
    };
  });
}

function counted(pattern) {
  const among = pattern?.match(/^\^\(([\w|]+)\)\$$/);
  const letters = pattern?.match(/^\^(\w)\[(\w+)\]\$$/);
  return among ? among[1].split("|") : letters ? [...letters[2]].map((one) => letters[1] + one) : null;
}

const CONTROLS = {
  flag: (id, field) => element("input", { type: "checkbox", id, class: "nhsuk-checkboxes__input", checked: field.default === true }),
  number: (id, field) => element("input", { type: "number", step: "any", id, class: "nhsuk-input nhsuk-input--width-10", value: field.default ?? undefined }),
  text: (id, field) => element("input", { id, class: "nhsuk-input nhsuk-input--width-20", value: field.default || undefined, autocomplete: "off", spellcheck: "false" }),
  lines: (id) => element("textarea", { id, class: "nhsuk-textarea", rows: 3, spellcheck: "false" }),
};
CONTROLS.blocks = CONTROLS.lines;
CONTROLS.choice = (id, field, peopled) => {
  const among = optionsOf(field, peopled);
  const empty = field.required && field.kind !== "practice" && field.kind !== "person" ? [] : [element("option", { value: "" }, field.required ? "Choose…" : "–")];
  const options = among.map(([value, text]) => element("option", { value, selected: value === field.default }, text));
  return element("select", { id, class: "nhsuk-select" }, empty, options);
};
CONTROLS.person = CONTROLS.choice;
CONTROLS.practice = CONTROLS.choice;
CONTROLS.people = (id, field, peopled) =>
  element("select", { id, class: "nhsuk-select", multiple: true, size: 5 }, optionsOf(field, peopled).map(([value, text]) => element("option", { value }, text)));

function optionsOf(field, { people, practices }) {
  if (field.kind === "person" || field.kind === "people") return people.map((one) => [one.slug, `${one.name} (${one.slug})`]);
  if (field.kind === "practice") return practices.map((one) => [one.code, `${one.name} (${one.code}, ${maker(one.system)})`]);
  return field.choices.map((one) => [one, one]);
}

const READERS = {
  flag: (control) => control.checked,
  number: (control) => (control.value === "" ? null : Number(control.value)),
  lines: (control) => apart(control.value, /\n/),
  blocks: (control) => apart(control.value, /\n\s*\n/),
  people: (control) => [...control.selectedOptions].map((one) => one.value),
};

const apart = (text, mark) => text.split(mark).map((one) => one.trim()).filter(Boolean);

function labelled(id, field, control) {
  const hint = field.hint ? element("div", { class: "nhsuk-hint nhsuk-u-margin-bottom-1", id: `${id}-hint` }, field.hint) : null;
  if (hint) control.setAttribute("aria-describedby", hint.id);
  const text = words(field.name) + (field.required || field.kind === "flag" ? "" : " (optional)");
  if (field.kind === "flag") {
    return element(
      "div",
      { class: "nhsuk-checkboxes nhsuk-checkboxes--small field" },
      element("div", { class: "nhsuk-checkboxes__item" }, control, element("label", { class: "nhsuk-label nhsuk-checkboxes__label", for: id }, text), hint),
    );
  }
  return element("div", { class: "nhsuk-form-group field" }, element("label", { class: "nhsuk-label", for: id }, text), hint, control);
}

/** A form whose button calls `act` with what was written; fields left empty are left out. `fixed` is said beside. */
export function form({ id, fields, text, act, said, fixed = {}, peopled = { people: [], practices: [] }, kind = "secondary", label }) {
  const asked = fields.filter((field) => !(field.name in fixed));
  const controls = asked.map((field) => [field, CONTROLS[field.kind](`${id}-${field.name}`, field, peopled)]);
  const read = () => {
    const given = { ...fixed };
    for (const [field, control] of controls) {
      const value = (READERS[field.kind] ?? ((one) => one.value))(control);
      if (value !== "" && value !== null && !(Array.isArray(value) && !value.length && !field.required)) given[field.name] = value;
    }
    return given;
  };
  const pressed = button(text, () => doing(said, () => act(read())), { id: `${id}-do`, kind, label });
  const made = element("form", { id, novalidate: true }, controls.map(([field, control]) => labelled(control.id, field, control)), pressed);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    pressed.click();
  });
  return made;
}
