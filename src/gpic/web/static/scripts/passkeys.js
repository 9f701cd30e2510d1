// Passkeys on a page: what the browser makes goes into a hidden field of the form around the button.

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const withIds = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));

const ways = {
  async get(options) {
    const publicKey = {
      ...options,
      challenge: bytesOf(options.challenge),
      allowCredentials: withIds(options.allowCredentials),
    };
    const { response, ...made } = partsOf(await navigator.credentials.get({ publicKey }));
    return {
      ...made,
      response: {
        clientDataJSON: textOf(response.clientDataJSON),
        authenticatorData: textOf(response.authenticatorData),
        signature: textOf(response.signature),
        userHandle: response.userHandle ? textOf(response.userHandle) : undefined,
      },
    };
  },
  async create(options) {
    const publicKey = {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: withIds(options.excludeCredentials),
    };
    const { response, ...made } = partsOf(await navigator.credentials.create({ publicKey }));
    return {
      ...made,
      response: {
        clientDataJSON: textOf(response.clientDataJSON),
        attestationObject: textOf(response.attestationObject),
      },
    };
  },
};

const partsOf = (credential) => ({
  id: credential.id,
  rawId: textOf(credential.rawId),
  type: credential.type,
  response: credential.response,
});

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const told = form.querySelector("[data-passkey-told]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    try {
      const made = await ways[form.dataset.passkey](JSON.parse(form.dataset.options));
      form.elements.credential.value = JSON.stringify(made);
      form.requestSubmit(form.querySelector("button[name=action]"));
    } catch {
      told.hidden = false;
    }
  });
}
