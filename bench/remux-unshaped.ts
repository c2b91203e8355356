import { MiB } from '../lib/options.js'
import { REMUXED, REMUX_NEEDS, REMUX_WAYS, UNSIGNED, remuxUnsigned } from './support/remux-ways.js'
import type { Topic } from './support/topic.js'

const { 'avio-streams': ours, ...others } = REMUX_WAYS

export const topic: Topic = {
  title: 'Remux S3 → S3 (-c copy into fragmented MP4) without limits, whole processes with their start',
  setting: 'http to loopback, signed, S = 8 MiB, N = 16 each way',
  size: 512 * MiB,
  source: 'media',
  store: 'unshaped',
  contenders: { 'avio-streams': ours!, [UNSIGNED]: remuxUnsigned, ...others },
  needs: REMUX_NEEDS,
  stored: { ...REMUXED, contenders: [...REMUXED.contenders, UNSIGNED] },
  clock: 'process',
}
