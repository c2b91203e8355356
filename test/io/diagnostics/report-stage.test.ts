import { readdirSync, readFileSync } from 'node:fs'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { reportStage } from '../../../lib/io/diagnostics/report-stage.js'
import { closing, fixed, listen } from '../../support/diagnostics.js'

t.test('leaves a stream as it is without a subscriber', async t => {
  const stream = new PassThrough()
  const before = [Object.keys(stream), stream.eventNames()]
  reportStage(stream, 'Stage')
  t.same([Object.keys(stream), stream.eventNames()], before)
  for (const method of ['push', '_write', '_writev']) t.notOk(Object.hasOwn(stream, method), method)
})

t.test('tells the start, the first byte each way, and the end, with the bytes so far', async t => {
  const { stage } = listen(t)
  const stream = new PassThrough()
  reportStage(stream, 'Stage', 's3://bucket/key')
  await pipeline(Readable.from([Buffer.alloc(3), Buffer.alloc(4)]), stream, new Writable({ write: take }))
  const common = { stage: 'Stage', name: 's3://bucket/key' }
  t.same(fixed(stage), [
    { event: 'open', ...common, bytesIn: 0, bytesOut: 0 },
    { event: 'first-byte', ...common, direction: 'in', bytesIn: 3, bytesOut: 0 },
    { event: 'first-byte', ...common, direction: 'out', bytesIn: 3, bytesOut: 3 },
    { event: 'end', ...common, bytesIn: 7, bytesOut: 7 },
  ])
  t.equal(new Set(stage.map(({ id }) => id)).size, 1)
  t.equal(new Set(stage.map(({ startTime }) => startTime)).size, 1)
  t.equal(new Set(stage.map(message => Object.keys(message).join())).size, 1, 'all have the same fields')
})

t.test('counts chunks that are written together', async t => {
  const { stage } = listen(t)
  const taken: number[] = []
  const stream = new Writable({
    writev: (chunks, callback) => {
      taken.push(chunks.length)
      callback()
    },
  })
  reportStage(stream, 'Stage')
  stream.cork()
  stream.write('abc')
  stream.write('de')
  stream.uncork()
  stream.end()
  await closing(stream)
  t.same(taken, [2])
  t.match(stage.at(-1), { event: 'end', bytesIn: 5, bytesOut: 0 })
})

t.test('tells a failure by its code, and a destroyed stream as aborted', async t => {
  const { stage } = listen(t)
  const failing = new PassThrough()
  reportStage(failing, 'Failing')
  failing.on('error', () => undefined)
  failing.destroy(Object.assign(new Error('sesame'), { code: 'ECONNRESET' }))
  await closing(failing)
  const left = new Readable({ read: () => undefined })
  reportStage(left, 'Left')
  left.destroy()
  await closing(left)
  t.same(
    stage.map(({ stage, event, errorCode }) => [stage, event, errorCode]),
    [
      ['Failing', 'open', undefined],
      ['Failing', 'error', 'ECONNRESET'],
      ['Left', 'open', undefined],
      ['Left', 'abort', undefined],
    ],
  )
  t.not(stage[0]!.id, stage[2]!.id)
  t.notMatch(JSON.stringify(stage), /sesame/)
})

t.test('is called by each stream of the library that a pipeline can have', async t => {
  const root = new URL('../../../lib/', import.meta.url)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  const unreported = files.filter(file => {
    const text = readFileSync(new URL(file, root), 'utf8')
    const isStream = /^(export )?class \w+ extends (Readable|Writable|Duplex|Transform)\b/m.test(text)
    return isStream && !text.includes('reportStage(this')
  })
  t.same(unreported.filter(file => !file.startsWith('testing/')).sort(), [
    // Objects of a package or a set of images, which it writes itself.
    's3/commit/commit-sink.ts',
    // The body of a response, a socket as Node's client sees it, and the body of a request.
    's3/direct/direct-body.ts',
    's3/direct/direct-connection.ts',
    's3/request/request-body.ts',
  ])
})

const take = (_chunk: unknown, _encoding: unknown, callback: () => void) => callback()
