import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { FfmpegProcess } from '../../lib/ffmpeg/ffmpeg-process.js'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { keyframes } from '../../lib/ffmpeg/probe/keyframes.js'
import { probe } from '../../lib/ffmpeg/probe/probe.js'
import {
  SEEKABLE_OR_STREAM,
  inputObject,
  isRandomAccess,
  sourceArguments,
  sourceOption,
} from '../../lib/ffmpeg/source-option.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { clip } from '../../lib/tasks/clip/clip.js'
import { transcode } from '../../lib/tasks/transcode.js'

const source = new BytesSource({ bytes: Buffer.alloc(1) })
const output = { format: 'mpegts' }
const code = 'AVIO_ERR_OPTION'

t.test('accepts a source alone, or an object with it', async t => {
  t.same(inputObject(source, 'input'), { source })
  const whole = { source, args: ['-ss', '5'] }
  t.equal(inputObject(whole, 'input'), whole)
  t.equal(sourceOption(whole, 'input.source'), source)
  const stream = Readable.from([])
  t.equal((inputObject(stream, 'input', SEEKABLE_OR_STREAM) as { source: unknown }).source, stream)
  t.equal(sourceOption({ source: stream }, 'input.source', SEEKABLE_OR_STREAM), stream)
  t.notOk(isRandomAccess(stream))
  for (const given of [undefined, null, 7, []]) t.throws(() => inputObject(given, 'input'), { code })
})

t.test('takes a source and options, or one object with both', async t => {
  const options = { track: 2 }
  t.same(sourceArguments(source, undefined, 'keyframes'), { source, options: {} })
  t.equal(sourceArguments(source, options, 'keyframes').options, options)
  const whole = { source, track: 2 }
  t.equal(sourceArguments(whole, undefined, 'keyframes').source, source)
  t.equal(sourceArguments(whole, undefined, 'keyframes').options, whole)
  const stream = Readable.from([])
  t.equal(sourceArguments({ source: stream }, undefined, 'probe', SEEKABLE_OR_STREAM).source, stream)
  t.equal(sourceArguments(stream, options, 'probe', SEEKABLE_OR_STREAM).source, stream)
})

t.test('takes an own source with a field "source" as the source that it is', async t => {
  const own = { source: 'the archive', size: () => source.size(), read: source.read.bind(source) }
  t.equal(sourceArguments(own, undefined, 'keyframes').source, own)
  t.equal(sourceArguments({ source: own }, undefined, 'keyframes').source, own)
})

t.test('refuses two sources, two objects of options, and options that are none', async t => {
  for (const options of [{ track: 2 }, {}, null]) {
    const message = 'keyframes takes (source, options), or one object: put the options beside "source"'
    t.throws(() => sourceArguments({ source }, options as never, 'keyframes'), {
      code,
      option: 'keyframes',
      message,
    })
  }
  const message = 'keyframes has two sources: its first argument, and the option "source"'
  t.throws(() => sourceArguments(source, { source }, 'keyframes'), { code, option: 'source', message })
  for (const options of [null, 7, []]) {
    t.throws(() => sourceArguments(source, options as never, 'keyframes'), { code, option: 'keyframes' })
  }
  for (const given of [undefined, null, 7, [], {}, { size: 1 }]) {
    const refusal = { code, option: 'source', message: /size\(\) and read\(\), or \{ source, … \}, got/ }
    t.throws(() => sourceArguments(given, undefined, 'keyframes'), refusal)
  }
  await t.rejects(probe({ source } as never, { timeout: 1 }), { code, option: 'probe' })
  await t.rejects(keyframes(source, { source } as never), { code, option: 'source' })
})

const noRead = { size: () => Promise.resolve(0) }

/** Values that users pass in place of a source, and the message for each. */
const MISTAKEN: [unknown, RegExp][] = [
  [
    'talk.mov',
    /\(for a file: new FileSource\(\{ path: 'talk\.mov' \}\); for an object in S3: new S3Source\(\{ client, bucket/,
  ],
  ['/masters/talk.mov', /new FileSource\(\{ path: '\/masters\/talk\.mov' \}\)/],
  ['C:\\talk.mov', /new FileSource\(\{ path: 'C:\\\\talk\.mov' \}\)/],
  [new URL('file:///talk.mov'), /new FileSource\(\{ path: new URL\('file:\/\/\/talk\.mov'\) \}\)/],
  ['https://example.com/talk.mov', /new HttpSource\(\{ url \}\)/],
  [new URL('http://example.com/talk.mov'), /new HttpSource\(\{ url \}\)/],
  ['s3://masters/talk.mov', /new S3Source\(\{ client, bucket: 'masters', key: 'talk\.mov' \}\)/],
  [Buffer.alloc(1), /new BytesSource\(\{ bytes \}\)/],
  [Readable.from([]), /a stream is piped into FfmpegTransform/],
  [noRead, /read\(\), got an object$/],
]

t.test('gives the remedy for a value in place of a source', async t => {
  for (const [given, message] of MISTAKEN) {
    const refusal = { code, option: 'input.source', message }
    t.throws(() => sourceOption({ source: given }, 'input.source'), refusal)
    if (given !== noRead) t.throws(() => inputObject(given, 'input'), { ...refusal, option: 'input' })
    if (given instanceof Readable || given === noRead) continue
    await t.rejects(probe(given as never), { ...refusal, option: 'source' }, 'probe')
    await t.rejects(keyframes(given as never), { ...refusal, option: 'source' }, 'keyframes')
    await t.rejects(probe({ source: given as never }), { ...refusal, option: 'source' }, 'probe, one object')
    await t.rejects(keyframes({ source: given as never }), { ...refusal, option: 'source' }, 'keyframes')
    t.throws(() => clip({ source: given as never, end: 5 }), { ...refusal, option: 'source' }, 'clip')
    const job = transcode({ input: given as never, outputs: [{ format: 'mp4', to: new Writable() }] })
    await t.rejects(job, { code, option: 'input', message }, 'transcode')
  }
})

t.test('checks the source alike in each stage, and names the input in the message', async t => {
  const readable = (options: object) => new FfmpegReadable({ output, ...options } as never)
  const several = (...inputs: unknown[]) => new FfmpegProcess({ inputs, outputs: [output] } as never)
  const cases: [string, () => unknown][] = [
    ['input', () => new FfmpegTransform({ output, input: 'talk.mov' as never })],
    ['input', () => readable({ input: 'talk.mov' })],
    ['input.source', () => readable({ input: { source: 'talk.mov' } })],
    ['inputs[0]', () => readable({ inputs: ['talk.mov'] })],
    ['inputs[1].source', () => readable({ inputs: [source, { source: 'talk.mov' }] })],
    ['inputs[0]', () => several('talk.mov')],
    ['inputs[1].source', () => several(source, { source: 'talk.mov' })],
  ]
  for (const [option, make] of cases) {
    t.throws(make, { code, option, message: /new FileSource\(\{ path: 'talk\.mov' \}\)/ }, option)
  }
  const message = /a stream is piped into FfmpegTransform, or FfmpegProcess, got a Readable$/
  t.throws(() => readable({ input: Readable.from([]) }), { option: 'input', message })
  t.throws(() => several(Readable.from([])), { option: 'inputs[0]', message })
  t.throws(() => new FfmpegTransform({ output, input: source as never }), {
    option: 'input',
    message: /use FfmpegReadable/,
  })
})
