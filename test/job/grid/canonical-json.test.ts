import t from 'tap'
import { canonicalJson, hashOf } from '../../../lib/job/grid/canonical-json.js'

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

t.test('hashes equal values equally, and others differently', async t => {
  t.equal(hashOf({ a: 1, b: 2 }), hashOf({ b: 2, a: 1 }))
  t.not(hashOf({ a: 1 }), hashOf({ a: '1' }))
  t.equal(hashOf({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
})
