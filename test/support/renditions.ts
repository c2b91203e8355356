import type {
  ImageTrack,
  InitSegment,
  MediaSegment,
  Presentation,
  Rendition,
} from '../../lib/hls/presentation/presentation.js'
import type { Mp4Track } from '../../lib/mp4/movie/track.js'

/** Made-up renditions, for what is written from them. */

export const VIDEO_TRACK: Mp4Track = {
  ...{ id: 1, kind: 'video', handler: 'vide', timescale: 12_800, codec: 'avc1.64001f', sampleEntry: 'avc1' },
  ...{
    language: 'und',
    width: 640,
    height: 360,
    rotation: 0,
    pixelAspect: undefined,
    channels: undefined,
    sampleRate: undefined,
  },
  ...{ edits: [], defaults: undefined },
}

export const AUDIO_TRACK: Mp4Track = {
  ...{ id: 1, kind: 'audio', handler: 'soun', timescale: 48_000, codec: 'mp4a.40.2', sampleEntry: 'mp4a' },
  ...{
    language: 'eng',
    width: undefined,
    height: undefined,
    rotation: 0,
    pixelAspect: undefined,
    channels: 2,
    sampleRate: 48_000,
  },
  ...{ edits: [], defaults: undefined },
}

/** An initialization segment of one track. */
export function initOf(track: Mp4Track, changes: Partial<InitSegment> = {}): InitSegment {
  const stored = { name: 'a/init.mp4', offset: 0, byteLength: 700, isRange: false }
  return { ...stored, tracks: [track], track, shiftTicks: 0, ...changes }
}

/** Segments of two seconds, one after the other. */
export function segmentsOf(init: InitSegment, count: number): MediaSegment[] {
  const durationTicks = 2 * init.track.timescale
  return Array.from({ length: count }, (_, n) => ({
    ...{ name: `a/segment-0000${n + 1}.m4s`, offset: 0, byteLength: 1000 + n, isRange: false },
    ...{ number: n + 1, init, start: n * 2, duration: 2, startTicks: n * durationTicks, durationTicks },
    ...{ sampleCount: 50, sampleDuration: 2 },
    ...{ discontinuity: false, dateTime: undefined, stretch: { start: 0, startTicks: 0 } },
  }))
}

/** A rendition of one track, of three segments. */
export function renditionOf(track: Mp4Track, changes: Partial<Rendition> = {}): Rendition {
  const isVideo = track.kind === 'video'
  return {
    ...{ name: 'a', label: 'a', kind: isVideo ? 'video' : 'audio', groupId: isVideo ? undefined : 'audio' },
    ...{ language: isVideo ? undefined : 'en', isDefault: !isVideo, autoselect: true },
    ...{ playlist: 'a/index.m3u8', codecs: [track.codec], frameRate: isVideo ? 25 : undefined },
    ...{ width: track.width, height: track.height, channels: track.channels, videoRange: undefined },
    ...{ bandwidth: 5000, averageBandwidth: 4000, segments: segmentsOf(initOf(track), 3) },
    ...{ discontinuitiesBefore: 0, isEnded: true },
    ...changes,
  }
}

/** A presentation that is whole. */
export function presentationOf(
  renditions: readonly Rendition[],
  changes: Partial<Presentation> = {},
): Presentation {
  return {
    ...{ mode: 'vod', layout: 'segments', targetDuration: 2, renditions, duration: 6, isEnded: true },
    windowSize: undefined,
    ...changes,
  }
}

/** Two sheets of pictures, the second one not full. */
export function imageTrackOf(): ImageTrack {
  const sheet = { offset: 0, byteLength: 1000, isRange: false, columns: 3 }
  return {
    ...{ name: 'thumbnails', playlist: 'thumbnails/index.m3u8', codec: 'jpeg', width: 160, height: 90 },
    bandwidth: 2000,
    sheets: [
      { ...sheet, name: 'thumbnails/sheet-00001.jpg', duration: 12, tiles: 6, rows: 2 },
      { ...sheet, name: 'thumbnails/sheet-00002.jpg', duration: 4, tiles: 2, rows: 1 },
    ],
  }
}
