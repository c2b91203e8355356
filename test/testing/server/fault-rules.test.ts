import t from 'tap'
import type { S3Call } from '../../../lib/testing/server/call-log.js'
import type { FaultRule } from '../../../lib/testing/server/fault.js'
import { FaultRules } from '../../../lib/testing/server/fault-rules.js'

const call = (change: Partial<S3Call> = {}) =>
  ({
    operation: 'GetObject',
    bucket: 'box',
    key: 'a/b',
    partNumber: 2,
    range: 'bytes=100-199',
    ...change,
  }) as S3Call

/** The numbers of the identical calls that a rule hits, from 1. */
function hits(rule: object, calls = 6): number[] {
  const rules = new FaultRules()
  rules.add({ reset: true, ...rule })
  return [...Array(calls).keys()].map(i => i + 1).filter(() => rules.take(call()) !== undefined)
}

t.test('hits the first call only, by default', async t => {
  t.same(hits({}), [1])
  t.same(hits({ nth: 3 }), [3])
  t.same(hits({ times: 2 }), [1, 2])
  t.same(hits({ nth: 2, times: 3 }), [2, 3, 4])
  t.same(hits({ nth: 5, times: Infinity }), [5, 6])
})

t.test('applies a rule only to calls that match every criterion', async t => {
  const table: [object, boolean][] = [
    [{ operation: 'GetObject' }, true],
    [{ operation: ['PutObject', 'GetObject'] }, true],
    [{ operation: 'PutObject' }, false],
    [{ bucket: 'box' }, true],
    [{ bucket: 'bag' }, false],
    [{ key: 'a/b' }, true],
    [{ key: 'a' }, false],
    [{ key: /b$/ }, true],
    [{ key: /^b/g }, false],
    [{ partNumber: 2 }, true],
    [{ partNumber: 1 }, false],
    [{ rangeBeyond: 100 }, true],
    [{ rangeBeyond: 101 }, false],
    [{ when: ({ range }: S3Call) => range === 'bytes=100-199' }, true],
    [{ when: () => false }, false],
    [{ operation: 'GetObject', key: 'other' }, false],
  ]
  for (const [match, fits] of table) t.equal(hits(match, 1).length === 1, fits, Object.keys(match).join())
  const rules = new FaultRules()
  rules.add({ rangeBeyond: 0, reset: true, times: Infinity })
  t.equal(rules.take(call({ range: undefined })), undefined, 'a call without a range matches no offset')
  rules.add({ key: /./, reset: true })
  t.equal(rules.take(call({ range: undefined, key: undefined })), undefined)
})

t.test('counts only matching calls', async t => {
  const rules = new FaultRules()
  rules.add({ operation: 'UploadPart', nth: 2, reset: true })
  const operations = ['UploadPart', 'GetObject', 'PutObject', 'UploadPart', 'UploadPart'] as const
  t.same(
    operations.map(operation => rules.take(call({ operation })) !== undefined),
    [false, false, false, true, false],
  )
})

t.test('counts in every rule, and applies the first one added', async t => {
  const rules = new FaultRules()
  const first = rules.add({ times: 2, reset: true })
  const second = rules.add({ nth: 2, times: 2, stall: true })
  t.same(
    [1, 2, 3, 4].map(() => rules.take(call())),
    [first, first, second, undefined],
  )
})

t.test('reports the first hit through a handle, and removes its rule', async t => {
  const rules = new FaultRules()
  const fault = rules.add({ nth: 2, times: Infinity, reset: true })
  const hit = call({ key: 'hit' })
  t.equal(rules.take(call()), undefined)
  for (const each of [hit, call()]) rules.take(each)?.hit(each)
  t.equal(await fault.reached, hit)
  t.equal(fault.hits, 2)
  fault.remove()
  t.equal(rules.take(call()), undefined)
  fault.release()
  await fault.released
  rules.add({ reset: true })
  rules.clear()
  t.equal(rules.take(call()), undefined)
})

t.test('rejects a wait for a hit that can no longer come', async t => {
  const rules = new FaultRules()
  const fault = rules.add({ hold: true })
  rules.close()
  await t.rejects(fault.reached, { message: /closed before the fault "hold"/ })
})

t.test('refuses an empty, ambiguous or invalid rule at once', async t => {
  const rules = new FaultRules()
  const add = (rule: unknown) => () => rules.add(rule as FaultRule)
  const refused = { code: 'AVIO_ERR_OPTION' }
  t.throws(add({ operation: 'GetObject' }), {
    ...refused,
    message: /exactly one of reset, stall.*it has none/,
  })
  t.throws(add({ reset: true, stall: true }), { ...refused, message: /it has reset and stall/ })
  t.throws(add({ reset: true, opperation: 'GetObject' }), { ...refused, option: 'opperation' })
  t.throws(add({ reset: true, operation: 'GetObjects' }), { ...refused, option: 'operation' })
  t.throws(add({ reset: true, nth: 0 }), { ...refused, option: 'nth' })
  t.throws(add({ reset: true, times: 0 }), { ...refused, option: 'times' })
  t.throws(add({ reset: -1 }), { ...refused, option: 'reset' })
  t.throws(add({ reset: false }), { ...refused, option: 'reset' })
  t.throws(add({ shortBody: true }), { ...refused, option: 'shortBody' })
  t.throws(add({ status: 99 }), { ...refused, option: 'status' })
  t.throws(add({ slow: { bytesPerSecond: 0 } }), { ...refused, option: 'slow.bytesPerSecond' })
  t.throws(add({ slow: { fast: 1 } }), { ...refused, option: 'fast' })
  t.throws(add(undefined), refused)
})
