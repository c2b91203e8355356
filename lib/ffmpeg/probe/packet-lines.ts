/** A key packet, as one line of ffprobe tells of it. */
export interface KeyPacket {
  /** When it is shown, in seconds; when it is decoded, where the container says no more. */
  readonly time: number
  /** Where it begins in the file; −1 where the demuxer does not say. */
  readonly offset: number
  /** In bytes. */
  readonly size: number
}

/** What {@link keyPacket} wants to be told, for `-show_entries`. */
export const PACKET_ENTRIES = 'packet=pts_time,dts_time,size,pos,flags'

/**
 * Reads a line of `-of compact=p=0`: `pts_time=1.48|dts_time=1.4|size=4417|pos=564|flags=K_`. What follows these
 * fields, or is missing, depends on ffprobe's version. `undefined` for a packet that is no key frame, or has no time.
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
