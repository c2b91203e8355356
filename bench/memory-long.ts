import { GiB } from '../lib/options.js'
import { topic as short } from './memory.js'
import type { Topic } from './support/topic.js'

export const topic: Topic = {
  ...short,
  title: 'Peak memory over idle, default options, a long object',
  size: 64 * GiB,
  quickSize: GiB,
}
