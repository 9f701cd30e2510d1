// Logging in with NHS login by openid-client: a code with PKCE, a client assertion signed RS512, and the claims of /userinfo.
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto'
import * as client from 'openid-client'

const SCOPE = 'openid profile gp_integration_credentials'
const RS512 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }

/** A fresh RSA key: the private half stays here, the public half is what NHS login registers. */
export function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' })
}

export const publicHalf = (pem) => createPublicKey(pem).export({ type: 'spki', format: 'pem' })

/** NHS login as this partner knows it. Only a sandbox on loopback is spoken to by http. */
export async function nhsLogin({ issuer, clientId, redirectUri, pem }) {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  const key = await webcrypto.subtle.importKey('pkcs8', der, RS512, false, ['sign'])
  const isLoopback = ['localhost', '127.0.0.1'].includes(new URL(issuer).hostname)
  // NHS login wants its token endpoint as the assertion's audience; openid-client names the issuer unless it is told.
  const forTheTokenEndpoint = (header, claims) => {
    claims.aud = config.serverMetadata().token_endpoint
  }
  const config = await client.discovery(
    new URL(issuer),
    clientId,
    { id_token_signed_response_alg: 'RS512' },
    client.PrivateKeyJwt(key, { [client.modifyAssertion]: forTheTokenEndpoint }),
    { execute: isLoopback ? [client.allowInsecureRequests] : [] },
  )

  return {
    /** Where to send the browser, and what must be remembered for when it comes back. */
    async start({ prompt } = {}) {
      const attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        vtr: '["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]',
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        ...(prompt ? { prompt } : {}),
      })
      return { url: url.href, attempt }
    },

    /** The claims of whoever came back. Throws where state, nonce, signature, issuer, audience or sub is not what it must be. */
    async finish(callback, attempt) {
      const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
        pkceCodeVerifier: attempt.verifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      })
      const { sub } = tokens.claims()
      return client.fetchUserInfo(config, tokens.access_token, sub)
    },
  }
}
