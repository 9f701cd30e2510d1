// From the claims of a login to an open session at the practice. What is decided here is what NHS login's guidance asks of partners.
const MOST_RETURNS = 2
const WINDOW = 15 * 60_000 // milliseconds

/** Keeps, for each sub, the details and the token that they bought. A real service keeps both in its database, encrypted. */
export function connecting({ systems, supplierOf }, now = Date.now) {
  const linked = new Map()
  const returns = new Map()

  /** Back to NHS login, but never round and round: at most two automatic returns in a quarter of an hour. */
  function goBack(sub, why, prompt) {
    const lately = (returns.get(sub) ?? []).filter((at) => now() - at < WINDOW)
    if (lately.length >= MOST_RETURNS) return { outcome: 'cannot-connect', why }
    returns.set(sub, [...lately, now()])
    return { outcome: 'return', why, prompt }
  }

  async function enter(system, claims, details, token) {
    const entered = await system.openSession(token, details.gp_ods_code)
    // Another patient's record must never be shown: a session counts only where it is this person's.
    if (entered.session && !entered.nhsNumbers.includes(claims.nhs_number)) return { wrong: true }
    return entered
  }

  return async function connect(claims) {
    const { sub, gp_integration_credentials: details } = claims
    if (!details) {
      return returns.has(sub) ? { outcome: 'cannot-connect', why: 'no GP details' } : goBack(sub, 'no GP details')
    }
    const system = systems[supplierOf(details.gp_ods_code)]
    if (!system) return { outcome: 'cannot-connect', why: 'system not covered' }

    let stored = linked.get(sub)
    const isSame = stored && JSON.stringify(stored.details) === JSON.stringify(details)
    if (!isSame) linked.delete(sub) // tokens die with their key
    let entered = isSame ? await enter(system, claims, details, stored.token) : { refused: 'nothing stored' }

    if (entered.refused) {
      // A new key, or a token that died: register once, with the details of this login. At EMIS each time is an e-mail.
      const answer = await system.link(claims, details)
      if (answer.silent) return { outcome: 'try-later' }
      if (answer.refused) return goBack(sub, answer.refused)
      stored = { details, token: answer.token }
      linked.set(sub, stored) // before the first session, or a crash here costs the patient another e-mail
      entered = await enter(system, claims, details, stored.token)
    }
    if (entered.silent) return { outcome: 'try-later' }
    if (entered.restricted) return goBack(sub, 'restricted', 'login')
    if (entered.wrong) {
      linked.delete(sub)
      return { outcome: 'cannot-connect', why: 'wrong patient' }
    }
    if (entered.refused) return goBack(sub, entered.refused)
    returns.delete(sub)
    return { outcome: 'connected', practice: details.gp_ods_code, session: entered.session }
  }
}
