import { buffer } from 'node:stream/consumers'
import { FfmpegProcess } from '../../lib/ffmpeg/ffmpeg-process.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { ffmpegToFile, ffmpegToPipe } from '../support/media.js'
import { sheetOf } from '../support/hls.js'
import type { Kind, Track } from './kind.js'
import { AAC, FRAGMENTED, H264, SHORT, picture, pictureInput, sound, soundInput } from './sources.js'

/** Each kind of output, and its input. */

const SECONDS = 12
const WHOLE = [0, SECONDS] as const
const span = { seconds: SECONDS }

const pictureTrack = (...streams: Buffer[]): Track => ({
  kind: 'picture',
  options: { name: 'picture' },
  streams,
})
const soundTrack = (...streams: Buffer[]): Track => ({ kind: 'sound', options: { name: 'sound' }, streams })

/** Two video sizes and audio. */
async function ladder(): Promise<Track[]> {
  return [
    { kind: 'picture', options: { name: 'small' }, streams: [await picture(span)] },
    { kind: 'picture', options: { name: 'large' }, streams: [await picture(span, { size: '320x180' })] },
    soundTrack(await sound(span)),
  ]
}

/** Video and audio that one ffmpeg copies from another container, one rendition each. */
async function copied(name: string, more: readonly string[] = []): Promise<Track[]> {
  const inputs = [...pictureInput(span), ...soundInput(span)]
  const file = await ffmpegToFile([...inputs, ...H264, ...AAC, '-map', '0:v', '-map', '1:a'], name)
  const graph = new FfmpegProcess({
    inputs: [{ source: new BytesSource({ bytes: file }) }],
    outputs: [
      { format: 'mp4', args: ['-map', '0:v', '-c', 'copy'] },
      { format: 'mp4', args: ['-map', '0:a', '-c', 'copy', ...more, ...SHORT] },
    ],
  })
  const [shown, heard] = await Promise.all([...graph.outputs.map(output => buffer(output)), graph.result])
  return [pictureTrack(shown as Buffer), soundTrack(heard as Buffer)]
}

const GROWING = { seconds: 22 }

async function growing(): Promise<Track[]> {
  return [pictureTrack(await picture(GROWING)), soundTrack(await sound(GROWING))]
}

/** Programmes of four seconds, one after the other. */
async function programmes(more: (from: number) => readonly string[] = () => []): Promise<Track[]> {
  const starts = [0, 4, 8]
  const pictures = await Promise.all(starts.map(from => picture({ from, seconds: 4 }, { more: more(from) })))
  const sounds = await Promise.all(starts.map(from => sound({ from, seconds: 4 }, { more: more(from) })))
  return [pictureTrack(...pictures), soundTrack(...sounds)]
}

/** Without it ffmpeg fills the time before the first frame with copies of it. */
const AS_IT_IS = ['-fps_mode', 'passthrough']

const VP9 = [
  ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '200k', '-threads', '1'],
  ...['-force_key_frames', 'expr:gte(t,n_forced*2)'],
]
const OPUS = ['-c:a', 'libopus', '-b:a', '96k']

async function spoken(
  language: string,
  name: string,
  making: Parameters<typeof sound>[1] = {},
  groupId = 'audio',
): Promise<Track> {
  const options = { name, language, label: name, groupId }
  return { kind: 'sound', options, streams: [await sound(span, making)] }
}

export const KINDS: readonly Kind[] = [
  {
    ...{ name: 'vod', title: 'two video sizes and audio, one object per segment', switches: true },
    ...{ shown: WHOLE, heard: WHOLE, tracks: ladder },
  },
  {
    ...{ name: 'byterange', title: 'the same, as ranges of one object', switches: true },
    ...{ shown: WHOLE, heard: WHOLE, tracks: ladder, packager: { layout: 'byterange' } },
  },
  {
    ...{ name: 'event', title: 'video and audio, mode `event`', packager: { mode: 'event' } },
    ...{ shown: [0, 22], heard: [0, 22], tracks: growing },
  },
  {
    ...{
      name: 'live',
      title: 'video and audio, mode `live`',
      packager: { mode: 'live', windowSize: 8 },
    },
    ...{ shown: [0, 22], heard: [0, 22], tracks: growing },
  },
  {
    ...{ name: 'both', title: 'video and audio in one rendition', shown: WHOLE, heard: WHOLE },
    dash: 'dash.js can’t play it, so docs/hls.md asks for separate renditions',
    tracks: async () => {
      const inputs = [...pictureInput(span), ...soundInput(span)]
      const bytes = await ffmpegToPipe([...inputs, ...H264, ...AAC, ...FRAGMENTED])
      return [{ kind: 'both', options: { name: 'both' }, streams: [bytes] }]
    },
  },
  {
    ...{ name: 'discontinuity', title: 'three programmes with `discontinuity()` between them' },
    ...{ shown: WHOLE, heard: WHOLE, tracks: programmes },
  },
  {
    ...{ name: 'late-audio', title: 'audio that starts one second late', shown: WHOLE, heard: [1, SECONDS] },
    tracks: async () => {
      const late = await sound({ from: 1, seconds: SECONDS - 1 }, { before: ['-itsoffset', '1'] })
      return [pictureTrack(await picture(span)), soundTrack(late)]
    },
  },
  {
    ...{
      name: 'late-video',
      title: 'video that starts one second late',
      shown: [1, SECONDS],
      heard: WHOLE,
    },
    tracks: async () => {
      const late = await picture(
        { from: 1, seconds: SECONDS - 1 },
        { before: ['-itsoffset', '1'], more: AS_IT_IS },
      )
      return [pictureTrack(late), soundTrack(await sound(span))]
    },
  },
  {
    ...{ name: 'from-10', title: 'renditions that all start at 10 s', shown: [10, 22], heard: [10, 22] },
    tracks: async () => {
      const later = { from: 10, seconds: SECONDS }
      const more = ['-output_ts_offset', '10']
      return [pictureTrack(await picture(later, { more })), soundTrack(await sound(later, { more }))]
    },
  },
  {
    ...{ name: 'copied-mkv', title: 'copied from Matroska', shown: WHOLE, heard: WHOLE },
    tracks: () => copied('source.mkv'),
  },
  {
    ...{ name: 'copied-ts', title: 'copied from MPEG-TS', shown: WHOLE, heard: WHOLE },
    tracks: () => copied('source.ts', ['-bsf:a', 'aac_adtstoasc']),
  },
  {
    ...{
      name: 'short-last',
      title: 'one frame longer than a whole number of segments',
      shown: [0, 12.04],
      heard: [0, 12.04],
    },
    tracks: async () => {
      const more = { seconds: 12.04 }
      return [pictureTrack(await picture(more)), soundTrack(await sound(more))]
    },
  },
  {
    ...{ name: 'languages', title: 'audio in two languages', shown: WHOLE, heard: WHOLE, sounds: true },
    tracks: async () => [
      pictureTrack(await picture(span)),
      await spoken('en', 'english', { volume: 0.5 }),
      await spoken('de', 'deutsch', { volume: 0.4 }),
    ],
  },
  {
    ...{ name: 'codecs', title: 'audio in two codecs', shown: WHOLE, heard: WHOLE },
    tracks: async () => [
      pictureTrack(await picture(span)),
      await spoken('en', 'aac'),
      await spoken('en', 'opus', { codec: OPUS }, 'opus'),
    ],
  },
  {
    ...{
      name: 'vp9-opus',
      title: 'VP9 in two sizes, and Opus audio',
      shown: WHOLE,
      heard: WHOLE,
      switches: true,
    },
    tracks: async () => [
      { kind: 'picture', options: { name: 'small' }, streams: [await picture(span, { codec: VP9 })] },
      {
        ...{ kind: 'picture', options: { name: 'large' } },
        streams: [await picture(span, { codec: VP9, size: '320x180' })],
      },
      soundTrack(await sound(span, { codec: OPUS })),
    ],
  },
  {
    ...{ name: 'images', title: 'with images for the seek bar', shown: WHOLE, heard: WHOLE },
    also: packager => {
      packager.images(
        (async function* () {
          yield sheetOf(6, 0)
        })(),
      )
    },
    tracks: async () => [pictureTrack(await picture(span)), soundTrack(await sound(span))],
  },
  {
    ...{ name: 'audio-only', title: 'audio only', shown: undefined, heard: WHOLE },
    tracks: async () => [soundTrack(await sound(span))],
  },
]
