// The sandbox itself: its clock, its addresses, what was kept, who is registered.

import { get, post, put, remove } from "./api.js";
import { button, code, details, doing, element, heading, moment, refill, small, summary, table, tag } from "./elements.js";
import { fieldsOf, form } from "./forms.js";

const STEPS = [["1 minute", 60], ["15 minutes", 900], ["1 hour", 3600], ["1 day", 86_400], ["30 days", 2_592_000]];

const move = (text, seconds) => button(`+ ${text}`, () => doing(`${text} went by in the world.`, () => post("/clock/move", { seconds })), { id: `move-${seconds}`, label: `Move the world clock by ${text}` });

export async function open(root) {
  const places = { clock: element("div"), kept: element("div"), partners: element("div"), where: element("div") };
  root.append(
    heading(1, "Sandbox"),
    heading(2, "World clock"),
    places.clock,
    element("div", { class: "buttons" }, STEPS.map(([text, seconds]) => move(text, seconds))),
    await anyMove(),
    heading(2, "Begin anew"),
    element(
      "div",
      { class: "buttons" },
      button("Settle", () => doing("Nothing that is due is left to do.", () => post("/settle")), { id: "settle", label: "Settle: wait until nothing is left to do" }),
      button("Reset everything", () => doing("Everything is as it was at the start.", () => post("/reset")), { id: "reset", kind: "warning" }),
    ),
    heading(2, "Snapshots"),
    places.kept,
    keep(),
    heading(2, "Identity checks"),
    await checks(),
    heading(2, "Partners"),
    places.partners,
    details("Register your own service", await newPartner()),
    heading(2, "Where everything is"),
    places.where,
  );
  return {
    refresh: async () => {
      const [sandbox, kept, partners] = await Promise.all([get("/sandbox"), get("/snapshots"), get("/partners")]);
      refill(places.clock, clock(sandbox.clock));
      refill(places.kept, snapshots(kept));
      refill(places.partners, partners.map(partner));
      refill(places.where, where(sandbox));
    },
  };
}

async function anyMove() {
  const fields = (await fieldsOf("Move")).map((field) => ({ ...field, hint: "" }));
  return form({ id: "move", fields, text: "Move on", act: (body) => post("/clock/move", body), said: (now) => `In the world it is ${moment(now.world)}.` });
}

function clock(now) {
  const turn = now.frozen ? ["Let it run on", "/clock/thaw", "The world runs on."] : ["Freeze", "/clock/freeze", "The world stands still."];
  return [
    summary([["In the world", element("span", {}, moment(now.world), " ", now.frozen ? tag("frozen", "blue") : "")], ["Real clock", moment(now.wire)]]),
    button(turn[0], () => doing(turn[2], () => post(turn[1])), { id: "freeze" }),
  ];
}

function snapshots(kept) {
  if (!kept.length) return small("Nothing has been kept.");
  const rows = kept.map((one) => [
    one.name,
    moment(one.world_at),
    element(
      "span",
      { class: "buttons" },
      button("Go back", () => doing(`Everything is as in ${one.name}.`, () => post(`/snapshots/${one.name}/restore`)), { id: `back-${one.name}`, label: `Go back to ${one.name}` }),
      button("Forget", () => doing(`${one.name} is forgotten.`, () => remove(`/snapshots/${one.name}`)), { id: `forget-${one.name}`, label: `Forget ${one.name}` }),
    ),
  ]);
  return table("Kept", ["Name", "World clock", "Do"], rows);
}

const keep = () =>
  form({
    id: "keep",
    fields: [{ name: "name", kind: "text", required: true, hint: "", default: null, choices: [] }],
    text: "Keep everything",
    act: ({ name = "" }) => put(`/snapshots/${encodeURIComponent(name)}`),
    said: (made) => `${made.name} is kept.`,
  });

async function checks() {
  const [fields, now] = [await fieldsOf("IdentityChecks"), await get("/identity-checks")];
  const told = fields.map((field) => ({ ...field, default: now.manner }));
  return form({ id: "checks", fields: told, text: "Set", act: (body) => put("/identity-checks", body), said: (made) => `Identity checks: ${made.manner}.` });
}

function partner(one) {
  const systems = Object.entries(one.gp_systems).map(([name, line]) => [name.toUpperCase(), line.address, Object.entries(line.options).map(([key, value]) => `${key}: ${value}`).join(", ")]);
  return details(
    `${one.name} (${one.client_id})`,
    summary([
      ["Client id", code(one.client_id)],
      ["Issuer", code(one.issuer)],
      ["Redirect URIs", one.redirect_uris.join(", ")],
      ["Scopes", one.scopes.join(" ")],
      ["IM1 enabled", one.im1_enabled ? "yes" : "no"],
    ]),
    table("Its GP systems", ["System", "Address", "Who it is there"], systems),
  );
}

async function newPartner() {
  const fields = (await fieldsOf("NewPartner", { kinds: { keys: "blocks" } })).map((field) => ({ ...field, hint: HINTS[field.name] ?? "" }));
  fields.unshift({ name: "client_id", kind: "text", required: true, hint: "", default: null, choices: [] });
  return form({ id: "partner", fields, text: "Register", act: ({ client_id = "", ...body }) => put(`/partners/${encodeURIComponent(client_id)}`, body), said: (made) => `${made.client_id} is registered.` });
}

const HINTS = { redirect_uris: "One a line", keys: "Public keys in PEM or as JWK, an empty line between them", scopes: "One a line; none: openid, profile, gp_integration_credentials", vectors: "One a line; none: the usual ones" };

function where(sandbox) {
  const rows = Object.entries(sandbox.addresses).map(([role, address]) => [role, code(address)]);
  return [table("Addresses", ["Role", "Address"], rows), small(`gpic ${sandbox.version}, seed ${sandbox.seed}. ${sandbox.scripted_sign_in ? "login_hint=<slug> signs in without a page." : "Everybody signs in by the page."}`)];
}
