import { createHash } from 'node:crypto'

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

/** The hash of a stored object; for a manifest, without its wall-clock times. */
export function hashOf(name: string, bytes: Buffer): string {
  const text = name.endsWith('.mpd') || name.endsWith('.m3u8')
  return createHash('sha256')
    .update(text ? bytes.toString().replace(TIME, '') : bytes)
    .digest('hex')
}
