import { runInNewContext } from 'node:vm'
import t from 'tap'
import { OptionError } from '../lib/errors.js'
import {
  MiB,
  booleanOption,
  functionOption,
  integerOption,
  isUrl,
  knownOptions,
  objectOption,
  oneOfOption,
  optionsObject,
  show,
  signalOption,
  stringMapOption,
  stringOption,
  stringsOption,
} from '../lib/options.js'

const partSize = { min: 5 * MiB, max: 5 * 1024 * MiB, default: 8 * MiB, unit: 'bytes' }

t.test(
  'returns an integer option’s value or default, or throws with option, rule, unit and value',
  async t => {
    t.equal(integerOption({ partSize: 6 * MiB }, 'partSize', partSize), 6 * MiB)
    t.equal(integerOption({}, 'partSize', partSize), 8 * MiB)
    t.equal(integerOption({ partSize: undefined }, 'partSize', partSize), 8 * MiB)
    for (const [value, shown] of [
      [1024, '1024'],
      ['8', '"8"'],
      [null, 'null'],
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [5.5 * MiB + 0.5, String(5.5 * MiB + 0.5)],
    ] as const) {
      t.throws(() => integerOption({ partSize: value }, 'partSize', partSize), {
        code: 'AVIO_ERR_OPTION',
        option: 'partSize',
        message: `Option "partSize" must be an integer from 5242880 to 5368709120 bytes, got ${shown}`,
      })
    }
  },
)

t.test('accepts Infinity only if the rule allows it', async t => {
  const rule = { min: 0, max: 10, default: 1, infinity: true }
  t.equal(integerOption({ n: Infinity }, 'n', rule), Infinity)
  t.throws(() => integerOption({ n: -Infinity }, 'n', rule), { message: /or Infinity, got -Infinity/ })
})

t.test('reads a nested option by its last name and reports its full name', async t => {
  t.equal(stringOption({ format: 'mp4' }, 'output.format', { default: undefined }), 'mp4')
  t.throws(() => stringOption({ format: '' }, 'output.format', { default: undefined }), {
    option: 'output.format',
    message: 'Option "output.format" must be a non-empty string, got ""',
  })
})

t.test('rejects null for each kind of option, with the rule', async t => {
  const cases: [string, () => unknown][] = [
    ['a non-empty string', () => stringOption({ o: null }, 'o', { default: 'x' })],
    ['true or false', () => booleanOption({ o: null }, 'o', { default: true })],
    [
      'one of "a", false',
      () => oneOfOption<'a' | false>({ o: null }, 'o', { values: ['a', false], default: 'a' }),
    ],
    ['a function', () => functionOption({ o: null }, 'o')],
    ['an array of strings', () => stringsOption({ o: null }, 'o')],
    ['an object whose values are strings', () => stringMapOption({ o: null }, 'o')],
    ['an object', () => objectOption({ o: null }, 'o')],
    ['an AbortSignal', () => signalOption({ o: null }, 'o')],
  ]
  for (const [rule, read] of cases) {
    t.throws(read, { code: 'AVIO_ERR_OPTION', option: 'o' })
    t.throws(read, new RegExp(`must be ${rule}.*got null`))
  }
})

t.test('reports the index of a list element that is not a string', async t => {
  const cases: [unknown[], RegExp][] = [
    [['-crf', 20], /^Option "o.args\[1\]" must be a string, got 20: write "20"$/],
    [['-an', undefined], /"o.args\[1\]" must be a string, got undefined$/],
    [[null], /"o.args\[0\]" must be a string, got null$/],
    [['-c', ['copy']], /"o.args\[1\]" must be a string, got an array of 1: spread it into the list$/],
    [['-an', , '-vn'], /"o.args\[1\]" must be a string, got undefined$/],
    [[false], /"o.args\[0\]" must be a string, got false$/],
  ]
  for (const [args, message] of cases) {
    t.throws(() => stringsOption({ args }, 'o.args'), {
      code: 'AVIO_ERR_OPTION',
      option: /^o\.args\[\d\]$/,
      message,
    })
  }
})

t.test('copies lists and maps, so that later changes have no effect', async t => {
  const args = ['-an']
  const read = stringsOption({ args }, 'args')
  args.push('-vn')
  t.same(read, ['-an'])
  t.throws(() => stringsOption({ args: [1] }, 'args'), OptionError)
  const env = { A: '1' }
  const map = stringMapOption({ env }, 'env')
  env.A = '2'
  t.same(map, { A: '1' })
})

t.test('rejects a misspelt option and lists the valid ones', async t => {
  t.doesNotThrow(() => knownOptions({ key: 'k' }, 'S3RangeReadable', ['bucket', 'key']))
  t.throws(() => knownOptions({ buckett: 'b' }, 'S3RangeReadable', ['bucket', 'key']), {
    option: 'buckett',
    message: 'S3RangeReadable has no option "buckett"; it has bucket, key. Did you mean "bucket"?',
  })
  t.throws(() => knownOptions({ region: 'x' }, 'S3RangeReadable', ['bucket', 'key']), {
    message: 'S3RangeReadable has no option "region"; it has bucket, key',
  })
  t.throws(
    () => knownOptions({ key: 'k', keys: 'l' }, 'S3RangeReadable', ['bucket', 'key']),
    { message: 'S3RangeReadable has no option "keys"; it has bucket, key' },
    'the one that is meant is there already',
  )
})

t.test('rejects options that are not an object', async t => {
  for (const bad of [undefined, null, 'key', ['a']]) {
    t.throws(() => optionsObject(bad, 'S3RangeReadable'), { code: 'AVIO_ERR_OPTION' })
  }
  const options = {}
  t.equal(optionsObject(options, 'S3RangeReadable'), options)
})

t.test('accepts a signal of another realm or a polyfill, once for all its users', async t => {
  const foreign = runInNewContext(`
    new (class AbortSignal {
      aborted = false
      reason = undefined
      listeners = []
      addEventListener(name, listener) { this.listeners.push(listener) }
      removeEventListener(name, listener) { this.listeners = this.listeners.filter(one => one !== listener) }
      abort(reason) { this.aborted = true; this.reason = reason; for (const listener of this.listeners) listener({ type: 'abort' }) }
    })()`) as AbortSignal & { listeners: unknown[]; abort(reason: unknown): void }
  const one = signalOption({ signal: foreign })!
  t.ok(one instanceof AbortSignal)
  t.equal(signalOption({ signal: foreign }), one)
  t.equal(foreign.listeners.length, 1)
  const both = AbortSignal.any([one])
  foreign.abort('enough')
  t.equal(both.aborted, true)
  t.equal(one.reason, 'enough')
  const late = {
    aborted: true,
    reason: 'before',
    addEventListener: () => undefined,
  } as unknown as AbortSignal
  t.match(signalOption({ signal: late }), { aborted: true, reason: 'before' })
  const mine = new AbortController().signal
  t.equal(signalOption({ signal: mine }), mine)
})

t.test('rejects an AbortController, and names its signal as the remedy', async t => {
  t.throws(() => signalOption({ signal: new AbortController() }), {
    message:
      'Option "signal" must be an AbortSignal (the "signal" of an AbortController), got an AbortController',
  })
  t.throws(() => signalOption({ signal: new Map() }), {
    message: 'Option "signal" must be an AbortSignal, got a Map',
  })
})

t.test('shows a class name with the right article', async t => {
  const names = ['S3Source', 'FileSource', 'FfmpegReadable', 'HttpSource', 'Uint8Array']
  const shown = names.map(name => show({ constructor: { name } }))
  t.same(shown, ['an S3Source', 'a FileSource', 'an FfmpegReadable', 'an HttpSource', 'a Uint8Array'])
})

t.test('a URL of another realm counts', async t => {
  t.ok(isUrl(new URL('file:///a')))
  t.ok(isUrl({ href: 'file:///a', protocol: 'file:' }))
  for (const other of ['file:///a', {}, undefined, null, 7]) t.notOk(isUrl(other))
})
