import { PassThrough, Readable, Writable } from 'node:stream'
import t from 'tap'
import { streamsOf } from '../../../lib/io/monitor/stage-streams.js'

const readable = () => Readable.from([])
const writable = () => new Writable({ write: (_chunk, _encoding, callback) => callback() })

t.test('takes a stream by its ends, and several streams as one stage', t => {
  const [source, between, sink] = [readable(), new PassThrough(), writable()]
  t.same(streamsOf([source, between, sink]), [
    { writable: [], readable: [source] },
    { writable: [between], readable: [between] },
    { writable: [sink], readable: [] },
  ])
  const [one, two] = [writable(), readable()]
  const stage = { inputs: [undefined, one], outputs: [two] }
  t.same(
    streamsOf([stage]),
    [{ writable: [one], readable: [two] }],
    'an input that is read by range has no stream',
  )
  t.end()
})

t.test('rejects what is no stream of Node, wherever it stands', t => {
  const generator = async function* (source: AsyncIterable<Buffer>) {
    yield* source
  }
  const bare = { on: () => undefined, pipe: () => undefined, write: () => undefined, end: () => undefined }
  for (const [stages, option] of [
    [undefined, 'stages'],
    [[], 'stages'],
    [readable(), 'stages'],
    [[generator], 'stages[0]'],
    [[undefined], 'stages[0]'],
    [[readable(), new WritableStream()], 'stages[1]'],
    [[bare], 'stages[0]'],
    [[{ inputs: [], outputs: [] }], 'stages[0]'],
    [[{ inputs: [writable()] }], 'stages[0]'],
    [[{ inputs: [generator], outputs: [readable()] }], 'stages[0]'],
    [[{ inputs: [readable()], outputs: [readable()] }], 'stages[0]'],
    [[{ inputs: [writable()], outputs: [writable()] }], 'stages[0]'],
    [[{ inputs: [writable()], outputs: [undefined] }], 'stages[0]'],
  ] as const)
    t.throws(() => streamsOf(stages as never), { code: 'AVIO_ERR_OPTION', option }, option)
  t.end()
})

t.test('rejects a stream in two stages', t => {
  const [stream, end] = [new PassThrough(), writable()]
  for (const stages of [
    [stream, stream],
    [end, { inputs: [end], outputs: [] }],
    [{ inputs: [end], outputs: [stream] }, stream],
  ])
    t.throws(() => streamsOf(stages), { code: 'AVIO_ERR_OPTION', option: 'stages[1]' })
  t.end()
})
