// The people: everybody in a list, and everything about one of them.

import { get, post } from "./api.js";
import { button, code, details, doing, element, heading, maker, moment, refill, small, summary, table, tag } from "./elements.js";
import { eventForms } from "./events.js";
import { fieldsOf, form } from "./forms.js";

const COLOURS = { open: "green", held: "green", locked: "red", ended: "red", restricted: "orange", none: "grey", empty: "grey" };
const state = (word) => tag(word, COLOURS[word] ?? "yellow");
const fingerprint = (text) => (text ? code(text) : "");
const person = (one) => element("a", { href: `#people/${one.slug}`, id: `person-${one.slug}` }, one.name);
const surgery = (one) => (one.practice ? element("a", { href: `#practices/${one.practice}` }, one.practice_name) : "none");

export async function open(root, slug, sandbox) {
  return slug ? one(root, slug, sandbox) : everybody(root);
}

async function everybody(root) {
  const place = element("div");
  const fields = await fieldsOf("NewPerson", { kinds: { practice: "practice" } });
  const peopled = { people: [], practices: await get("/practices") };
  const more = form({ id: "add-person", fields, text: "Add", peopled, act: (body) => post("/people", body), said: (made) => `${made.name} is there.` });
  root.append(heading(1, "People"), small("Everybody here is invented. Choose somebody to see what everyone holds, and to let things happen to them."), place, details("Somebody more", more));
  return {
    refresh: async () => {
      const rows = (await get("/people")).map((one) => [person(one), code(one.slug), tag(one.level, "blue"), surgery(one), maker(one.system), state(one.account), state(one.provider)]);
      refill(place, table("Everybody", ["Name", "Login hint", "Proofing level", "Practice", "System", "GP online account", "NHS login's details"], rows));
    },
  };
}

async function one(root, slug, { password, code: secret, partner }) {
  const [place, actions] = [element("div"), element("div")];
  let reveal = false;
  const refresh = async () => refill(place, shown(await get(`/people/${slug}`, { reveal })));
  const shown = (who) => [
    heading(1, who.name),
    element("p", {}, "Sign in as ", code(who.email), " with the password ", code(password), " and the security code ", code(secret), " at ", element("a", { href: partner, target: "_blank", rel: "noopener", id: "to-partner" }, "the sample partner (opens in a new tab)"), "."),
    whoHoldsWhat(who),
    who_(who, button(reveal ? "Mask NHS number" : "Show NHS number", () => ((reveal = !reveal), refresh()), { id: "reveal-number" })),
    ...accounts(who),
    trail(who.provider),
  ];
  root.append(element("p", {}, element("a", { href: "#people", class: "nhsuk-back-link" }, "Everybody")), place, actions);
  await eventForms(actions, "person", { person: slug });
  return { refresh };
}

/** The heart of it: the same fingerprint means the same secret. */
function whoHoldsWhat(who) {
  const now = who.account;
  const held = who.provider;
  const current = (text) => (!text ? "" : now && text === now.details ? [code(text), " ", tag("current", "green")] : [code(text), " ", tag("not the practice's", "red")]);
  const works = (ours, does) => (ours ? [code(ours), " ", does ? tag("works", "green") : tag("refused", "red")] : "");
  const own = now?.links.find((link) => link.application === "NHS login");
  const system = now ? [["Practice's system", maker(now.system), now.practice, [code(now.details), " ", now.key_is_good ? tag("good", "green") : tag("no good", "red")], "", state(now.locked ? "locked" : now.restricted ? "restricted" : now.status)]] : [];
  const provider = ["NHS login", maker(held.system), held.practice, current(held.details), works(held.token, own?.works && own.token === held.token), state(held.state)];
  const partners = who.partners.map((one) => [one.partner, maker(one.system), one.practice, current(one.details), works(one.token, one.works), one.mark || (one.known_from === "store" ? "" : "as its GP system tells")]);
  return table("Who holds what (fingerprints: the same one means the same secret)", ["Who", "System", "Practice", "Details", "IM1 token", "State"], [...system, provider, ...partners].map((row) => row.map((cell) => (Array.isArray(cell) ? element("span", {}, cell) : cell))));
}

function who_(who, reveal) {
  return summary([
    ["NHS number", element("span", {}, who.nhs_number, " ", reveal)],
    ["Born", who.birth_date],
    ["Proofing level", tag(who.level, "blue")],
    ["Practice", element("span", {}, surgery(who), ` ${who.practice} ${maker(who.system)}`)],
    ["Standing there", who.standing],
    ["Acts for", who.acts_for.join(", ")],
    ["Shown as", who.shown_as],
    ["PDS", `${who.pds.practice || "no practice"}, version ${who.pds.version}, ${who.pds.confidentiality}${who.pds.death ? `, dead (${who.pds.death})` : ""}${who.pds.superseded_by ? `, replaced by ${who.pds.superseded_by}` : ""}${who.pds.invalidated ? ", invalidated" : ""}`],
    ["Refused because", who.provider.refusal],
    ["Next try", moment(who.provider.next_try_at)],
    ["Registered", moment(who.provider.registered_at)],
    ["Last good check", moment(who.provider.checked_at)],
  ]);
}

function accounts(who) {
  return [...(who.account ? [who.account] : []), ...who.former_accounts].map((one, place) =>
    table(
      `${place || !who.account ? "Former account" : "GP online account"} at ${one.practice} (${maker(one.system)}): ${one.status}${one.services_on ? "" : ", services off"}, ${one.failed_logins} failed logins`,
      ["Application", "Token", "Accepted", "Of the present key"],
      one.links.map((link) => [link.application, fingerprint(link.token), link.works ? "yes" : "no", link.of_present_key ? "yes" : "no"]),
    ),
  );
}

function trail(held) {
  if (!held.trail.length) return small("NHS login has nothing about them on its audit trail.");
  return details("NHS login's audit trail", table("The latest lines", ["When", "What", "Version", "Partner", "Why"], held.trail.map((line) => [moment(line.at), line.event, String(line.version), line.partner, line.why])));
}
