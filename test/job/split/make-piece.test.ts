import t from 'tap'
import { encodePiece } from '../../../lib/job/split/encode-piece.js'
import { makePiece } from '../../../lib/job/split/make-piece.js'
import { type Piece, pieceName, planHash, workPrefix } from '../../../lib/job/split/split-plan.js'
import { AS_MP4, splitSource } from '../../support/split.js'
import { openPackage } from '../../support/split-package.js'

const source = await splitSource({ seconds: 4, more: AS_MP4 })
const IMAGES = { count: 3, columns: 2, rows: 1 }
/** One of each kind. */
const KINDS: readonly Piece[] = [1, 'audio', 'images']

for (const piece of KINDS) {
  t.test(`makes ${piece} once, and finds its result the next time`, async t => {
    const { s3, client, plan } = await openPackage(t, source)
    const made = await plan({ images: IMAGES })
    const result = await encodePiece(made, piece, { client })
    t.match(result, { version: 1, plan: made.hash, piece: pieceName(piece), fingerprint: made.fingerprint })
    t.same(JSON.parse(JSON.stringify(result)), result, 'the result is JSON')
    const before = s3.keys('web')
    s3.clearCalls()
    t.same(await encodePiece(made, piece, { client }), result)
    t.same(
      s3.calls.map(({ operation, key }) => [operation, key]),
      [['GetObject', `${workPrefix(made)}${pieceName(piece)}.json`]],
      'only the result is read',
    )
    t.same(s3.keys('web'), before)
  })

  t.test(`the first of two attempts at ${piece} stays, and both return it`, async t => {
    const { s3, client, plan } = await openPackage(t, source)
    const made = await plan({ images: IMAGES })
    // The worker stops right before it stores its result; another one does the work meanwhile.
    const held = s3.fault({
      operation: 'PutObject',
      key: `${workPrefix(made)}${pieceName(piece)}.json`,
      hold: true,
    })
    const zombie = encodePiece(made, piece, { client })
    await held.reached
    const first = s3.keys('web')
    s3.clearFaults()
    const result = await encodePiece(made, piece, { client })
    t.equal(s3.keys('web').length, 2 * first.length, 'each attempt has its own keys')
    held.release()
    t.same(await zombie, result)
  })

  t.test(`gives ${piece} back before it reads the source, if the encoder is another one`, async t => {
    const { s3, client, plan } = await openPackage(t, source)
    const made = await plan({ images: IMAGES })
    const pieces = { ...made, fingerprint: { ...made.fingerprint, build: 'another' } }
    const other = { ...pieces, hash: planHash(pieces) }
    s3.clearCalls()
    await t.rejects(encodePiece(other, piece, { client }), {
      code: 'AVIO_ERR_PLAN_OTHER_FFMPEG',
      retryable: true,
    })
    t.notOk(s3.calls.some(({ bucket }) => bucket === 'masters'))
    t.same(s3.keys('web'), [])
  })

  t.test(`leaves nothing of ${piece} after an abort`, async t => {
    const { s3, client, plan } = await openPackage(t, source)
    const made = await plan({ images: IMAGES })
    const abort = new AbortController()
    const held = s3.fault({ operation: 'PutObject', bucket: 'web', hold: true })
    const making = encodePiece(made, piece, { client, signal: abort.signal })
    await held.reached
    abort.abort()
    held.release()
    await t.rejects(making, { name: 'AbortError' })
    t.same([...s3.keys('web'), ...s3.uploads('web')], [])
    t.notOk(s3.keys('work').includes(`${workPrefix(made)}${pieceName(piece)}.json`))
  })
}

t.test('stores no result of an attempt that fails', async t => {
  const { s3, client, plan } = await openPackage(t, source)
  const made = await plan()
  const failing = makePiece(made, 0, { client }, () => Promise.reject(new Error('no')))
  await t.rejects(failing, { message: 'no' })
  t.notOk(s3.keys('work').some(key => key.endsWith('chunk-00000.json')))
  t.ok(
    s3.keys('work').some(key => key.includes('/plan-')),
    'the plan tells where media of a package may lie',
  )
})
