// The service against a sandbox: `gpic sandbox` in one terminal, `GPIC_CONTROL_FILE=… npm test` in another.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { person } from './person.mjs'
import { sandboxFrom } from './sandbox.mjs'
import { start } from './service.mjs'

const HOUR = 3600

describe('a partner on Node', () => {
  let sandbox, service, issuer, failed

  before(async () => {
    sandbox = await sandboxFrom(process.env.GPIC_CONTROL_FILE)
    issuer = (await sandbox.api('GET', '/sandbox')).addresses.provider
  })
  beforeEach(async () => {
    await sandbox.reset()
    service = await start({ register: sandbox.register }) // remembers nobody
    failed = true
  })
  afterEach(async () => {
    if (failed) console.log(await sandbox.diagram())
    service.close()
  })
  after(() => sandbox.reset())

  const works = (name, test) => it(name, async () => (await test(), (failed = false)))
  const times = (calls, operation) => calls.filter((one) => one === operation).length

  works('connects a patient at EMIS: one registration, one session', async () => {
    const page = await person('ada', issuer).logIn(service.address)
    const calls = await sandbox.calls('EMIS', 'ada')

    assert.deepEqual(page, { id: 'connected', heading: 'Connected to A99901' })
    assert.equal(times(calls, 'POST me/applications'), 1)
    assert.equal(times(calls, 'POST sessions'), 1)
  })

  works('connects a patient at TPP who had no GP online account', async () => {
    const page = await person('dan', issuer).logIn(service.address)

    assert.equal(page.heading, 'Connected to B99901')
    assert.deepEqual(await sandbox.calls('TPP', 'dan'), ['LinkAccount link', 'Authenticate'])
  })

  works('registers nobody twice, and so sends one e-mail', async () => {
    const ada = person('ada', issuer)
    await ada.logIn(service.address)
    await sandbox.move(HOUR)
    assert.equal((await ada.logIn(service.address)).id, 'connected')
    const calls = await sandbox.calls('EMIS', 'ada')

    assert.equal(times(calls, 'POST me/applications'), 1)
    assert.equal(times(calls, 'POST sessions'), 2)
  })

  works('copes with a patient who moves from EMIS to TPP', async () => {
    const ada = person('ada', issuer)
    await ada.logIn(service.address)
    const { last } = await sandbox.api('GET', '/messages')
    await sandbox.happens('move_patient', { person: 'ada', to: 'B99902' })
    await sandbox.settle() // NHS login hears of it and registers her there
    const page = await ada.logIn(service.address)

    assert.equal(page.heading, 'Connected to B99902')
    assert.deepEqual(await sandbox.calls('EMIS', 'ada', last), [])
    assert.deepEqual(await sandbox.calls('TPP', 'ada', last), ['LinkAccount link', 'Authenticate'])
    assert.equal((await sandbox.person('ada')).provider.system, 'tpp')
  })

  works('copes with a practice that changes its system', async () => {
    const ada = person('ada', issuer)
    await ada.logIn(service.address)
    await sandbox.happens('migrate_system', { practice: 'A99901', system: 'TPP' })
    await sandbox.settle()
    await ada.logIn(service.address)

    assert.equal(times(await sandbox.calls('TPP', 'ada'), 'Authenticate'), 1)
  })

  works('takes the new details when the practice issues another linkage key', async () => {
    const ada = person('ada', issuer)
    await ada.logIn(service.address)
    await sandbox.move(HOUR)
    await sandbox.happens('rotate_linkage_key', { person: 'ada' })
    const page = await ada.logIn(service.address)
    const { partners, account } = await sandbox.person('ada')

    assert.equal(page.id, 'connected')
    assert.equal(partners.find((one) => one.partner === 'Node partner').details, account.details)
  })

  works('goes back to NHS login when the account is restricted, and is let in', async () => {
    const ada = person('ada', issuer)
    await ada.logIn(service.address)
    await sandbox.move(HOUR)
    await sandbox.happens('reset_account', { person: 'ada' })

    assert.equal((await ada.logIn(service.address)).id, 'connected')
    assert.equal((await sandbox.person('ada')).account.restricted, false)
    assert.equal(times(await sandbox.calls('EMIS', 'ada'), 'POST me/applications'), 1)
  })

  works('says "later" when the practice does not answer, and throws nothing away', async () => {
    const ada = person('ada', issuer)
    await ada.logIn(service.address)
    const fault = await sandbox.api('POST', '/faults', { kind: 'status', lane: 'EMIS', status: 503 })
    assert.equal((await ada.logIn(service.address)).id, 'try-later')
    await sandbox.api('DELETE', `/faults/${fault.number}`)
    assert.equal((await ada.logIn(service.address)).id, 'connected')

    assert.equal(times(await sandbox.calls('EMIS', 'ada'), 'POST me/applications'), 1)
  })

  works('shows nobody another patient’s record', async () => {
    await sandbox.happens('rotate_linkage_key', { person: 'gus' })
    const gus = person('gus', issuer)
    await gus.logIn(service.address)
    await sandbox.move(HOUR)
    await sandbox.happens('answer_for_wrong_patient', { person: 'gus', shown: 'ada' })

    assert.equal((await gus.logIn(service.address)).id, 'cannot-connect')
  })

  works('explains what cannot be, after one return', async () => {
    const page = await person('eve', issuer).logIn(service.address)
    const { messages } = await sandbox.api('GET', '/messages?operation=GET%20/authorize')

    assert.equal(page.id, 'cannot-connect')
    assert.equal(messages.length, 2)
  })
})
