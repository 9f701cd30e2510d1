// Practices and systems, and what can happen to a practice.

import { get, put } from "./api.js";
import { code, details, element, heading, maker, refill, small, summary, table, tag } from "./elements.js";
import { eventForms } from "./events.js";
import { fieldsOf, form } from "./forms.js";

export async function open(root, wanted) {
  return wanted ? one(root, wanted) : all(root);
}

const yes = (is, word, otherwise) => (is ? tag(word, "green") : tag(otherwise, "red"));
const named = (one) => element("a", { href: `#practices/${one.code}`, id: `practice-${one.code}` }, one.name);
const standing = (one) => element("span", { class: "tags" }, one.closed ? tag("closed", "grey") : [yes(one.live, "live", "not live"), yes(one.online, "online", "online services off")]);

async function all(root) {
  const place = element("div");
  const fields = (await fieldsOf("Lags")).map((field) => ({ ...field, hint: "" }));
  const late = form({ id: "lags", fields, text: "Set", act: (body) => put("/lags", body), said: "From the next event on they hear so late." });
  const actions = element("div");
  root.append(heading(1, "Practices and systems"), place, details("How many seconds late each system hears", late), actions);
  await eventForms(actions, "practice", {});
  return {
    refresh: async () => {
      const [practices, systems, lags] = await Promise.all([get("/practices"), get("/systems"), get("/lags")]);
      const rows = practices.map((one) => [named(one), code(one.code), maker(one.system), maker(one.listed_as), standing(one), String(one.patients.length), one.successor]);
      const stand = systems.map((one) => [one.name, code(one.address), one.callers.join(", "), one.faults ? tag(`${one.faults} in force`, "red") : "none"]);
      const slow = Object.entries(lags).filter(([, seconds]) => seconds);
      refill(
        place,
        table("Practices", ["Name", "Code", "System", "Directory says", "State", "Patients", "Successor"], rows),
        table("Systems (stand-ins)", ["System", "Address", "Known callers", "Faults"], stand),
        small(slow.length ? `Hear late: ${slow.map(([name, seconds]) => `${name} ${seconds} s`).join(", ")}.` : "Every system hears at once."),
      );
    },
  };
}

async function one(root, wanted) {
  const [place, actions] = [element("div"), element("div")];
  root.append(element("p", {}, element("a", { href: "#practices", class: "nhsuk-back-link" }, "All practices")), place, actions);
  await eventForms(actions, "practice", { practice: wanted, closing: wanted });
  return {
    refresh: async () => {
      const here = await get(`/practices/${wanted}`);
      const patients = here.patients.map((slug) => element("a", { href: `#people/${slug}` }, slug)).flatMap((link) => [link, " "]);
      const pairs = [["Code", code(here.code)], ["System", maker(here.system)], ["The directory says", maker(here.listed_as)], ["State", standing(here)], ["Successor", here.successor], ["Patients", element("span", {}, patients.length ? patients : "none")]];
      refill(place, heading(1, here.name), summary(pairs));
    },
  };
}
