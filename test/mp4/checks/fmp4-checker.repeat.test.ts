import t, { type Test } from 'tap'
import { type CheckerListener, Fmp4Checker } from '../../../lib/mp4/checks/fmp4-checker.js'
import { Mp4Error } from '../../../lib/errors.js'
import { MiB } from '../../../lib/options.js'
import {
  AUDIO,
  type FragmentSpec,
  VIDEO,
  box,
  fragment,
  ftyp,
  fullBox,
  moov,
  u32,
  u64,
} from '../../support/fmp4.js'

/**
 * A fragment like one before it takes a short way through the checker, unless somebody wants its samples. So each stream
 * here is checked both ways, and also with each byte of its fragments changed: the findings must be the same.
 */
function findings(bytes: Buffer, strict: boolean, wantsSamples: boolean): unknown {
  const found: unknown[] = []
  const plain = (problem: unknown) => {
    if (!(problem instanceof Mp4Error)) return problem
    const { code, message, byteOffset, boxPath, trackId } = problem
    return { code, message, byteOffset, boxPath, trackId }
  }
  const listener: CheckerListener = {
    onInit: () => undefined,
    onFragment: describe => found.push(describe()),
    onWarning: warning => found.push(plain(warning)),
    ...(wantsSamples && { onSamples: () => undefined }),
  }
  const checker = new Fmp4Checker({ strict, maxBoxSize: MiB }, listener)
  try {
    checker.write(bytes)
    checker.end()
  } catch (error) {
    found.push(plain(error))
  }
  const { warnings, ...report } = checker.report()
  return { found, report, warnings: warnings.length }
}

const HEAD = Buffer.concat([ftyp(), moov([VIDEO, AUDIO])])

/** Fragments of a video sample and two of audio, 40 ticks each. */
const both = (sequence: number): FragmentSpec => ({
  sequence,
  tracks: [
    { id: 1, time: (sequence - 1) * 40, runs: [{ samples: [{ size: 9 + sequence, sync: sequence === 1 }] }] },
    {
      id: 2,
      time: (sequence - 1) * 40,
      runs: [
        {
          samples: [
            { size: 5, duration: 20 },
            { size: 6, duration: 20 },
          ],
        },
      ],
    },
  ],
})

/** Each track in fragments of its own, in two runs; short times, flags of the first sample only. */
const apart = (sequence: number): FragmentSpec => ({
  sequence,
  tracks: [
    {
      id: 2 - (sequence % 2),
      time: ((sequence - 1) >> 1) * 80,
      tfdtVersion: 0,
      base: 'neither',
      defaults: { duration: 40, flags: 0x02000000 },
      runs: [
        { samples: [{ size: 5, offset: 40 }], without: ['duration', 'flags'], firstFlags: true },
        { samples: [{ size: 7, offset: 40 }], without: ['duration', 'flags'], shift: null },
      ],
    },
  ],
})

const FOUR = [1, 2, 3, 4]
const streamOf = (spec: (sequence: number) => FragmentSpec, sequences = FOUR): Buffer[] => [
  HEAD,
  ...sequences.map(sequence => fragment(spec(sequence))),
]

function sameFindings(t: Test, bytes: Buffer, name: string): void {
  for (const strict of [true, false])
    t.strictSame(findings(bytes, strict, false), findings(bytes, strict, true), `${name}, strict: ${strict}`)
}

for (const [name, spec] of Object.entries({ both, apart })) {
  t.test(`finds the same in a fragment like one before it, whichever byte is wrong: ${name}`, async t => {
    const parts = streamOf(spec)
    const whole = Buffer.concat(parts)
    sameFindings(t, whole, 'nothing wrong')
    const last = whole.length - parts.at(-1)!.length
    const differing: string[] = []
    for (let at = last; at < whole.length; at++) {
      for (const value of [0, 2, 0xff, whole[at]! ^ 1]) {
        const bytes = Buffer.from(whole)
        bytes[at] = value
        for (const strict of [true, false]) {
          const [short, long] = [findings(bytes, strict, false), findings(bytes, strict, true)]
          if (JSON.stringify(short) !== JSON.stringify(long)) differing.push(`byte ${at - last} = ${value}`)
        }
      }
    }
    t.strictSame(differing, [])
  })
}

t.test('finds the same in fragments that are alike but not as usual', async t => {
  const one = (sequence: number): FragmentSpec => ({
    sequence,
    tracks: [{ id: 1, time: (sequence - 1) * 40, runs: [{ samples: [{ size: 9 }] }] }],
  })
  const track = (sequence: number) => one(sequence).tracks[0]!
  const cases: Record<string, readonly Buffer[]> = {
    'a number is left out': streamOf(one, [1, 2, 4, 5]),
    'numbers are left out again and again': streamOf(one, [1, 3, 5, 7]),
    'a number comes twice': streamOf(one, [1, 2, 2, 3]),
    'a gap in time': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), time: s * 40 + (s > 2 ? 9 : 0) }],
    })),
    'the time goes back': streamOf(s => ({ ...one(s), tracks: [{ ...track(s), time: s < 3 ? s * 40 : 0 }] })),
    'a gap, with a number left out before it': streamOf(
      s => ({ ...one(s), tracks: [{ ...track(s), time: s * 40 + (s > 3 ? 80 : 0) }] }),
      [1, 2, 3, 5],
    ),
    'times at the end of what a number can tell': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), time: 2 ** 53 - 200 + s * 40 }],
    })),
    'too much data': streamOf(s => ({ ...one(s), data: Buffer.alloc(s === 3 ? 10 : 9) })),
    'too little data': streamOf(s => ({ ...one(s), data: Buffer.alloc(s === 3 ? 8 : 9) })),
    'a sample without data': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), runs: [{ samples: [{ size: s > 2 ? 0 : 9 }] }] }],
    })),
    'a sample presented an hour later': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), runs: [{ samples: [{ size: 9, offset: s > 2 ? 3_600_000 : 0 }] }] }],
    })),
    'data that starts elsewhere': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), runs: [{ samples: [{ size: 9 }], shift: s > 2 ? 1 : 0 }] }],
    })),
    'data without an offset': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), runs: [{ samples: [{ size: 9 }], shift: null }] }],
    })),
    'a stated base': [
      HEAD,
      ...FOUR.map(s => fragment({ ...one(s), at: 9999, tracks: [{ ...track(s), base: 'stated' }] })),
    ],
    'a base after the data before': streamOf(s => ({
      ...both(s),
      tracks: both(s).tracks.map(track => ({ ...track, base: 'neither' as const })),
    })),
    'encryption data': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), boxes: fullBox('saio', 0, 0, u32(0)) }],
      data: Buffer.alloc(12),
    })),
    'a track twice in a fragment': streamOf(s => ({
      sequence: s,
      tracks: [
        { ...track(s), time: (s - 1) * 80 },
        { ...track(s), time: (s - 1) * 80 + 40 },
      ],
    })),
    'no time': streamOf(s => ({ ...one(s), tracks: [{ ...track(s), time: null }] })),
    'no samples': streamOf(s => ({
      ...one(s),
      tracks: [track(s), { id: 2, time: 0, durationIsEmpty: true, runs: [] }],
    })),
    'an unknown track': streamOf(s => ({ ...one(s), tracks: [track(s), { ...track(s), id: 7 }] })),
    'an unknown sample entry': streamOf(one).map((part, n) => {
      if (n === 0) return part
      const bytes = Buffer.from(part)
      bytes.writeUInt32BE(0x020000 | 0x02, bytes.indexOf('tfhd') + 4)
      return bytes
    }),
    'a long moof': streamOf(s => ({
      ...one(s),
      tracks: [{ ...track(s), boxes: box('free', Buffer.alloc(2000)) }],
    })),
    'bytes after the table': streamOf(s => {
      const bytes = Buffer.alloc(8 + (s % 4))
      bytes.writeUInt32BE(bytes.length)
      bytes.write('free', 4)
      return { ...one(s), tracks: [{ ...track(s), boxes: bytes }] }
    }),
    'an audio track begins later': streamOf(s => (s < 3 ? one(s) : { ...both(s), sequence: s })),
    'boxes between': streamOf(one).flatMap(part => [part, box('styp', 'iso6', u32(0))]),
    'boxes after the last one': [...streamOf(one), box('mfra'), fragment(one(5))],
    'a number with a long mfhd': streamOf(one).map(part =>
      part === HEAD ? part : Buffer.concat([part, box('free', u64(1))]),
    ),
  }
  for (const [name, parts] of Object.entries(cases)) sameFindings(t, Buffer.concat(parts), name)
})

t.test('names the number of a later box, whichever way those before it went', async t => {
  const faulty = { ...both(5), data: Buffer.alloc(3) }
  const bytes = Buffer.concat([...streamOf(both), fragment(faulty)])
  t.match(findings(bytes, true, false), { found: { 4: { boxPath: 'moof[4]/traf[0]/trun[0]' } } })
  const untyped = Buffer.concat([...streamOf(both), box('mdat', u32(1))])
  t.match(findings(untyped, true, false), { found: { 4: { boxPath: 'mdat[4]' } } })
})
