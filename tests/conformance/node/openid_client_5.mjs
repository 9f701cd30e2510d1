// The same with version 5 of openid-client, which many services still run.
import { createInterface } from 'node:readline'
import { createPrivateKey } from 'node:crypto'
import { Issuer, generators } from 'openid-client-5'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const next = async () => (await lines.next()).value
const { issuer, clientId, redirectUri, pem, scope } = JSON.parse(await next())

const discovered = await Issuer.discover(issuer)
const metadata = {
  client_id: clientId,
  redirect_uris: [redirectUri],
  response_types: ['code'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'RS512',
  id_token_signed_response_alg: 'RS512',
}
const client = new discovered.Client(metadata, { keys: [createPrivateKey(pem).export({ format: 'jwk' })] })
const code_verifier = generators.codeVerifier()
const state = generators.state()
const nonce = generators.nonce()
const code_challenge = generators.codeChallenge(code_verifier)
console.log(client.authorizationUrl({ scope, state, nonce, code_challenge, code_challenge_method: 'S256' }))

const parameters = client.callbackParams(await next())
const tokens = await client.callback(redirectUri, parameters, { state, nonce, code_verifier })
const claims = await client.userinfo(tokens)
const refreshed = await client.refresh(tokens.refresh_token)
console.log(JSON.stringify({ sub: tokens.claims().sub, claims, refreshed: Boolean(refreshed.access_token) }))
process.exit(0)
