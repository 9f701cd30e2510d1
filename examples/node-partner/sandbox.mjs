// A gpic sandbox over its control API: what happens to people, what was said, who is registered. Nothing of it is for production.
import { readFile } from 'node:fs/promises'

/** From the file that `gpic sandbox` writes: its address and its token. */
export async function sandboxFrom(file) {
  const { address, token } = JSON.parse(await readFile(file, 'utf8'))

  async function api(method, path, body) {
    const headers = { authorization: `Bearer ${token}` }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const reply = await fetch(`${address}/api${path}`, { method, headers, body: body && JSON.stringify(body) })
    if (!reply.ok) throw new Error(`${method} ${path}: ${(await reply.json()).detail}`)
    if (reply.status === 204) return undefined
    return reply.headers.get('content-type').includes('json') ? reply.json() : reply.text()
  }

  return {
    api,
    reset: () => api('POST', '/reset', {}),
    settle: () => api('POST', '/settle', {}),
    happens: (event, parameters) => api('POST', `/events/${event}`, parameters),
    move: (seconds) => api('POST', '/clock/move', { seconds }),
    person: (slug) => api('GET', `/people/${slug}`),
    diagram: () => api('GET', '/diagram'),

    /** "Which calls did EMIS see of us for this person?" */
    async calls(receiver, person, after = 0) {
      const query = new URLSearchParams({ receiver, person, sender: 'Node partner', after })
      return (await api('GET', `/messages?${query}`)).messages.map((message) => message.operation)
    },

    /** Register a partner; what it must know, and how to ask again, since practices change their systems. */
    async register(clientId, description) {
      const told = await api('PUT', `/partners/${clientId}`, description)
      return { ...told, refresh: () => api('GET', `/partners/${clientId}`) }
    },
  }
}
