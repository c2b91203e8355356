import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { Mp4Error } from '../../lib/errors.js'
import { type CheckerListener, Fmp4Checker } from '../../lib/mp4/checks/fmp4-checker.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { MAX_BOXES, MAX_EDITS } from '../../lib/mp4/boxes/limits.js'
import { MiB } from '../../lib/options.js'
import {
  AUDIO,
  VIDEO,
  box,
  fragment,
  ftyp,
  fullBox,
  longBox,
  moov,
  offsetOf,
  plainFragment,
  stream,
  u16,
  u32,
  u64,
} from '../support/fmp4.js'
import { fragmentedMp4 } from '../support/media.js'
import { validate } from '../support/validate.js'

const silent: CheckerListener = {
  onInit: () => undefined,
  onFragment: describe => void describe(),
  onWarning: () => undefined,
}

/** The error that a checker throws for `bytes`, in two chunks cut at `cut`. */
function thrownBy(bytes: Buffer, strict: boolean, cut: number): unknown {
  const checker = new Fmp4Checker({ strict, maxBoxSize: MiB }, silent)
  try {
    checker.write(bytes.subarray(0, cut))
    checker.write(bytes.subarray(cut))
    checker.end()
  } catch (error) {
    return error
  }
  checker.report()
  return undefined
}

/** Fails unless strict checking throws only errors of the library, and lenient checking none. */
function survives(t: Test, bytes: Buffer, cut: number, what: string): boolean {
  const error = thrownBy(bytes, true, cut)
  if (error !== undefined && !(error instanceof Mp4Error)) t.fail(what, { found: error })
  const lenient = thrownBy(bytes, false, cut)
  if (lenient !== undefined) t.fail(`${what}, not strict`, { found: lenient })
  return error === undefined
}

const sidx = fullBox('sidx', 1, 0, u32(1, 1000), u64(0, 0), u16(0, 2), u32(9, 9, 9, 9, 9, 9))
const emsg = fullBox('emsg', 1, 0, u32(1000), u64(1), u32(9, 4), 'urn:x\0v\0', 'data')
const synthetic = stream(
  ...[box('styp', 'msdh', u32(0)), sidx, emsg, plainFragment(1)],
  ...[box('uuid', Buffer.alloc(20)), { ...plainFragment(2), mdat: longBox }],
  box('mfra', fullBox('mfro', 0, 0, u32(24))),
)

/** Numbers from 0 (inclusive) to `below`, the same in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below
  }
}

t.test('survives every number of a stream replaced by values that break parsers', async t => {
  const values = [0, 1, 0x7fffffff, 0xffffffff]
  let passed = 0
  for (let at = 0; at + 4 <= synthetic.length; at++) {
    for (const value of values) {
      const bytes = Buffer.from(synthetic)
      bytes.writeUInt32BE(value, at)
      if (survives(t, bytes, (at * 7) % bytes.length, `${value} at ${at}`)) passed++
    }
  }
  t.ok(passed > 100, `${passed} changes are harmless, such as those of media data`)
})

t.test('survives random damage to real and hand-made streams', async t => {
  const real = await fragmentedMp4({ seconds: 0.2, size: '32x32' })
  const head = real.subarray(0, offsetOf(real, 'mdat') + 8)
  const random = sequence(1)
  let harmless = 0
  const rounds = 3000
  for (let round = 0; round < rounds; round++) {
    const source = round % 2 === 0 ? synthetic : head
    let bytes = Buffer.from(source)
    for (let change = random(4); change >= 0; change--) {
      const at = random(bytes.length)
      const length = random(40)
      const piece = source.subarray(random(source.length)).subarray(0, length)
      const kind = random(4)
      if (kind === 0) bytes[at] = random(256)
      else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
      else piece.copy(bytes, at)
    }
    if (survives(t, bytes, random(bytes.length + 1), `round ${round}`)) harmless++
  }
  t.ok(harmless < rounds / 2, `${harmless} of ${rounds} were harmless`)
})

t.test('allocates memory for a box that claims hundreds of MiB only as its bytes arrive', async t => {
  const validator = new Fmp4Validator({ maxBoxSize: 1024 * MiB }).resume()
  const before = process.memoryUsage().arrayBuffers
  const claim = Buffer.concat([ftyp(), u32(1000 * MiB), Buffer.from('moov'), Buffer.alloc(100_000)])
  validator.write(claim)
  t.ok(
    process.memoryUsage().arrayBuffers - before < MiB,
    `${process.memoryUsage().arrayBuffers - before} bytes`,
  )
  validator.destroy()
})

t.test('takes at most twice the size of the largest box, even in small pieces', async t => {
  const limit = 8 * MiB
  const checker = new Fmp4Checker({ strict: true, maxBoxSize: limit }, silent)
  const before = process.memoryUsage().arrayBuffers
  checker.write(Buffer.concat([ftyp(), u32(limit), Buffer.from('moov')]))
  const piece = Buffer.alloc(1000)
  let peak = 0
  for (let left = limit - 8 - 1000; left > 0; left -= 1000) {
    checker.write(piece)
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
  }
  t.ok(peak < 2 * limit, `${(peak / MiB).toFixed(1)} MiB`)
})

t.test('rejects endless boxes, deep nesting and endless lists', async t => {
  const moof = (content: Buffer): Buffer => stream(box('moof', fullBox('mfhd', 0, 0, u32(1)), content))
  const repeat = (piece: Buffer, times: number): Buffer => Buffer.alloc(piece.length * times, piece)
  let nest = box('traf')
  for (let depth = 0; depth < 5000; depth++)
    nest = Buffer.concat([u32(nest.length + 8), Buffer.from('traf'), nest])
  const elst = fullBox('elst', 0, 0, u32(MAX_EDITS + 1), Buffer.alloc(12 * (MAX_EDITS + 1)))
  const edited = moov([{ ...VIDEO, edits: [] }])
  const tkhd = offsetOf(edited, 'moov/trak/tkhd')
  const cases: [string, Buffer, string][] = [
    ['empty boxes', moof(repeat(box('free'), MAX_BOXES)), 'LIMIT'],
    ['tracks', moof(repeat(box('traf', fullBox('tfhd', 0, 0, u32(1))), MAX_BOXES)), 'LIMIT'],
    ['nested boxes', moof(nest), 'BOX_MISSING'],
    [
      'runs',
      moof(box('traf', fullBox('tfhd', 0, 0, u32(1)), repeat(fullBox('trun', 0, 0, u32(0)), MAX_BOXES))),
      'LIMIT',
    ],
    ['edits', Buffer.concat([ftyp(), withChild(edited, tkhd, box('edts', elst))]), 'LIMIT'],
    [
      'announced tracks',
      Buffer.concat([ftyp(), moov(Array.from({ length: 2000 }, (_, n) => ({ id: n + 1 })))]),
      'LIMIT',
    ],
  ]
  for (const [name, bytes, code] of cases) {
    t.match((await validate(bytes)).error, { code: `AVIO_ERR_MP4_${code}` }, name)
    t.equal((await validate(bytes, { strict: false })).error, undefined, `${name}, not strict`)
  }
})

/** Puts `child` before the box at `at`, which lies in the first `trak` of this `moov`. */
function withChild(moov: Buffer, at: number, child: Buffer): Buffer {
  const bytes = Buffer.concat([moov.subarray(0, at), child, moov.subarray(at)])
  for (const path of ['moov', 'moov/trak']) {
    const start = offsetOf(moov, path)
    bytes.writeUInt32BE(moov.readUInt32BE(start) + child.length, start)
  }
  return bytes
}

t.test('rejects absurd numbers of samples and times, instead of computing wrong sums', async t => {
  const run = (samples: number): Buffer => fullBox('trun', 0, 0x1, u32(samples, 0))
  const traf = (time: bigint, ...runs: Buffer[]): Buffer =>
    box(
      'traf',
      fullBox('tfhd', 0, 0x020018, u32(1, 0xffffffff, 0xffffffff)),
      fullBox('tfdt', 1, 0, u64(time)),
      ...runs,
    )
  const cases: [Buffer, string][] = [
    [traf(2n ** 63n), 'BOX_INVALID'],
    [traf(2n ** 53n - 1n, run(1)), 'BOX_INVALID'],
    [traf(0n, ...Array.from({ length: 20 }, () => run(2 ** 24))), 'BOX_INVALID'],
  ]
  for (const [content, code] of cases) {
    const bytes = stream(box('moof', fullBox('mfhd', 0, 0, u32(1)), content), box('mdat', 'x'))
    t.match((await validate(bytes)).error, { code: `AVIO_ERR_MP4_${code}`, boxPath: /^moof\[0\]/ })
  }
})

t.test('takes no more memory for a long stream than for a short one', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const checker = new Fmp4Checker({ strict: false, maxBoxSize: MiB }, silent)
  checker.write(Buffer.concat([ftyp(), moov([VIDEO, AUDIO])]))
  // Every fragment overlaps the one before it, so that there is a warning for each.
  const bytes = Buffer.concat([fragment(plainFragment(1)), box('free'), box('uuid', Buffer.alloc(16))])
  const many = (times: number): void => {
    for (let n = 0; n < times; n++) checker.write(bytes)
  }
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  many(2000)
  const before = heap()
  many(10_000)
  t.ok(heap() - before < MiB, `${heap() - before} bytes more`)
  t.equal(checker.report().fragments, 12_000)
})
