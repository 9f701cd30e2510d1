// Somebody with a browser, without the browser: follows redirects and keeps cookies. NHS login is told who they are by
// login_hint, which only a sandbox heeds, so that no page is shown.
export function person(slug, issuer) {
  const jars = new Map()

  async function get(url, method) {
    const jar = jars.get(url.origin) ?? new Map()
    jars.set(url.origin, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply = await fetch(url, { method, redirect: 'manual', headers: cookie ? { cookie } : {} })
    for (const set of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)
      jar.set(name, value)
    }
    return reply
  }

  return {
    /** A whole login at the service; the id and the heading of the page where it ends. */
    async logIn(address) {
      let url = new URL('/login', address)
      let reply = await get(url, 'POST')
      for (let step = 0; reply.headers.has('location') && step < 20; step++) {
        url = new URL(reply.headers.get('location'), url)
        if (url.origin === new URL(issuer).origin && url.pathname === '/authorize') url.searchParams.set('login_hint', slug)
        reply = await get(url, 'GET')
      }
      const text = await reply.text()
      return { id: /<main id="([\w-]+)"/.exec(text)?.[1], heading: /<h1>(.*?)<\/h1>/.exec(text)?.[1] }
    },
  }
}
