import { contenders, type Span } from './block-cache.js'
import { MiB } from '../lib/options.js'
import type { Topic } from './support/topic.js'

const SEEKS = 128
const LENGTH = 2 * MiB

/** Places all over the object, of which no two share a block. */
const spans = Array.from({ length: SEEKS }, (_, n): Span => [((n * 1237) % 4000) * MiB, LENGTH])

export const topic: Topic = {
  title: 'Block cache and range server, with seeks',
  setting: `${SEEKS} times 2 MiB from places all over 4 GiB, as above; most of it is asking the kernel what was read`,
  size: SEEKS * LENGTH,
  store: 'none',
  contenders: contenders(spans),
}
