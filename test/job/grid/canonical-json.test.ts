import t from 'tap'
import { canonicalJson, hashOf, spelledFractions } from '../../../lib/job/grid/canonical-json.js'

t.test('spells a value in one way', async t => {
  t.equal(canonicalJson({ b: 1, a: [true, null, 'x'], c: undefined }), '{"a":[true,null,"x"],"b":1}')
  t.equal(canonicalJson({ é: '"\n', Z: {}, a: [] }), '{"Z":{},"a":[],"é":"\\"\\n"}')
  t.equal(canonicalJson({ 10: 1, 9: 2 }), '{"10":1,"9":2}')
  t.equal(canonicalJson(JSON.parse(canonicalJson({ b: { d: 1, c: 2 } }))), '{"b":{"c":2,"d":1}}')
})

t.test('refuses what has no one spelling', async t => {
  for (const value of [0.1, NaN, Infinity, 2 ** 53, undefined, () => 1, 1n, [undefined]]) {
    t.throws(() => canonicalJson(value), TypeError)
  }
})

t.test('spells numbers with fractions as text, in the shortest way', async t => {
  const value = { a: [1, 2.5, 1e-7], b: { c: 0.1 + 0.2 }, d: null, e: 'x', f: undefined }
  t.equal(
    canonicalJson(spelledFractions(value)),
    '{"a":[1,{"number":"2.5"},{"number":"1e-7"}],"b":{"c":{"number":"0.30000000000000004"}},"d":null,"e":"x"}',
  )
})

t.test('hashes equal values equally, and others differently', async t => {
  t.equal(hashOf({ a: 1, b: 2 }), hashOf({ b: 2, a: 1 }))
  t.not(hashOf({ a: 1 }), hashOf({ a: '1' }))
  t.equal(hashOf({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
})
