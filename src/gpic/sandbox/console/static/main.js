// The console: opens by its link, follows the stream, and shows one view at a time.

import { forgetToken, get, Refused, takeToken } from "./api.js";
import { announce, moment } from "./elements.js";
import { follow } from "./stream.js";
import * as assumptions from "./assumptions.js";
import * as diagram from "./diagram.js";
import * as faults from "./faults.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as practices from "./practices.js";
import * as running from "./running.js";

/** By name: the view, and the kinds of event after which it asks again. */
const VIEWS = {
  conversation: [diagram, []],
  people: [people, ["person", "happening", "clock", "partners"]],
  practices: [practices, ["happening", "faults", "lags", "clock", "partners"]],
  faults: [faults, ["faults", "message"]],
  outbox: [outbox, ["outbox"]],
  assumptions: [assumptions, ["switches"]],
  sandbox: [running, ["clock", "snapshots", "partners"]],
};
const FIRST = "conversation";
const PATIENCE = 100; // milliseconds in which several events are one

const root = document.getElementById("view");
let view = {};
let concerns = [];
let turn = 0;
let due = 0;
let sandbox = {};

async function show() {
  if (location.hash.startsWith("#token=")) return location.reload();
  const [name, ...rest] = location.hash.slice(1).split("/");
  const chosen = name in VIEWS ? name : FIRST;
  turn += 1;
  const mine = turn;
  const place = document.createElement("div");
  const opened = await VIEWS[chosen][0].open(place, decodeURIComponent(rest.join("/")), sandbox);
  await opened.refresh();
  if (mine !== turn) return undefined;
  [view, concerns] = [opened, VIEWS[chosen][1]];
  root.replaceChildren(place);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${chosen}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = root.querySelector("h1");
  document.title = `${title.textContent} – gpic sandbox console`;
  return title;
}

/** After a step to another view the keyboard goes on from its heading. */
async function step() {
  const title = await guarded(show);
  title?.setAttribute("tabindex", "-1");
  title?.focus();
}

async function guarded(act) {
  try {
    return await act();
  } catch (failure) {
    if (failure instanceof Refused && failure.status === 401) return closed();
    announce(failure.message, true);
    return undefined;
  }
}

function hear(told) {
  if (told.kind === "clock" || told.kind === "begun") guarded(tick);
  const mustAsk = view.hear?.(told) || told.kind === "begun" || concerns.includes(told.kind);
  if (mustAsk) due ||= setTimeout(() => ((due = 0), guarded(view.refresh)), PATIENCE);
}

let world = { at: 0, read: 0, frozen: true };

async function tick() {
  const { world: at, frozen } = await get("/clock");
  world = { at: Date.parse(at), read: performance.now(), frozen };
  tock();
}

function tock() {
  if (!world.read) return;
  const now = world.at + (world.frozen ? 0 : performance.now() - world.read);
  document.getElementById("world").textContent = `World clock: ${moment(new Date(now).toISOString())}${world.frozen ? " (frozen)" : ""}`;
}

const LINES = { live: "Live", away: "No connection; trying again", refused: "Closed" };

function say(line) {
  const place = document.getElementById("line");
  place.textContent = LINES[line];
  place.dataset.line = line;
  if (line === "refused") closed();
}

function closed() {
  forgetToken();
  for (const id of ["console", "bar"]) document.getElementById(id).hidden = true;
  document.getElementById("closed").hidden = false;
}

async function begin() {
  if (!takeToken()) return closed();
  const told = await get("/sandbox");
  sandbox = { password: told.password, code: told.code, partner: told.addresses.partner };
  for (const id of ["console", "bar"]) document.getElementById(id).hidden = false;
  await tick();
  setInterval(tock, 1000);
  await show();
  window.addEventListener("hashchange", step);
  return follow(hear, say);
}

guarded(begin);
