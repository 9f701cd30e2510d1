// The service: a page with a button, the way to NHS login, and the way back.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connecting } from './connect.mjs'
import { gpSystems } from './gp-systems.mjs'
import { newKey, nhsLogin, publicHalf } from './nhs-login.mjs'
import { sandboxFrom } from './sandbox.mjs'

const CLIENT_ID = 'node-partner'
const COOKIE = 'node-partner-attempt'

const page = (id, heading) =>
  `<!doctype html><html lang="en"><title>${heading}</title><main id="${id}"><h1>${heading}</h1>` +
  '<form action="/login" method="post"><button id="nhs-login">Continue with NHS login</button></form></main></html>'

const HEADINGS = {
  connected: ({ practice }) => `Connected to ${practice}`,
  'try-later': () => 'Your GP surgery does not answer. Try again later',
  'cannot-connect': () => 'We cannot connect you to your GP surgery',
}

/** The service on a port of this machine. *register* tells NHS login and the GP systems about it, and answers what it must know. */
export async function start({ port = 0, register }) {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://localhost:${server.address().port}`
  const redirectUri = `${address}/callback`
  const pem = newKey()
  const told = await register(CLIENT_ID, { name: 'Node partner', redirect_uris: [redirectUri], keys: [publicHalf(pem)] })
  const login = await nhsLogin({ issuer: told.issuer, clientId: CLIENT_ID, redirectUri, pem })
  const systems = gpSystems(told.gp_systems)
  // Which system a practice uses can change from one day to the next, so it is asked for each time.
  const connect = connecting({ systems, supplierOf: (practice) => told.practices[practice] })
  const attempts = new Map()

  async function toNhsLogin(response, wish) {
    const { url, attempt } = await login.start(wish)
    const browser = randomBytes(24).toString('base64url')
    attempts.set(browser, attempt)
    const cookie = `${COOKIE}=${browser}; Path=/; HttpOnly; SameSite=Lax`
    response.writeHead(303, { location: url, 'set-cookie': cookie }).end()
  }

  async function back(request, response) {
    const browser = new RegExp(`${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1]
    const attempt = attempts.get(browser)
    attempts.delete(browser) // one way there, one way back
    if (!attempt) return show(response, 'cannot-connect', {}, 400)
    const claims = await login.finish(new URL(request.url, address).href, attempt)
    told.practices = (await told.refresh()).practices
    const ended = await connect(claims)
    return ended.outcome === 'return' ? toNhsLogin(response, { prompt: ended.prompt }) : show(response, ended.outcome, ended)
  }

  function show(response, outcome, ended, status = 200) {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
    response.writeHead(status, headers).end(page(outcome, HEADINGS[outcome](ended)))
  }

  server.on('request', async (request, response) => {
    const { pathname } = new URL(request.url, address)
    try {
      if (pathname === '/login') await toNhsLogin(response)
      else if (pathname === '/callback') await back(request, response)
      else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page('start', 'Welcome'))
    } catch (failure) {
      console.error(failure.message) // never the address: it holds a code
      show(response, 'cannot-connect', {}, 502)
    }
  })
  return { address, close: () => server.close() }
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const sandbox = await sandboxFrom(process.env.GPIC_CONTROL_FILE)
  const { address } = await start({ port: Number(process.env.PORT ?? 8000), register: sandbox.register })
  console.log(address)
}
