import type { Mp4Edit } from '../boxes/leaf-boxes.js'

/** A track's timing. Ticks are those of the track. */
export interface TrackTimes {
  readonly timescale: number
  /** The edit list of its fragmented form. */
  readonly edits: readonly Mp4Edit[]
  /** Decode time of the first sample there. */
  readonly start: number
  /** Earliest composition time, relative to the first sample's decode time; 0 if it is before that. */
  readonly presentationStart: number
  /** Latest composition time plus duration, relative to the first sample; 0 without samples. */
  readonly presentationEnd: number
  /** Sum of all durations. */
  readonly duration: number
}

/** When a track of an ordinary file is presented. */
export interface TrackEdits {
  /** Its edit list; empty if it needs none. */
  readonly edits: readonly Mp4Edit[]
  /** Duration of all edits, in the movie's timescale, rounded up. */
  readonly duration: number
}

/**
 * Converts the edit lists of a fragmented file to those of an ordinary one (ISO/IEC 14496-12 §8.6.6).
 *
 * The samples of an ordinary file are decoded from 0 on, those of a fragmented one from the `tfdt` of the
 * first. So all media times in edits move back by that much. If an edit starts before the first sample, there
 * is nothing to present at first; this becomes an empty edit up to the first frame: players differ in how they
 * handle an edit that starts with nothing. A delay common to all tracks is removed: a live stream joined after
 * some hours does not start with them. The source's own empty edits stay.
 *
 * An edit with duration 0 lasts to the end in a fragmented file (the end is unknown when it is written). It
 * gets its true duration, rounded up to the movie's timescale: rounding down would cut the last sample off.
 */
export function editsOfTracks(tracks: readonly TrackTimes[], movieTimescale: number): TrackEdits[] {
  const leads = tracks.flatMap(track => (track.presentationEnd > 0 ? [leadOf(track)] : []))
  const common = leads.length > 0 ? Math.min(...leads) : 0
  return tracks.map(track => {
    const wait = Math.round(Math.max(0, leadOf(track) - common) * movieTimescale)
    const edits = track.presentationEnd > 0 ? moved(track, wait, movieTimescale) : []
    const duration =
      edits.length > 0
        ? edits.reduce((sum, edit) => sum + edit.segmentDuration, 0)
        : rescaled(track.duration, track.timescale, movieTimescale)
    return { edits, duration }
  })
}

/** How long nothing of the track is presented because its samples start later than its edit, in seconds. */
function leadOf(track: TrackTimes): number {
  const from = track.edits.find(edit => edit.mediaTime >= 0)?.mediaTime ?? 0
  return missingFrom(from, track) / track.timescale
}

/** How long nothing is presented from `mediaTime` on, in ticks: 0 if the samples have started by then. */
function missingFrom(mediaTime: number, { start, presentationStart }: TrackTimes): number {
  return start > mediaTime ? start + presentationStart - mediaTime : 0
}

/** The edits, with the missing start of the first media edit replaced by `wait`. */
function moved(track: TrackTimes, wait: number, movieTimescale: number): Mp4Edit[] {
  const { edits, start, timescale, presentationEnd } = track
  const media = edits.find(edit => edit.mediaTime >= 0)
  if (media === undefined) {
    const begin = Math.max(start, missingFrom(0, track))
    if (wait === 0 && edits.length === 0 && begin === start) return []
    const all = { segmentDuration: 0, mediaTime: begin, mediaRate: 1 }
    return moved({ ...track, edits: [...edits, all] }, wait, movieTimescale)
  }
  const list: Mp4Edit[] = []
  for (const edit of edits) {
    if (edit.mediaTime < 0) {
      if (edit.segmentDuration > 0) list.push(edit)
      continue
    }
    const missed = missingFrom(edit.mediaTime, track)
    const mediaTime = edit.mediaTime + missed - start
    const missing = rescaled(missed, timescale, movieTimescale)
    const isOpen = edit.segmentDuration === 0
    const pause = edit === media ? wait : isOpen ? missing : Math.min(missing, edit.segmentDuration)
    if (pause > 0) list.push({ segmentDuration: pause, mediaTime: -1, mediaRate: 1 })
    const rest = isOpen
      ? rescaled(Math.max(0, presentationEnd - mediaTime), timescale, movieTimescale)
      : Math.max(0, edit.segmentDuration - missing)
    if (rest > 0) list.push({ ...edit, segmentDuration: rest, mediaTime })
  }
  return list
}

/** Converts ticks between timescales, rounding up. */
export function rescaled(ticks: number, from: number, to: number): number {
  const whole = Math.floor(ticks / from)
  return whole * to + Math.ceil(((ticks - whole * from) * to) / from)
}
