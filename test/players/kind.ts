import { pipeline } from 'node:stream/promises'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import type { CmafPackagerOptions } from '../../lib/hls/packager-options.js'
import type { RenditionOptions } from '../../lib/hls/rendition/rendition-options.js'
import type { RenditionWritable } from '../../lib/hls/rendition/rendition-writable.js'
import { type MemoryStorage, chunksOf } from '../support/hls.js'
import type { SoundTruth } from './sound-truth.js'
import { soundTruth } from './sound-truth.js'

/** A rendition and its input: one stream after another, with a discontinuity between them. */
export interface Track {
  readonly kind: 'picture' | 'sound' | 'both'
  readonly options: RenditionOptions
  readonly streams: readonly Buffer[]
}

/** A kind of output of `CmafPackager`. */
export interface Kind {
  readonly name: string
  /** Its name in the table. */
  readonly title: string
  readonly packager?: Partial<CmafPackagerOptions>
  /** The reason why there is no DASH manifest; `undefined` if there is one. */
  readonly dash?: string
  /** Start and end of the video, in seconds of the source; `undefined` for audio only. */
  readonly shown: readonly [number, number] | undefined
  /** The same for the audio. */
  readonly heard: readonly [number, number]
  /** Whether the video rendition is switched during playback. */
  readonly switches?: boolean
  /** Whether the audio is. */
  readonly sounds?: boolean
  /** More to package. */
  readonly also?: (packager: CmafPackager) => void
  readonly tracks: () => Promise<readonly Track[]>
}

/** The input of a kind. */
export interface Material {
  readonly tracks: readonly Track[]
  readonly truth: SoundTruth
}

/** A package, finished or growing. */
export interface Output {
  /** Resolves when it is playable. */
  readonly playable: Promise<unknown>
  readonly whole: Promise<Awaited<CmafPackager['result']>>
}

/** Whether it is played while it grows. */
export function isGrowing({ packager }: Kind): boolean {
  return (packager?.mode ?? 'vod') !== 'vod'
}

/** In real time, as segments of two seconds appear. */
const STEP = 2

/** Encodes the input and finds the beeps in it. */
export async function materialOf(kind: Kind): Promise<Material> {
  const tracks = await kind.tracks()
  const sounds = tracks.filter(track => track.kind === 'sound')
  const truth = await soundTruth(
    Object.fromEntries(sounds.map(({ options, streams }) => [options.name, streams])),
  )
  return { tracks, truth }
}

/** Packages a kind into a storage: at once, or in real time where it grows. */
export function make(kind: Kind, { tracks }: Material, storage: MemoryStorage): Output {
  const mpd = kind.dash === undefined ? { mpd: 'manifest.mpd' } : {}
  // Without dates Shaka Player can't align two playlists whose windows have moved on.
  const dates = kind.packager?.mode === 'live' ? { programDateTime: new Date() } : {}
  const packager = new CmafPackager({ storage, targetDuration: 2, ...mpd, ...dates, ...kind.packager })
  const renditions = tracks.map(({ options }) => packager.rendition(options))
  kind.also?.(packager)
  const written = isGrowing(kind) ? grow(tracks, renditions) : write(tracks, renditions)
  // `result` reports a failed rendition.
  written.catch(() => undefined)
  const playable = isGrowing(kind) ? grown(storage, packager) : packager.result
  return { playable, whole: packager.result }
}

async function write(tracks: readonly Track[], renditions: readonly RenditionWritable[]): Promise<void> {
  await Promise.all(
    tracks.map(async ({ streams }, n) => {
      for (const [index, bytes] of streams.entries()) {
        if (index > 0) renditions[n]!.discontinuity()
        await pipeline(chunksOf(bytes), renditions[n]!, { end: index === streams.length - 1 })
      }
    }),
  )
}

/**
 * How many segments exist when a player joins. Shaka Player uses its own clock and drops segments that come later than
 * the playlist's length at the time of joining; a busy machine needs some of that time.
 */
const JOINED = 5

/** Resolves when every playlist lists that many. */
async function grown(storage: MemoryStorage, { result }: CmafPackager): Promise<void> {
  const isThere = () => {
    const playlists = storage.names().filter(name => name.endsWith('/index.m3u8'))
    return (
      storage.objects.has('main.m3u8') &&
      playlists.every(name => storage.text(name).split('#EXTINF').length > JOINED)
    )
  }
  const tick = () => new Promise<'tick'>(resolve => setTimeout(() => resolve('tick'), 100))
  while (!isThere() && (await Promise.race([result, tick()])) === 'tick');
}

/**
 * Writes two seconds of media every two seconds: one video fragment, ten audio fragments. A late write on a busy
 * machine does not delay the following ones, as with an encoder that follows a clock.
 */
async function grow(tracks: readonly Track[], renditions: readonly RenditionWritable[]): Promise<void> {
  const parts = tracks.map(({ kind, streams }) => steps(streams[0]!, kind === 'sound' ? 0.2 : STEP))
  const began = performance.now()
  for (let n = 0; parts.some(part => n < part.length); n++) {
    const due = began + (n - 1) * STEP * 1000
    await new Promise(resolve => setTimeout(resolve, Math.max(0, due - performance.now())))
    parts.forEach((part, index) => {
      const bytes = part[n]
      if (bytes) renditions[index]!.write(bytes)
    })
  }
  for (const rendition of renditions) rendition.end()
}

/** The bytes up to each multiple of the step. */
function steps(bytes: Buffer, seconds: number): Buffer[] {
  const each = Math.round(STEP / seconds)
  const cuts: number[] = []
  let fragments = 0
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'moof' && fragments++ % each === 0) cuts.push(at)
  }
  return [0, ...cuts.slice(1)].map((from, n, all) => bytes.subarray(from, all[n + 1] ?? bytes.length))
}
