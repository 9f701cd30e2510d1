// Everything that changes, as it changes. EventSource sends no Authorization, so the stream is read with fetch.

import { Refused, call } from "./api.js";

const PAUSE = 1000; // milliseconds before the next attempt

/** Calls `hear` with every event and `say` with "live", "away" or "refused"; goes on after a break where it was. */
export async function follow(hear, say) {
  let last = "";
  for (;;) {
    try {
      const answer = await call("GET", "/stream", { headers: last ? { "Last-Event-ID": last } : {} });
      say("live");
      for await (const told of events(answer.body)) {
        last = String(told.number);
        hear(told);
      }
    } catch (failure) {
      if (failure instanceof Refused) {
        say("refused");
        return;
      }
    }
    say("away");
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const told = block.split("\n").find((line) => line.startsWith("data: "));
      if (told) yield JSON.parse(told.slice(6));
    }
  }
}
