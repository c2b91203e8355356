import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import t from 'tap'
import type { JobError } from '../../../lib/errors.js'
import { HttpSource } from '../../../lib/io/sources/http-source.js'
import { type JobAllow, JobPolicy, type JobUse } from '../../../lib/job/allow/job-policy.js'
import { SECRET } from '../../support/http-origin.js'

const NO_LOCATION = 'is not a location that a job may use here.'

/** The message of the refusal, without the path of the value; `undefined` if the location is allowed. */
async function refusal(
  allow: JobAllow | undefined,
  text: string,
  use: JobUse = 'input',
): Promise<string | undefined> {
  try {
    await JobPolicy.option({ allow }).check(text, use, 'inputs[0].url')
  } catch (error) {
    const { code, path, message, retryable } = error as JobError
    if (code !== 'AVIO_ERR_JOB_REFUSED' || path !== 'inputs[0].url' || retryable) throw error
    const told = inspect(error, { depth: 9, showHidden: true })
    if (told.includes(SECRET)) throw new Error(`A secret is told: ${told}`, { cause: error })
    return message.replace(/^The job is refused: inputs\[0\]\.url /, '')
  }
  return undefined
}

t.test('opens every bucket by default, and nothing else', async t => {
  for (const allow of [undefined, {}]) {
    t.equal(await refusal(allow, 's3://any/k'), undefined)
    t.equal(await refusal(allow, 's3://any/k', 'output'), undefined)
    t.equal(await refusal(allow, 's3://any/p/', 'prefix'), undefined)
    t.equal(await refusal(allow, 's3://any/', 'prefix'), undefined)
    t.equal(
      await refusal(allow, `https://a.example/x?${SECRET}`),
      'names https://a.example, which is not in allow.hosts: add "a.example" there if the job may read it.',
    )
    for (const [text, use] of [
      ['/etc/passwd', 'input'],
      ['package.json', 'input'],
      ['file:///etc/passwd', 'output'],
      ['/srv/', 'prefix'],
    ] as const) {
      t.equal(
        await refusal(allow, text, use),
        'is a file, and allow.files is empty: add its directory there if the job may use it.',
      )
    }
  }
})

t.test('compares buckets, prefixes and keys byte for byte', async t => {
  const allow = { buckets: ['a'], prefixes: ['s3://b/p/'] }
  const arn = 'arn:aws:s3:eu-central-1:123456789012:accesspoint/a'
  for (const [text, bucket] of [
    ['s3://a/k', undefined],
    ['S3://a/k', undefined],
    ['s3://a/../b', undefined], // the key "../b" of the bucket "a"
    ['s3://a//k', undefined],
    ['s3://b/p/k', undefined],
    ['s3://b/p/../k', undefined],
    ['s3://A/k', 'A'],
    ['s3://%61/k', '%61'],
    ['s3://a./k', 'a.'],
    ['s3://a@evil/k', 'a@evil'],
    ['s3://a:443/k', 'a:443'],
    ['s3://b/k', 'b'],
    ['s3://b/p', 'b'],
    ['s3://b/P/k', 'b'],
    ['s3://b/p%2Fk', 'b'],
    ['s3://b//p/k', 'b'],
    ['s3://../a/k', '..'],
    ['s3://\u0430/k', '\u0430'], // a Cyrillic а
    ['s3://\uff41/k', '\uff41'], // a wide a
    [`s3://${arn}/k`, arn],
  ] as const) {
    const expected =
      bucket === undefined
        ? undefined
        : `is in the bucket "${bucket}", outside allow.buckets and allow.prefixes: ` +
          'add the bucket or the prefix there if the job may use it.'
    t.equal(await refusal(allow, text), expected, text)
  }
  for (const [text, isOpen] of [
    ['s3://a/', true],
    ['s3://a/x/', true],
    ['s3://b/p/', true],
    ['s3://b/p/q/', true],
    ['s3://b/', false],
    ['s3://b/p2/', false],
    ['s3://c/', false],
  ] as const) {
    t.equal((await refusal(allow, text, 'prefix')) === undefined, isOpen, text)
  }
})

t.test('opens the listed hosts, for inputs only', async t => {
  const allow = { hosts: ['good.com', '*.cdn.good.com', 'http://old.com'] }
  for (const [text, origin, entry] of [
    ['https://good.com/x'],
    ['HTTPS://GOOD.com:443/x'],
    ['https://a.cdn.good.com/x'],
    ['http://old.com/x'],
    [`http://good.com/x?${SECRET}`, 'http://good.com', 'http://good.com'],
    ['https://old.com/x', 'https://old.com', 'old.com'],
    ['https://good.com:8443/x', 'https://good.com:8443', 'good.com:8443'],
    ['https://good.com@evil.com/x', 'https://evil.com', 'evil.com'],
    [`https://good.com:${SECRET}@evil.com/x`, 'https://evil.com', 'evil.com'],
    ['https://good.com.evil.com/x', 'https://good.com.evil.com', 'good.com.evil.com'],
    ['https://good.com./x', 'https://good.com.', 'good.com.'],
    ['https://evil.com\\@good.com/x', 'https://evil.com', 'evil.com'],
    ['https://evil.com#@good.com/', 'https://evil.com', 'evil.com'],
    ['https://evil.com?good.com', 'https://evil.com', 'evil.com'],
    ['https://cdn.good.com/', 'https://cdn.good.com', 'cdn.good.com'],
    ['https://g\u043e\u043ed.com/', 'https://xn--gd-fmca.com', 'xn--gd-fmca.com'],
    ['https://169.254.169.254/latest/', 'https://169.254.169.254', '169.254.169.254'],
  ] as [string, string?, string?][]) {
    const told = `names ${origin ?? ''}, which is not in allow.hosts: add "${entry ?? ''}" there if the job may read it.`
    t.equal(await refusal(allow, text), origin === undefined ? undefined : told, text)
  }
  for (const text of [`https://jo:${SECRET}@good.com/x`, `https://${SECRET}@good.com/`]) {
    t.equal(await refusal(allow, text), 'has a user or password, which no job may contain: remove them.')
  }
  t.equal(await refusal(allow, 'https://good.com/x', 'output'), NO_LOCATION)
  t.equal(await refusal(allow, 'https://good.com/x/', 'prefix'), NO_LOCATION)
})

t.test('refuses IP addresses that are not public', async t => {
  const allow = { hosts: ['*'], addresses: ['10.1.0.0/16'] }
  for (const [host, address, reason] of [
    ['8.8.8.8'],
    ['10.1.2.3'],
    ['[::ffff:10.1.2.3]'],
    ['10.2.0.1', '10.2.0.1', 'private'],
    ['127.1', '127.0.0.1', 'loopback'],
    ['2130706433', '127.0.0.1', 'loopback'],
    ['0x7f.1', '127.0.0.1', 'loopback'],
    ['[::1]', '::1', 'loopback'],
    ['[::ffff:169.254.169.254]', '::ffff:a9fe:a9fe', 'link-local'],
  ] as [string, string?, string?][]) {
    const told =
      `names ${address ?? ''}, which is not a public address (${reason ?? ''}): ` +
      'add it to allow.addresses if the job may read it.'
    t.equal(await refusal(allow, `https://${host}/x`), address === undefined ? undefined : told, host)
  }
})

t.test('resolves symbolic links before it allows a file', async t => {
  const root = realpathSync(t.testdir())
  for (const directory of ['open', 'closed']) mkdirSync(join(root, directory))
  for (const file of ['open/a b.mov', 'closed/d.mov']) writeFileSync(join(root, file), 'x')
  symlinkSync(join(root, 'closed'), join(root, 'open/out'))
  const files = [join(root, 'open')]
  const out =
    'is outside of what allow.files names: add the file or its directory there if the job may use it.'
  const dots = 'contains "..": write the path without it.'
  const url = pathToFileURL(join(root, 'open')).href
  for (const [text, expected] of [
    [`${root}/open/a b.mov`, undefined],
    [`${url}/a%20b.mov`, undefined],
    [`${url}/new.mov`, undefined],
    [`${url}/%2e%2e/closed/d.mov`, out],
    [`${url}/out/d.mov`, out],
    [`${root}/open/out/d.mov`, out],
    [`${root}/open/../closed/d.mov`, dots],
    [`${root}/open/..`, dots],
    [`${root}/closed/d.mov`, out],
    [`${root}/open2`, out],
    ['package.json', out],
    ['//host/share/d.mov', out],
    ['\\\\host\\share\\d.mov', out],
    ['/dev/stdin', out],
    ['/proc/self/environ', out],
    [`${url}/x%2F..%2F..`, NO_LOCATION],
    [`${url}/a%00`, NO_LOCATION],
    ['file://host/x', NO_LOCATION],
    ['file:\\\\host\\x', NO_LOCATION],
    [`${root}/open/a\0b`, NO_LOCATION],
    ['-', NO_LOCATION],
    ['', NO_LOCATION],
    ['concat:/etc/passwd', NO_LOCATION],
    ['data:text/plain,x', NO_LOCATION],
    ['ftp://host/x', NO_LOCATION],
  ] as const) {
    t.equal(await refusal({ files }, text), expected, text)
    t.equal(await refusal({ files }, text, 'output'), expected, `${text}, an output`)
  }
  // Node 20 resolves such a segment in some URLs only.
  t.type(await refusal({ files }, `${url}/../closed/d.mov`), 'string')
  t.equal(await refusal({ files }, `${root}/open/`, 'prefix'), undefined)
  t.equal(await refusal({ files }, `${root}/open/new/`, 'prefix'), undefined)
  t.equal(await refusal({ files }, `${root}/open/out/`, 'prefix'), out)
  t.equal(await refusal({ files }, `${root}/`, 'prefix'), out)
  t.equal(await refusal({ files }, `${root}/open/new`, 'prefix'), NO_LOCATION)
})

t.test('resolves to the real path of a file', async t => {
  const root = realpathSync(t.testdir())
  mkdirSync(join(root, 'open'))
  writeFileSync(join(root, 'open/a.mov'), 'x')
  symlinkSync('a.mov', join(root, 'open/link'))
  const policy = JobPolicy.option({ allow: { files: [join(root, 'open')] } })
  const path = join(root, 'open/a.mov')
  t.same(await policy.check(join(root, 'open/link'), 'input', 'inputs[0].url'), { kind: 'file', path })
  t.same(await policy.check('s3://a/k', 'output', 'x'), { kind: 's3', bucket: 'a', key: 'k' })
})

t.test('gives HttpSource the allowed hosts, none by default', async t => {
  const allow = { hosts: ['good.com'], addresses: ['10.0.0.1'] }
  t.same(JobPolicy.option({ allow }).http, allow)
  const { http } = JobPolicy.option({})
  t.same(http, { hosts: [], addresses: [] })
  t.throws(() => new HttpSource({ url: 'https://good.com/', allow: http }), {
    code: 'AVIO_ERR_SOURCE_REFUSED',
  })
})

t.test('refuses an invalid option', async t => {
  for (const [option, allow] of [
    ['allow', null],
    ['allow', ['good.com']],
    ['host', { host: ['good.com'] }],
    ['allow.hosts', { hosts: 'good.com' }],
    ['allow.hosts[0]', { hosts: ['good.com/'] }],
    ['allow.addresses[0]', { addresses: ['good.com'] }],
    ['allow.files[0]', { files: ['media'] }],
    ['allow.buckets[0]', { buckets: ['s3://a'] }],
    ['allow.prefixes[0]', { prefixes: ['s3://a/p'] }],
  ] as [string, never][]) {
    const expected = { code: 'AVIO_ERR_OPTION', option }
    t.throws(() => JobPolicy.option({ allow }), expected, option)
  }
})
