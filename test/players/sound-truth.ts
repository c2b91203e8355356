import { ffmpegThroughPipes } from '../support/media.js'
import { BEEP, PITCH, SAMPLE_RATE } from './sources.js'

/**
 * The places of the beeps in the stored bytes. A player may place a fragment anywhere; its content is found by decoding
 * it, without any edit list or timestamp.
 */

/** An audio fragment, identified by its payload. */
export interface SoundFragment {
  readonly rendition: string
  /** The stretch between two initialization segments that it belongs to. */
  readonly run: number
  /** Seconds from the first stored sample of the stretch, including priming, to the first of this fragment. */
  readonly from: number
  readonly to: number
  /** The beeps that begin in it: the second of the source, and the time on the same clock. */
  readonly beeps: readonly { readonly second: number; readonly at: number }[]
}

/** Fragments by the hash of their payload. */
export type SoundTruth = ReadonlyMap<number, SoundFragment>

/** The hash as the page computes it. */
function hash(bytes: Uint8Array): number {
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
  return sum >>> 0
}

function* boxes(bytes: Buffer): Generator<{ type: string; body: Buffer }> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at)
    yield { type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size) }
    at += size
  }
}

const inside = (bytes: Buffer, type: string) => [...boxes(bytes)].filter(box => box.type === type)

/** How long each frame of the first track of a `moof` lasts, in samples. */
function framesOf(moof: Buffer): number[] {
  const [traf] = inside(moof, 'traf')
  const [{ body: tfhd } = { body: Buffer.alloc(0) }] = inside(traf!.body, 'tfhd')
  const has = tfhd.readUInt32BE(0)
  const place = 8 + (has & 1 ? 8 : 0) + (has & 2 ? 4 : 0)
  const usual = has & 8 ? tfhd.readUInt32BE(place) : 0
  return inside(traf!.body, 'trun').flatMap(({ body }) => {
    const flags = body.readUInt32BE(0)
    const first = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0)
    const width = [0x100, 0x200, 0x400, 0x800].reduce((sum, flag) => sum + (flags & flag ? 4 : 0), 0)
    return Array.from({ length: body.readUInt32BE(4) }, (_, n) =>
      flags & 0x100 ? body.readUInt32BE(first + n * width) : usual,
    )
  })
}

/**
 * Where beeps begin in mono samples, and their pitch. An encoder smears the beginning; the middle of the loud part is
 * more exact.
 */
function beepsIn(samples: Float32Array, offset: number): { second: number; at: number }[] {
  const beeps = []
  const window = SAMPLE_RATE / 1000
  for (let at = 0, silent = window * 100; at + window * 140 < samples.length; at += window) {
    const level = Math.max(...samples.subarray(at, at + window).map(Math.abs))
    if (level < 0.2) {
      silent += window
      continue
    }
    if (silent >= window * 100) {
      const pitch = pitchOf(samples.subarray(at + window * 20, at + window * 80))
      const from = Math.max(0, at - window * 30)
      const middle = from + middleOf(samples.subarray(from, at + window * 140))
      const second = Math.round((pitch - PITCH.first) / PITCH.step)
      beeps.push({ second, at: offset + middle / SAMPLE_RATE - BEEP / 2 })
    }
    silent = 0
  }
  return beeps
}

function pitchOf(samples: Float32Array): number {
  let crossings = 0
  for (let n = 1; n < samples.length; n++) if (samples[n - 1]! < 0 !== samples[n]! < 0) crossings++
  return (crossings / 2 / samples.length) * SAMPLE_RATE
}

function middleOf(samples: Float32Array): number {
  const energy = samples.map(value => value * value)
  const sum = energy.reduce((a, b) => a + b)
  return energy.reduce((moment, value, n) => moment + value * n) / sum
}

async function decode(bytes: Buffer): Promise<Float32Array> {
  const args = [
    '-ignore_editlist',
    '1',
    '-i',
    'pipe:0',
    '-ac',
    '1',
    '-ar',
    String(SAMPLE_RATE),
    '-f',
    'f32le',
  ]
  const pcm = await ffmpegThroughPipes(args, bytes)
  return new Float32Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + (pcm.length & ~3)))
}

async function fragmentsOf(
  rendition: string,
  run: number,
  bytes: Buffer,
): Promise<[number, SoundFragment][]> {
  const fragments: { key: number; from: number; to: number }[] = []
  const frames: number[] = []
  let own: number[] = []
  let clock = 0
  for (const { type, body } of boxes(bytes)) {
    if (type === 'moof') own = framesOf(body)
    if (type !== 'mdat') continue
    const from = clock
    frames.push(...own)
    clock += own.reduce((a, b) => a + b, 0) / SAMPLE_RATE
    fragments.push({ key: hash(body), from, to: clock })
  }
  const samples = await decode(bytes)
  // Includes the samples that a decoder drops at the beginning (Opus states how many). The last frame is decoded whole.
  const beeps = beepsIn(samples, (frames.length * frames[0]! - samples.length) / SAMPLE_RATE)
  return fragments.map(({ key, from, to }) => {
    return [key, { rendition, run, from, to, beeps: beeps.filter(({ at }) => at >= from && at < to) }]
  })
}

/** The beeps in the audio given to the packager: for each rendition its streams, one after another. */
export async function soundTruth(sounds: Readonly<Record<string, readonly Buffer[]>>): Promise<SoundTruth> {
  const runs = Object.entries(sounds).flatMap(([name, streams]) =>
    streams.map((bytes, run) => fragmentsOf(name, run, bytes)),
  )
  return new Map((await Promise.all(runs)).flat())
}
