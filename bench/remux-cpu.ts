import { MiB } from '../lib/options.js'
import { topic as unshaped } from './remux-unshaped.js'
import { REMUXED, UNSIGNED, remuxOurs, remuxUnsigned } from './support/remux-ways.js'
import type { Topic } from './support/topic.js'

/** Ours alone, long enough that the start of the process, which is always the same, weighs little. */
export const topic: Topic = {
  ...unshaped,
  title: 'CPU time of a remux S3 → S3 without limits',
  size: 1024 * MiB,
  contenders: { 'avio-streams': remuxOurs, [UNSIGNED]: remuxUnsigned },
  ours: ['avio-streams'],
  needs: {},
  stored: { ...REMUXED, contenders: ['avio-streams', UNSIGNED] },
}
