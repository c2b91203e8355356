import { GiB, MiB } from '../lib/options.js'
import { topic as short } from './remux.js'
import { remuxOurs } from './support/remux-ways.js'
import type { Topic } from './support/topic.js'

/** Start and tail weigh less than in `remux`. */
export const topic: Topic = {
  ...short,
  title: 'Remux S3 → S3 of a long object, whole processes with their start',
  size: 4 * GiB,
  quickSize: 128 * MiB,
  contenders: { 'avio-streams': remuxOurs },
  needs: {},
}
