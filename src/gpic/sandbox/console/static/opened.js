// One message, opened: what it is about, and what went over the wire; masked until somebody asks.

import { get } from "./api.js";
import { button, code, doing, element, moment, summary, tag } from "./elements.js";

/** Opens the message beneath its line, or closes it. */
export async function opening(line, place, message) {
  const isOpen = line.getAttribute("aria-expanded") === "true";
  line.setAttribute("aria-expanded", String(!isOpen));
  place.querySelector(".opened")?.remove();
  if (!isOpen) await show(place, message.number, false);
}

async function show(place, number, reveal) {
  const told = await doing(`Message ${number} is opened.`, () => get(`/messages/${number}`, { reveal }));
  if (!told) return;
  const hadKeyboard = place.querySelector(".opened")?.contains(document.activeElement);
  place.querySelector(".opened")?.remove();
  place.append(panel(place, told));
  if (hadKeyboard) document.getElementById(`reveal-${number}`)?.focus();
}

function panel(place, told) {
  const { message, revealed } = told;
  return element(
    "div",
    { class: "opened" },
    element("h2", { class: "nhsuk-heading-s" }, `${message.sender} → ${message.receiver}: ${message.operation}`),
    element("p", {}, told.says),
    summary([
      ["Rules", message.rules.length ? element("span", { class: "tags" }, message.rules.map((id) => tag(id, "blue"))) : ""],
      ["When", `${moment(message.at_wire)}; in the world ${moment(message.at_world)}; took ${message.milliseconds.toFixed(1)} ms`],
      ["About", message.person],
    ]),
    told.kept ? [reveal(place, message.number, revealed), ...exchange(told)] : element("p", {}, "Headers and bodies of so old a message are no longer kept."),
  );
}

function reveal(place, number, revealed) {
  const text = revealed ? "Mask it again" : "Show what is masked";
  return button(text, () => show(place, number, !revealed), { id: `reveal-${number}`, label: `${text}, message ${number}` });
}

function exchange(told) {
  const asked = `${told.method} ${told.path}${told.query ? `?${told.query}` : ""}`;
  return [
    part(`Request of message ${told.message.number}`, asked, told.headers, told.body),
    part(`Answer to message ${told.message.number}`, told.status ? String(told.status) : "No answer", told.answer_headers, told.answer),
    told.cut ? element("p", {}, "A body was longer than what is kept.") : null,
  ];
}

function part(title, first, headers, body) {
  const lines = [first, ...headers.map(({ name, value }) => `${name}: ${value}`)].join("\n");
  const text = body ? `${lines}\n\n${body}` : lines;
  return element("figure", { class: "wire" }, element("figcaption", {}, title), element("pre", { tabindex: 0, role: "group", "aria-label": title }, code(text)));
}
