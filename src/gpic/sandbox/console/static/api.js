// The control API, by the token of the link that opened this page. It stays in this tab and goes into no address.

const KEPT = "gpic-token";
let token = "";

/** What the sandbox refused, in a sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** Takes the token out of the address, or as it was kept for this tab; says whether there is one. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", "/");
  }
  token = given ?? sessionStorage.getItem(KEPT) ?? "";
  return token !== "";
}

export function forgetToken() {
  sessionStorage.removeItem(KEPT);
  token = "";
}

/** One call, as the browser answers it. Raises Refused. */
export async function call(method, path, { query = {}, body, headers = {}, signal } = {}) {
  const wanted = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined);
  const answer = await fetch(`/api${path}${wanted.length ? `?${new URLSearchParams(wanted)}` : ""}`, {
    method,
    signal,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  throw new Refused(answer.status, problem.detail);
}

async function read(answer) {
  if (answer.status === 204) return null;
  return answer.headers.get("content-type").startsWith("application/json") ? answer.json() : answer.text();
}

export const get = async (path, query) => read(await call("GET", path, { query }));
export const post = async (path, body) => read(await call("POST", path, { body }));
export const put = async (path, body) => read(await call("PUT", path, { body }));
export const remove = async (path) => read(await call("DELETE", path));
