import t from 'tap'
import type { StoredSum } from '../../../lib/s3/checks/object-sum.js'
import { WholeCheck } from '../../../lib/s3/checks/whole-check.js'

const info = {
  bucket: 'b',
  key: 'k',
  size: 9,
  etag: '"e"',
  versionId: undefined,
  contentType: undefined,
  lastModified: undefined,
  metadata: {},
}

/** The published CRC-32 of "123456789": CBF43926. */
const SUM = { algorithm: 'CRC32', value: Buffer.from('cbf43926', 'hex').toString('base64') } as const
const CRC32 = { algorithm: 'CRC32' } as const
const whole = Buffer.from('123456789')

t.test('passes bytes with the right checksum, however they are cut', async t => {
  for (let cut = 0; cut <= 9; cut++) {
    const check = new WholeCheck(() => Promise.resolve(SUM), CRC32)
    check.begin()
    check.add(whole.subarray(0, cut))
    check.add(whole.subarray(cut))
    t.equal(check.verified, undefined, 'no result before the end')
    t.equal(await check.verdict(info), undefined)
    t.same(check.verified, { algorithm: 'CRC32', of: 'object' })
  }
})

t.test('rejects bytes with a different checksum', async t => {
  const check = new WholeCheck(() => Promise.resolve(SUM), CRC32)
  check.add(Buffer.from('1234567'))
  check.begin()
  check.add(Buffer.from('98'))
  t.match(await check.verdict(info), {
    code: 'AVIO_ERR_CHECKSUM_MISMATCH',
    bucket: 'b',
    key: 'k',
    message: new RegExp(SUM.value.replaceAll('+', '\\+')),
  })
  t.equal(check.verified, undefined)
})

t.test('makes bytes wait if the response determines the algorithm', async t => {
  let answer!: (sum: StoredSum | undefined) => void
  const check = new WholeCheck(() => new Promise(resolve => (answer = resolve)))
  t.equal(check.isReady, false)
  const ready = new Promise<void>(resolve => check.begin(resolve))
  t.equal(check.isReady, false)
  answer({ algorithm: 'MD5', value: '25f9e794323b453885f5181f1b624d0b' })
  await ready
  t.equal(check.isReady, true)
  check.add(whole)
  t.equal(await check.verdict(info), undefined)
  t.same(check.verified, { algorithm: 'MD5', of: 'object' })
  const parts = new WholeCheck(() => Promise.resolve({ algorithm: 'MD5', value: 'x', partSizes: [4, 5] }))
  await new Promise<void>(resolve => parts.begin(resolve))
  parts.add(whole)
  t.match(await parts.verdict(info), { message: /MD5, computed from its 2 part checksums,.*verify: 'auto'/ })
})

t.test('checks nothing if the store has no checksum, or was not asked', async t => {
  const check = new WholeCheck(() => Promise.resolve(undefined), CRC32)
  check.add(Buffer.from('x'))
  t.equal(await check.verdict(info), undefined)
  check.begin()
  check.begin()
  check.add(Buffer.from('x'))
  t.equal(await check.verdict(info), undefined)
  t.equal(check.verified, undefined)
  const waiting = new WholeCheck(() => Promise.resolve(undefined))
  await new Promise<void>(resolve => waiting.begin(resolve))
  t.equal(waiting.isReady, true, 'no byte waits any longer')
  t.equal(await waiting.verdict(info), undefined)
})

t.test('waits for a late response, but not forever', async t => {
  const late = new WholeCheck(() => new Promise(resolve => setTimeout(() => resolve(SUM), 20)), CRC32)
  late.begin()
  t.match(await late.verdict(info), { code: 'AVIO_ERR_CHECKSUM_MISMATCH' })
  const never = new WholeCheck(
    signal => new Promise(resolve => signal.addEventListener('abort', () => resolve(undefined))),
    { ...CRC32, patience: 10 },
  )
  never.begin()
  t.equal(await never.verdict(info), undefined)
})

t.test('cancels the request', async t => {
  const check = new WholeCheck(
    signal => new Promise(resolve => signal.addEventListener('abort', () => resolve(undefined))),
  )
  check.begin()
  await check.cancel()
  t.equal(await check.verdict(info), undefined)
})
