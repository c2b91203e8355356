import type {
  InitSegment,
  MediaSegment,
  Presentation,
  Rendition,
} from '../../lib/hls/presentation/presentation.js'
import type { Mp4Track } from '../../lib/mp4/movie/track.js'

/** Presentations by their numbers, without media. */

/** A track with the fields that manifests are made of. */
export function trackOf(kind: 'video' | 'audio', overrides: Partial<Mp4Track> = {}): Mp4Track {
  const video = { codec: 'avc1.64001f', timescale: 1000, width: 1280, height: 720, rotation: 0 }
  const audio = { codec: 'mp4a.40.2', timescale: 48_000, channels: 2, sampleRate: 48_000 }
  return { id: 1, kind, ...(kind === 'video' ? video : audio), ...overrides } as Mp4Track
}

/** An initialization segment. */
export function initOf(tracks: readonly Mp4Track[], overrides: Partial<InitSegment> = {}): InitSegment {
  const stored = { name: 'a/init.mp4', offset: 0, byteLength: 100, isRange: false }
  return { ...stored, tracks, track: tracks[0]!, shiftTicks: 0, ...overrides }
}

/** Segments one after the other, of so many ticks each, from `startTicks` on. */
export function segmentsOf(
  init: InitSegment,
  durations: readonly number[],
  { startTicks = 0, start = 0, number = 1, folder = 'a' } = {},
): MediaSegment[] {
  const { timescale } = init.track
  let ticks = 0
  return durations.map((durationTicks, index) => {
    const segment = {
      name: `${folder}/segment-${String(number + index).padStart(5, '0')}.m4s`,
      offset: 0,
      byteLength: 1000,
      isRange: false,
      number: number + index,
      init,
      start: start + ticks / timescale,
      duration: durationTicks / timescale,
      startTicks: startTicks + ticks,
      durationTicks,
      sampleCount: (durationTicks / timescale) * 25,
      sampleDuration: durationTicks / timescale,
      discontinuity: false,
      stretch: { start, startTicks },
      dateTime: undefined,
    }
    ticks += durationTicks
    return segment
  })
}

/** A rendition of segments. */
export function renditionOf(
  segments: readonly MediaSegment[],
  overrides: Partial<Rendition> = {},
): Rendition {
  const kind = segments[0]!.init.track.kind === 'audio' ? 'audio' : 'video'
  return {
    name: 'a',
    label: 'a',
    kind,
    groupId: kind === 'audio' ? 'audio' : undefined,
    language: undefined,
    isDefault: false,
    autoselect: false,
    playlist: 'a/index.m3u8',
    codecs: [],
    frameRate: kind === 'video' ? 25 : undefined,
    width: kind === 'video' ? 1280 : undefined,
    height: kind === 'video' ? 720 : undefined,
    channels: kind === 'audio' ? 2 : undefined,
    videoRange: undefined,
    bandwidth: 1000,
    averageBandwidth: 900,
    segments,
    discontinuitiesBefore: 0,
    isEnded: true,
    ...overrides,
  }
}

/** A presentation of renditions. */
export function presentationOf(
  renditions: readonly Rendition[],
  overrides: Partial<Presentation> = {},
): Presentation {
  return {
    mode: 'vod',
    layout: 'segments',
    targetDuration: 2,
    renditions,
    duration: 8,
    isEnded: true,
    windowSize: undefined,
    ...overrides,
  }
}
