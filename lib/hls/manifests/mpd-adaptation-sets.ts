import { FrameMeter, frameRateFraction } from '../presentation/frame-rate.js'
import { codedSize } from '../presentation/init-tracks.js'
import type { Period, Run } from './mpd-periods.js'
import { segmentsOf } from './mpd-segments.js'
import { element } from './xml.js'

/**
 * The `AdaptationSet`s of a period: renditions a player may switch between by itself.
 *
 * Members of a set agree in kind, language, codecs (except profile and level), channels and video range. Within
 * a group of audio renditions the choice is the user's, not the player's, so each is in a separate set,
 * together with its counterparts in the other groups.
 */
export function adaptationSetsOf(period: Period): string[] {
  const sets = new Map<string, Run[]>()
  const taken = new Set<string>()
  for (const run of period.runs) {
    let key = ''
    for (let nth = 0; key === '' || taken.has(`${key}/${run.rendition.groupId}`); nth++) key = keyOf(run, nth)
    if (run.rendition.kind === 'audio') taken.add(`${key}/${run.rendition.groupId}`)
    sets.set(key, [...(sets.get(key) ?? []), run])
  }
  return [...sets.values()].flatMap((runs, id) => adaptationSet(id, runs, period))
}

function keyOf({ rendition, init }: Run, nth: number): string {
  const { kind, language, channels, videoRange } = rendition
  const codecs = init.tracks.map(({ codec }) => codec.split('.')[0]).sort()
  return JSON.stringify([kind, language, codecs, channels, videoRange, nth])
}

function adaptationSet(id: number, runs: readonly Run[], period: Period): string[] {
  const { kind, label, language, name, videoRange } = runs[0]!.rendition
  const isMixed = runs.some(({ init }) => init.tracks.length > 1)
  const isMain = kind === 'video' || runs.some(({ rendition }) => rendition.isDefault)
  const transfer = videoRange && TRANSFER[videoRange]
  return element(
    'AdaptationSet',
    {
      id,
      contentType: isMixed ? undefined : kind,
      mimeType: `${kind}/mp4`,
      lang: language,
      segmentAlignment: areAligned(runs) ? true : undefined,
      startWithSAP: 1,
    },
    [
      ...(transfer === undefined ? [] : property(transfer)),
      // A default name tells people nothing.
      ...(label === name ? [] : element('Label', {}, label)),
      ...element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value: isMain ? 'main' : 'alternate' }),
      ...runs.flatMap(run => representation(run, period)),
    ],
  )
}

/** `TransferCharacteristics` of ISO/IEC 23091-2; SDR needs no word. */
const TRANSFER = { SDR: undefined, PQ: 16, HLG: 18 }

function property(transfer: number): string[] {
  const schemeIdUri = 'urn:mpeg:mpegB:cicp:TransferCharacteristics'
  return element('SupplementalProperty', { schemeIdUri, value: transfer })
}

/** Whether segments with equal numbers have equal times, to a millisecond: players rely on this promise. */
function areAligned(runs: readonly Run[]): boolean {
  const [first, ...others] = runs
  const times = new Map(first!.segments.map(segment => [segment.number, segment]))
  return others.every(({ segments }) =>
    segments.every(({ number, start, duration }) => {
      const other = times.get(number)
      const isNear = (a: number, b: number) => Math.abs(a - b) <= 0.001
      return other === undefined || (isNear(other.start, start) && isNear(other.duration, duration))
    }),
  )
}

function representation(run: Run, period: Period): string[] {
  const { name, kind, bandwidth } = run.rendition
  // Of this period: after a discontinuity they may differ.
  const size = kind === 'video' ? codedSize(run.init.track) : undefined
  const frameRate = kind === 'video' ? frameRateOf(run) : undefined
  const audio = run.init.tracks.find(({ kind }) => kind === 'audio')
  const codecs = new Set(run.init.tracks.map(({ codec }) => codec))
  return element(
    'Representation',
    {
      id: name,
      bandwidth: Math.max(1, Math.ceil(bandwidth)),
      codecs: [...codecs].join(','),
      width: size?.width,
      height: size?.height,
      sar: size?.sar,
      frameRate: frameRate === undefined ? undefined : formatFrameRate(frameRate),
      audioSamplingRate: audio?.sampleRate,
    },
    [
      ...(audio?.channels === undefined ? [] : channelConfiguration(audio.channels)),
      ...segmentsOf(run, period),
    ],
  )
}

function frameRateOf({ segments }: Run): number | undefined {
  const longest = segments.reduce((most, { duration }) => Math.max(most, duration), 0)
  const meter = new FrameMeter(longest / 2)
  for (const { sampleCount, sampleDuration } of segments) meter.add(sampleCount, sampleDuration)
  return meter.rate
}

function channelConfiguration(channels: number): string[] {
  const schemeIdUri = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011'
  return element('AudioChannelConfiguration', { schemeIdUri, value: channels })
}

/** A frame rate in DASH notation: `25`, `30000/1001`. */
export function formatFrameRate(rate: number): string {
  const [numerator, denominator] = frameRateFraction(rate)
  return denominator === 1 ? String(numerator) : `${numerator}/${denominator}`
}
