import { nearest } from '../../options/nearest-name.js'

/** Common names of encoders and decoders that no build uses. */
const CALLED: Readonly<Record<string, string>> = {
  h265: 'libx265',
  avc: 'libx264',
  'h.264': 'libx264',
  'h.265': 'libx265',
}

/**
 * Finds the name of ffmpeg's that a wrong one probably means: the usual name of a codec, one without its prefix `lib`,
 * or a misspelt one. `undefined` if none is that close.
 */
export function meantName(name: string, names: readonly string[]): string | undefined {
  const given = name.toLowerCase()
  if (names.includes(name)) return undefined
  const called = Object.hasOwn(CALLED, given) ? CALLED[given] : undefined
  if (called !== undefined && names.includes(called)) return called
  return names.find(other => other.toLowerCase() === `lib${given}`) ?? nearest(name, names)
}
