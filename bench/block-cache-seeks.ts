import { contenders, type Span } from './block-cache.js'
import { MiB } from '../lib/options.js'
import type { Topic } from './support/topic.js'

const SEEKS = 128
const LENGTH = 2 * MiB

/** Places all over the object, of which no two share a block. */
function spansOf(size: number): Span[] {
  return Array.from({ length: size / LENGTH }, (_, n): Span => [((n * 1237) % 4000) * MiB, LENGTH])
}

export const topic: Topic = {
  title: 'Block cache and range server, with seeks',
  setting: `2 MiB each from places all over 4 GiB, as above; most of it is asking the kernel what was read`,
  size: SEEKS * LENGTH,
  store: 'none',
  ours: [],
  contenders: contenders(spansOf),
}
