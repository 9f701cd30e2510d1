// EMIS and TPP as a partner uses them: link once for each linkage key, then open sessions with the token.
// Every answer is one of { token }, { session, nhsNumbers }, { restricted }, { refused }, { silent }.
import { randomUUID } from 'node:crypto'

const PATIENCE = 10_000 // milliseconds

export function gpSystems(lines) {
  return { emis: emis(lines.emis), tpp: tpp(lines.tpp) }
}

/** What came back, or null where nobody answered in time. */
async function ask(url, options) {
  try {
    const reply = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE), ...options })
    return { status: reply.status, headers: reply.headers, text: await reply.text() }
  } catch {
    return null
  }
}

const isSilence = (reply) => reply === null || reply.status >= 500 || reply.status === 429

function json(reply) {
  try {
    return JSON.parse(reply.text) ?? {}
  } catch {
    return {}
  }
}

function emis({ address, options }) {
  const application = { 'X-API-ApplicationId': options.application_id, 'X-API-Version': '1' }

  async function post(path, visit, body) {
    const headers = { ...application, ...visit, 'Content-Type': 'application/json; charset=utf-8' }
    return ask(`${address}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async function begin() {
    const reply = await ask(`${address}/sessions/endusersession`, { method: 'POST', headers: application })
    const id = isSilence(reply) ? undefined : json(reply).EndUserSessionId
    return id ? { 'X-API-EndUserSessionId': id } : null
  }

  return {
    async link({ family_name: surname, birthdate }, details) {
      const visit = await begin()
      if (!visit) return { silent: true }
      const reply = await post('me/applications', visit, {
        Surname: surname,
        DateOfBirth: `${birthdate}T00:00:00`,
        LinkageDetails: {
          AccountId: details.gp_user_id,
          LinkageKey: details.gp_linkage_key,
          NationalPracticeCode: details.gp_ods_code,
        },
      })
      if (isSilence(reply)) return { silent: true }
      const token = json(reply).AccessIdentityGuid
      return token ? { token } : { refused: `EMIS ${reply.status}` }
    },

    async openSession(token, practice) {
      const visit = await begin()
      if (!visit) return { silent: true }
      const reply = await post('sessions', visit, { AccessIdentityGuid: token, NationalPracticeCode: practice })
      if (isSilence(reply)) return { silent: true }
      const opened = json(reply)
      const message = opened.Message ?? opened.message ?? reply.text
      // A reset account says so in one of two ways; both mean: back to NHS login.
      if (opened.ApplicationLinkLevel === 'Restricted') return { restricted: true }
      if (reply.status === 403 && /Linked.*Restricted/s.test(message)) return { restricted: true }
      const self = opened.UserPatientLinks?.find((link) => link.AssociationType === 'Self')
      if (!opened.SessionId || !self) return { refused: `EMIS ${reply.status}` }
      const session = { ...visit, 'X-API-SessionId': opened.SessionId }
      const shown = await ask(`${address}/demographics?userPatientLinkToken=${encodeURIComponent(self.UserPatientLinkToken)}`, {
        headers: { ...application, ...session },
      })
      if (isSilence(shown)) return { silent: true }
      const identifiers = json(shown).PatientIdentifiers ?? []
      const numbers = identifiers.filter((one) => one.IdentifierType === 'NhsNumber')
      return { session, nhsNumbers: numbers.map((one) => one.IdentifierValue.replaceAll(' ', '')) }
    },
  }
}

function tpp({ address, options }) {
  const application =
    `<Application name="${escaped(options.application_name)}" version="${escaped(options.application_version)}"` +
    ` providerId="${escaped(options.provider_id)}" deviceType="${escaped(options.application_name)}"/>`

  async function post(type, attributes) {
    const written = Object.entries({ apiVersion: '1', uuid: randomUUID(), ...attributes })
    const body = `<${type} ${written.map(([name, value]) => `${name}="${escaped(value)}"`).join(' ')}>${application}</${type}>`
    const headers = { Accept: 'text/xml', 'Content-Type': 'text/xml; charset=utf-8', type }
    return ask(address, { method: 'POST', headers, body })
  }

  return {
    async link({ family_name: lastName, birthdate }, details) {
      const reply = await post('LinkAccount', {
        accountId: details.gp_user_id,
        passphrase: details.gp_linkage_key,
        lastName,
        dateOfBirth: `${birthdate}T00:00:00`,
        organisationCode: details.gp_ods_code,
      })
      if (isSilence(reply)) return { silent: true }
      const passphrase = attribute(reply.text, 'LinkAccountReply', 'passphrase')
      return passphrase ? { token: { accountId: details.gp_user_id, passphrase } } : refusedBy(reply)
    },

    async openSession({ accountId, passphrase }, unitId) {
      const reply = await post('Authenticate', { unitId, accountId, passphrase, providerId: options.provider_id })
      if (isSilence(reply)) return { silent: true }
      const suid = reply.headers.get('suid')
      if (!suid || !attribute(reply.text, 'AuthenticateReply', 'onlineUserId')) return refusedBy(reply)
      // The patient stands in User/Person; further persons are people whom they may act for.
      const user = /<User\b[^>]*>(.*?)<\/User>/s.exec(reply.text)?.[1] ?? ''
      const number = />\s*([\d ]{10,12})\s*<\/NationalId>/.exec(user)?.[1] ?? attribute(user, 'NationalId', 'value')
      return { session: { suid }, nhsNumbers: number ? [number.replaceAll(' ', '')] : [] }
    },
  }
}

// TPP's errors come with 200. 0 and 556 pass by themselves.
function refusedBy(reply) {
  const code = attribute(reply.text, 'Error', 'errorCode')
  return code === '0' || code === '556' ? { silent: true } : { refused: `TPP ${code ?? reply.status}` }
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** One attribute of one element; in earnest an XML parser reads this, with entities and network switched off. */
function attribute(text, element, name) {
  const found = new RegExp(`<${element}\\b[^>]*?\\s${name}="([^"]*)"`).exec(text)?.[1]
  return found?.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, entity) => {
    if (entity[0] !== '#') return ENTITIES[entity] ?? whole
    return String.fromCodePoint(/^#x/i.test(entity) ? parseInt(entity.slice(2), 16) : parseInt(entity.slice(1), 10))
  })
}
