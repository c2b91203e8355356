import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { HeadWalk } from '../../lib/ffmpeg/input/metadata-walk.js'
import { InputHead } from '../../lib/ffmpeg/input/input-head.js'
import { InputDump } from '../../lib/ffmpeg/report/input-dump.js'
import { keyframes } from '../../lib/ffmpeg/probe/keyframes.js'
import { previewBytes } from '../../lib/ffmpeg/preview/stream-preview.js'
import { pipeProof } from '../../lib/ffmpeg/route/piped-containers.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { SourceWindow } from '../../lib/io/sources/source-window.js'
import { Turns } from '../../lib/io/async/turns.js'
import { trackCues } from '../../lib/matroska/cues.js'
import { readSegment } from '../../lib/matroska/segment.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { movieIn } from '../../lib/mp4/index/read-moov.js'
import { keyTrack, mp4Keys } from '../../lib/mp4/index/mp4-keys.js'
import { MiB } from '../../lib/options.js'
import { element } from '../support/ebml.js'
import { VIDEO, box, chunksOf, ftyp, fullBox, moov, u32, u64, u8 } from '../support/fmp4.js'
import { programArgs } from '../support/program.js'
import { leastSlice } from '../support/slices.js'

/**
 * Files that are cheap to send and expensive to parse. The tests count the work, which may at most double with the
 * input; and no parser may block the event loop for 20 ms of CPU.
 */
const SLICE = 20
/** The name of a case with a test of its own. */
const FRAGMENTS = 'many small fragments'

const many = (bytes: Buffer, count: number): Buffer => Buffer.alloc(bytes.length * count, bytes)

/** Heads of about `size` bytes, which a stage walks through before it starts ffmpeg. */
const HEADS: Record<string, (size: number) => Buffer> = {
  'Matroska of empty elements': size =>
    Buffer.concat([
      Buffer.from('1a45dfa38b4282886d6174726f736b61', 'hex'),
      Buffer.from('1853806701ffffffffffffff', 'hex'),
      many(Buffer.from('ec80', 'hex'), size / 2),
    ]),
  'Matroska of short elements': size =>
    Buffer.concat([
      Buffer.from('1a45dfa38b4282886d6174726f736b61', 'hex'),
      Buffer.from('1853806701ffffffffffffff', 'hex'),
      many(element(0xec, Buffer.alloc(200)), size / 203),
    ]),
  'MP4 of empty boxes': size => many(box('free'), size / 8),
  'MP4 of short boxes': size => many(box('free', Buffer.alloc(192)), size / 200),
  'Ogg of empty pages': size => many(Buffer.concat([Buffer.from('OggS'), Buffer.alloc(23)]), size / 27),
  'FLAC of empty blocks': size => Buffer.concat([Buffer.from('fLaC'), many(Buffer.alloc(4), size / 4)]),
  'an MP4 of a large index': size =>
    Buffer.concat([ftyp(), u32(size * 2), Buffer.from('moov'), Buffer.alloc(size)]),
}

/** Feeds a head as a stage does; returns the amount of work. */
async function walkHead(bytes: Buffer, chunkSize: number, withTurns = false): Promise<number> {
  const walk = new HeadWalk()
  const outputs = [{ format: 'mp4', args: ['-c', 'copy'] }]
  let calls = 0
  const head = new InputHead({
    window: MiB,
    sniff: true,
    wanted: given => {
      calls++
      const proof = pipeProof(given, undefined, walk)
      return Math.max(previewBytes(given, outputs, walk), proof.kind === 'open' ? proof.wanted : 0)
    },
  })
  for (const chunk of chunksOf(bytes, chunkSize)) {
    head.look(chunk)
    head.hold(chunk)
    if (head.isEnough()) break
    if (withTurns) await new Promise(resolve => setImmediate(resolve))
  }
  return calls + walk.visited
}

for (const [name, make] of Object.entries(HEADS)) {
  t.test(`walks through a header once, however it is cut: ${name}`, async t => {
    for (const chunkSize of [100, 4096, 65_536]) {
      const [once, twice] = [await walkHead(make(MiB), chunkSize), await walkHead(make(2 * MiB), chunkSize)]
      t.ok(twice <= 2.2 * once + 100, `${once} and ${twice} in chunks of ${chunkSize}`)
    }
    const slice = await leastSlice(() => walkHead(make(8 * MiB), 65_536, true), SLICE)
    t.ok(slice < SLICE, `${slice.toFixed(1)} ms`)
  })
}

const table = (name: string, ...parts: Buffer[]) => fullBox(name, 0, 0, ...parts)
const equalSizes = (count: number) => table('stsz', u32(1, count))
const TABLES = {
  'samples without bytes': (n: number) =>
    withTables(table('stts', u32(1, n, 1)), table('stsc', u32(1, 1, n, 1)), equalSizes(n)),
  'runs of no samples, then samples': (n: number) =>
    withTables(
      table('stts', u32(60_001), Buffer.alloc(8 * 60_000), u32(n, 1)),
      table('stsc', u32(1, 1, n, 1)),
      equalSizes(n),
    ),
  'a run for each sample': (n: number) =>
    withTables(table('stts', u32(n), many(u32(1, 1), n)), table('stsc', u32(1, 1, n, 1)), equalSizes(n)),
  'times that go backwards': (n: number) =>
    withTables(
      table('stts', u32(1, n, 1)),
      fullBox('ctts', 1, 0, u32(n), many(u32(1, 90, 1, 3, 1, 60, 1, -20), n / 4)),
      table('stsc', u32(1, 1, n, 1)),
      equalSizes(n),
    ),
  'many edits of all samples': (n: number) =>
    withTables(
      table('stts', u32(1, n, 1)),
      table('stsc', u32(1, 1, n, 1)),
      equalSizes(n),
      table('stss', u32(10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
      9000,
    ),
  'no sync samples, listed out of order': (n: number) =>
    withTables(
      table('stts', u32(1, n, 1)),
      table('stsc', u32(1, 1, n, 1)),
      equalSizes(n),
      table('stss', u32(60_000), Buffer.alloc(240_000)),
    ),
  'references to chapters': (n: number) => {
    const file = withTables(table('stts', u32(1, 4, 1)), table('stsc', u32(1, 1, 4, 1)), equalSizes(4))
    return withReferences(file, n)
  },
  'fragments that claim samples': (n: number) =>
    Buffer.concat([
      ftyp(),
      moov([{ ...VIDEO, trex: { duration: 1, size: 0, flags: 0x10000 } }]),
      box(
        'moof',
        table('mfhd', u32(1)),
        box(
          'traf',
          fullBox('tfhd', 0, 0x20000, u32(1)),
          fullBox('tfdt', 1, 0, u64(0)),
          table('trun', u32(n)),
        ),
      ),
      box('mdat'),
    ]),
  [FRAGMENTS]: (n: number) =>
    Buffer.concat([ftyp(), moov([VIDEO]), many(box('moof', table('mfhd', u32(1))), n / 16)]),
}

function withTables(...parts: (Buffer | number)[]): Buffer {
  const edits = typeof parts.at(-1) === 'number' ? (parts.pop() as number) : 1
  const tables = Buffer.concat([...(parts as Buffer[]), table('stco', u32(1, 40))])
  const list = Array.from({ length: edits }, (_, n) => [10, n] as const)
  const index = moov([{ ...VIDEO, edits: edits === 1 ? [[0, 0]] : list, tables }], { mvex: false })
  return Buffer.concat([ftyp(), box('mdat', Buffer.alloc(2 * MiB)), index])
}

function withReferences(file: Buffer, count: number): Buffer {
  const references = box('tref', box('chap', many(u32(77), count)))
  const copy = Buffer.from(file)
  const moovAt = copy.indexOf('moov') - 4
  const trakAt = copy.indexOf('trak') - 4
  for (const at of [moovAt, trakAt]) copy.writeUInt32BE(copy.readUInt32BE(at) + references.length, at)
  return Buffer.concat([copy, references])
}

async function workOf(file: Buffer): Promise<number> {
  const turns = new Turns()
  const found = await movieIn(new SourceWindow(new BytesSource({ bytes: file }), file.length))
  await mp4Keys(found, keyTrack(found)!, turns).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'AVIO_ERR_MP4_LIMIT') throw error
  })
  return turns.visited
}

for (const [name, make] of Object.entries(TABLES)) {
  t.test(`walks through an index in time proportional to its size: ${name}`, async t => {
    const n = 2 ** 16
    const [once, twice] = [await workOf(make(n)), await workOf(make(2 * n))]
    t.ok(twice <= 2.2 * once, `${once} and ${twice}`)
    // The work of this case is many small reads, and tap would track each of their promises.
    if (name === FRAGMENTS) return
    const file = new BytesSource({ bytes: make(2 ** 17) })
    const slice = await leastSlice(() => keyframes(file), SLICE)
    t.ok(slice < SLICE, `${slice.toFixed(1)} ms`)
  })
}

t.test('walks through an index of many small fragments in short turns', async t => {
  const program = programArgs(new URL('../fixtures/fragment-slices.ts', import.meta.url))
  const args = [...program, String(2 ** 13), String(SLICE)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  t.ok(Number(stdout) < SLICE, `${stdout.trim()} ms`)
})

t.test('walks through cues in time proportional to their number', async t => {
  const point = Buffer.from('bb8bb38100b786f78101f18100', 'hex')
  const file = (count: number) =>
    Buffer.concat([
      Buffer.from('1a45dfa38b4282886d6174726f736b61', 'hex'),
      element(
        0x18538067,
        element(0x1654ae6b, element(0xae, element(0xd7, 1), element(0x83, 1))),
        element(0x1c53bb6b, many(point, count)),
      ),
    ])
  const work = async (count: number) => {
    let visited = 0
    const track = { number: 1, kind: 'video', codecDelay: 0 } as const
    for (const step of trackCues(await readSegment(new BytesSource({ bytes: file(count) })), track))
      visited += step
    return visited
  }
  const [once, twice] = [await work(2 ** 16), await work(2 ** 17)]
  t.ok(once > 2 ** 17 && twice <= 2.2 * once, `${once} and ${twice}`)
  const most = new BytesSource({ bytes: file(2 ** 17) })
  const slice = await leastSlice(() => keyframes(most), SLICE)
  t.ok(slice < SLICE, `${slice.toFixed(1)} ms`)
})

t.test('reads tag names in proportional time, whatever they contain', async t => {
  const line = `    k${' '.repeat(4000)}x`
  const read = async () => {
    const dump = new InputDump()
    dump.push({ level: 'info', message: "Input #0, mp3, from 'pipe:0':" })
    dump.push({ level: 'info', message: '  Metadata:' })
    for (let n = 0; n < 50; n++) dump.push({ level: 'info', message: line })
  }
  const slice = await leastSlice(read, SLICE)
  t.ok(slice < SLICE, `${slice.toFixed(1)} ms`)
})

t.test('checks a chunk of any length in bounded turns', async t => {
  const bytes = Buffer.concat([ftyp(), moov([VIDEO]), many(box('free'), MiB), u8()])
  const check = () =>
    new Promise(resolve => {
      const validator = new Fmp4Validator()
      validator.on('error', resolve)
      validator.resume()
      validator.write(bytes, resolve)
    })
  const slice = await leastSlice(check, SLICE)
  t.ok(slice < SLICE, `${slice.toFixed(1)} ms`)
})
