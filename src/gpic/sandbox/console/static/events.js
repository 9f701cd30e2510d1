// A form for every event of the world, made of what the API says of it. What needs nothing more is one press.

import { get, post } from "./api.js";
import { element, heading, small, words } from "./elements.js";
import { form } from "./forms.js";

const fieldOf = (one) => ({ ...one, hint: "" });

/** Every event about a person or a practice; what is `fixed` is not asked. */
export async function eventForms(place, about, fixed) {
  const [kinds, people, practices] = await Promise.all([get("/events"), get("/people"), get("/practices")]);
  const ours = kinds.filter((kind) => kind.about === about);
  place.replaceChildren(
    heading(2, "Let something happen"),
    small("Each of these happens in the world at once; who hears of it, and when, is as in earnest."),
    element("ul", { class: "events" }, ours.map((kind) => one(kind, fixed, { people, practices }))),
  );
}

function one(kind, fixed, peopled) {
  const known = Object.fromEntries(Object.entries(fixed).filter(([name]) => kind.parameters.some((field) => field.name === name)));
  const told = (happened) => `${words(kind.name)}: ${happened.length ? happened.map((one) => one.kind).join(", ") : "nothing changed"}.`;
  return element(
    "li",
    { class: "event" },
    element("p", { class: "nhsuk-body-s" }, kind.sentence),
    form({
      id: `event-${kind.name}`,
      fields: kind.parameters.map(fieldOf),
      fixed: known,
      peopled,
      text: words(kind.name),
      said: told,
      act: (body) => post(`/events/${kind.name}`, body),
    }),
  );
}
