// Everything that would have been sent to people. Nothing ever is.

import { get } from "./api.js";
import { element, heading, moment, refill, small, table } from "./elements.js";

export async function open(root) {
  const place = element("div");
  root.append(heading(1, "Outbox"), small("Nothing is ever sent. Each registration at EMIS writes to the patient: a needless one is a letter too many."), place);
  return {
    refresh: async () => {
      const [letters, notes] = await Promise.all([get("/outbox"), get("/notes")]);
      const ofSystems = letters.toReversed().map((one) => [moment(one.at_world), one.person, one.to, one.subject, one.application]);
      const ofProvider = notes.toReversed().map((one) => [one.channel, one.to, one.subject, one.text]);
      refill(
        place,
        letters.length ? table("From GP systems, the latest first", ["When (world)", "Person", "To", "Subject", "Application"], ofSystems) : small("No GP system has written to anybody."),
        notes.length ? table("From NHS login, the latest first", ["By", "To", "Subject", "Text"], ofProvider) : small("NHS login has written to nobody."),
      );
    },
  };
}
