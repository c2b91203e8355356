import { SIGNATURES } from '../../containers/extents/signature.js'

/** Containers that this module recognizes. */
export type Container = (typeof CONTAINERS)[number] | 'other'

/** Enough bytes for {@link containerOf}. */
export const CONTAINER_BYTES = 16

/** The container that begins with `head`. */
export function containerOf(head: Buffer): Container {
  return CONTAINERS.find(name => SIGNATURES[name](head)) ?? 'other'
}

const CONTAINERS = ['mp4', 'matroska', 'flac', 'ogg', 'id3', 'asf', 'flv', 'wave'] as const
