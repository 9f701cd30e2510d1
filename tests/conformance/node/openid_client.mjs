// Logs somebody in with openid-client, as its own documentation shows: prints where to send them, reads where they came
// back to, prints what it learned. Settings come as JSON on the first line of standard input.
import { createInterface } from 'node:readline'
import { createPrivateKey, webcrypto } from 'node:crypto'
import * as client from 'openid-client'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const next = async () => (await lines.next()).value
const { issuer, clientId, redirectUri, pem, scope } = JSON.parse(await next())

const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }
const key = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])

// The sandbox is served over http on loopback; nothing else is loosened.
const options = { execute: [client.allowInsecureRequests] }
const config = await client.discovery(
  new URL(issuer),
  clientId,
  { id_token_signed_response_alg: 'RS512' },
  client.PrivateKeyJwt(key),
  options,
)
const code_verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope,
  state,
  nonce,
  code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
  code_challenge_method: 'S256',
})
console.log(url.href)

const checks = { pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce }
const tokens = await client.authorizationCodeGrant(config, new URL(await next()), checks)
const { sub } = tokens.claims()
const claims = await client.fetchUserInfo(config, tokens.access_token, sub)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
console.log(JSON.stringify({ sub, claims, refreshed: Boolean(refreshed.access_token) }))
process.exit(0)
