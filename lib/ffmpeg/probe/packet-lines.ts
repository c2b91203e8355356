/** A key packet, as in one line of ffprobe's output. */
export interface KeyPacket {
  /** Its presentation time in seconds; its decoding time, if the container states no other. */
  readonly time: number
  /** Offset in the file; −1 if the demuxer does not report it. */
  readonly offset: number
  /** In bytes. */
  readonly size: number
}

/** The fields {@link keyPacket} needs, for `-show_entries`. */
export const PACKET_ENTRIES = 'packet=pts_time,dts_time,size,pos,flags'

/**
 * Reads a line of `-of compact=p=0`: `pts_time=1.48|dts_time=1.4|size=4417|pos=564|flags=K_`. Fields after these, and
 * missing fields, depend on ffprobe's version. `undefined` for a packet that is not a key frame, or has no time.
 */
export function keyPacket(line: string): KeyPacket | undefined {
  const fields = new Map(
    line.split('|').map(field => {
      const at = field.indexOf('=')
      return [field.slice(0, at), field.slice(at + 1)] as const
    }),
  )
  if (fields.get('flags')?.startsWith('K') !== true) return undefined
  const time = numberOf(fields.get('pts_time')) ?? numberOf(fields.get('dts_time'))
  if (time === undefined) return undefined
  return { time, offset: numberOf(fields.get('pos')) ?? -1, size: numberOf(fields.get('size')) ?? 0 }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}
