import { type Kind, isGrowing } from './kind.js'
import type { Append, Observation, Shown } from './observation.js'
import type { SoundTruth } from './sound-truth.js'
import { FRAME_RATE } from './sources.js'

/** The checks of a playback, in the order of docs/players.md. */
export const CHECKS = {
  errors: 'the player reports no fatal error',
  start: 'the first frame is shown first',
  end: 'playback reaches `ended` with the last frame shown',
  whole: 'playback has no gaps, and the player doesn’t seek by itself',
  sync: 'audio and video are in sync within 10 ms',
  sound: 'every beep is present',
  seeks: 'a seek shows the frame at that time',
  switches: 'another rendition can be selected during playback',
} as const

export type Check = keyof typeof CHECKS

/** The failed checks, each with the evidence. */
export type Findings = Partial<Record<Check, string>>

const FRAME = 1 / FRAME_RATE

const ms = (seconds: number) => `${Math.round(seconds * 1000)} ms`

/** How long after its time in the source a frame is shown. */
const delayOf = ({ time, number }: Shown) => time - number * FRAME

/** A beep as a player placed it. */
export interface Heard {
  readonly second: number
  readonly time: number
}

/** When each beep is heard, derived from the end of the buffered range after an append. */
export function heardIn(appends: readonly Append[], truth: SoundTruth): Heard[] {
  return appends.flatMap(({ payloads, before, after, windowEnd }) => {
    const fragments = payloads.map(key => truth.get(key)).filter(fragment => fragment !== undefined)
    const last = fragments.at(-1)
    // The end of another range, or a cut by the player, says nothing.
    const grown = after.find(([, end]) => !before.some(([, old]) => Math.abs(old - end) < 0.001))
    if (!last || !grown || Math.abs((windowEnd ?? Infinity) - grown[1]) < 0.001) return []
    const shift = grown[1] - last.to
    return fragments.flatMap(({ beeps }) => beeps.map(({ second, at }) => ({ second, time: at + shift })))
  })
}

/** The delay of each beep against the frame of its second; negative if the beep is early. */
export function lags(heard: readonly Heard[], frames: readonly Shown[]): { second: number; lag: number }[] {
  return heard.flatMap(({ second, time }) => {
    const from = second * FRAME_RATE
    const near = frames.filter(({ number }) => number >= from && number < from + FRAME_RATE)
    const [shown] = near
    return shown ? [{ second, lag: time - second - delayOf(shown) }] : []
  })
}

/** Where to join a growing presentation is the player's choice, and so is its first frame. */
function checkStart({ first }: Observation, kind: Kind): string | undefined {
  const { shown } = kind
  if (shown === undefined || isGrowing(kind)) return undefined
  if (first === undefined) return 'no frame'
  return first.number === shown[0] * FRAME_RATE ? undefined : `frame ${first.number}`
}

function checkEnd({ isEnded, time, last }: Observation, { shown }: Kind): string | undefined {
  if (!isEnded) return `stops at ${time.toFixed(2)} s`
  const number = shown === undefined ? undefined : Math.round(shown[1] * FRAME_RATE) - 1
  if (number === undefined || (last && number - last.number < 5)) return undefined
  return `ends with frame ${last?.number ?? '–'} of ${number}`
}

function checkWhole({ start, buffered, buffers, played }: Observation, kind: Kind): string | undefined {
  const gaps = buffered.slice(1).map(([start], n) => start - buffered[n]![1])
  if (gaps.length > 0) return `a gap of ${ms(Math.max(...gaps))}`
  const inner = buffers.flatMap(own => own.buffered.slice(1).map(([start], n) => start - own.buffered[n]![1]))
  if (inner.length > 0) return `a gap of ${ms(Math.max(...inner))} in one of the buffers`
  const stretches = played.filter(([, end]) => end > start)
  const skipped = stretches.slice(1).map(([from], n): [number, number] => [stretches[n]![1], from])
  // After a switch of audio the player loads it first; segments that left the window are skipped.
  const isAllowed = kind.sounds === true || isGrowing(kind)
  const far = skipped.filter(([from, to]) => to - from > 0.1 && !isAllowed)
  if (far.length > 0) return far.map(([from, to]) => `${from.toFixed(2)} → ${to.toFixed(2)} s`).join(', ')
  return undefined
}

function checkSync(seen: Observation, kind: Kind, truth: SoundTruth): string | undefined {
  if (kind.shown === undefined || truth.size === 0) return undefined
  const all = lags(heardIn(seen.appends, truth), seen.frames).map(({ lag }) => lag)
  if (all.length === 0) return 'nothing to compare'
  const worst = all.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
  if (Math.abs(worst) <= 0.01) return undefined
  return `audio is ${ms(Math.abs(worst))} ${worst > 0 ? 'late' : 'early'}`
}

/** Seconds of the source that were shown from beginning to end. */
function secondsShown(frames: readonly Shown[]): number[] {
  const places = frames.map(({ number }) => [Math.floor(number / FRAME_RATE), number % FRAME_RATE] as const)
  const early = new Set(places.flatMap(([second, place]) => (place < 5 ? [second] : [])))
  const late = new Set(places.flatMap(([second, place]) => (place > 15 ? [second] : [])))
  return [...early].filter(second => late.has(second)).slice(1)
}

function checkSound({ appends, frames }: Observation, kind: Kind, truth: SoundTruth): string | undefined {
  if (truth.size === 0) return undefined
  const there = new Set(heardIn(appends, truth).map(({ second }) => second))
  const whole = Math.ceil(kind.heard[1] - kind.heard[0] - 0.2)
  const wanted = isGrowing(kind)
    ? secondsShown(frames)
    : Array.from({ length: whole }, (_, n) => kind.heard[0] + n)
  const missing = wanted.filter(second => !there.has(second))
  return missing.length > 0 ? `none at ${missing.join(', ')} s` : undefined
}

function checkSeeks({ seeks, frames }: Observation): string | undefined {
  const usual = frames[0] === undefined ? 0 : delayOf(frames[0])
  for (const { asked, shown } of seeks) {
    if (shown === undefined) return `nothing at ${asked.toFixed(2)} s`
    const behind = asked - shown.time
    const isRight = behind > -0.001 && behind < FRAME + 0.001 && Math.abs(delayOf(shown) - usual) < 0.001
    if (!isRight) return `frame ${shown.number} at ${asked.toFixed(2)} s`
  }
  return undefined
}

function checkSwitches({ frames, appends }: Observation, kind: Kind, truth: SoundTruth): string | undefined {
  if (kind.switches) {
    const heights = frames.map(({ height }) => height).filter((height, n, all) => height !== all[n - 1])
    if (heights.length < 2) return 'the video does not change'
  }
  if (kind.sounds) {
    const names = new Set(appends.flatMap(own => own.payloads.map(key => truth.get(key)?.rendition)))
    names.delete(undefined)
    if (names.size < 2) return 'the audio does not change'
  }
  return undefined
}

/** The failed checks of a playback. */
export function check(seen: Observation, kind: Kind, truth: SoundTruth): Findings {
  const errors = seen.errors.length > 0 ? [...new Set(seen.errors)].join('; ') : undefined
  const start = seen.isReady ? checkStart(seen, kind) : 'nothing is ever shown'
  const found: Record<Check, string | undefined> = {
    errors,
    start,
    ...(seen.isReady
      ? {
          end: checkEnd(seen, kind),
          whole: checkWhole(seen, kind),
          sync: checkSync(seen, kind, truth),
          sound: checkSound(seen, kind, truth),
          seeks: checkSeeks(seen),
          switches: checkSwitches(seen, kind, truth),
        }
      : {
          end: undefined,
          whole: undefined,
          sync: undefined,
          sound: undefined,
          seeks: undefined,
          switches: undefined,
        }),
  }
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== undefined))
}
