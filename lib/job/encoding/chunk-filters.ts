/**
 * The filters of a chunk. They convert the source to the output's frame rate (`fps`) before they cut the chunk at whole
 * frames: cut by the source's times, a chunk could begin or end a frame early.
 *
 * After a seek, some demuxers start in the middle of a GOP, and some decoders then output damaged frames until the next
 * key frame. `select` drops them. If that reaches into the chunk, counting its frames detects the loss.
 */
export interface ChunkCut {
  /** The output's frame rate: `24000/1001`. */
  readonly rate: string
  /** See `FrameClock.shift`. */
  readonly shift: number
  /** The first frame of the chunk; `undefined` for the first chunk, which begins with the source. */
  readonly start?: number | undefined
  /** One past its last frame; `undefined` for the last chunk, which ends with the source. */
  readonly end?: number | undefined
  /** The user's own filters; empty for none. */
  readonly filters: string
  /** Additional frames on each side that these filters need. */
  readonly margin: number
}

/** The value of `-vf` for a chunk; without bounds, for the whole. */
export function chunkFilters({ rate, shift, start, end, filters, margin }: ChunkCut): string {
  const chain: string[] = []
  if (start !== undefined) chain.push("select='if(isnan(prev_selected_n),key,1)'")
  chain.push('settb=AVTB', `setpts=PTS${shift < 0 ? '+' : '-'}${Math.abs(shift)}`, `fps=${rate}`)
  const isCut = start !== undefined || end !== undefined
  if (isCut) {
    const from = start === undefined ? undefined : start - margin
    const until = end === undefined ? undefined : end + margin
    chain.push(trim(from, until))
  }
  if (filters !== '') chain.push(filters)
  // A filter with neighbors may have made the clock finer.
  if (isCut && margin > 0) chain.push(`settb=${inverse(rate)}`, trim(start, end))
  return chain.join(',')
}

function trim(start: number | undefined, end: number | undefined): string {
  const bounds = [start === undefined ? [] : `start_pts=${start}`, end === undefined ? [] : `end_pts=${end}`]
  return `trim=${bounds.flat().join(':')}`
}

function inverse(rate: string): string {
  const [numerator, denominator = '1'] = rate.split('/')
  return `${denominator}/${numerator}`
}
