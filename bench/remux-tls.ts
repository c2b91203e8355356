import { MiB } from '../lib/options.js'
import { REMUXED, remuxOurs, remuxSigned } from './support/remux-ways.js'
import type { Topic } from './support/topic.js'

const SIGNED = 'avio-streams, signed payload'

/** What https costs, and what the SHA-256 of the payload would, which is not computed over https by default. */
export const topic: Topic = {
  title: 'Remux S3 → S3 (-c copy into fragmented MP4) over https, whole processes with their start',
  setting: 'https to loopback, payload unsigned by default, S = 8 MiB, N = 16 each way',
  size: 512 * MiB,
  source: 'media',
  store: 'unshaped',
  tls: true,
  contenders: { 'avio-streams': remuxOurs, [SIGNED]: remuxSigned },
  stored: { ...REMUXED, contenders: ['avio-streams', SIGNED] },
  clock: 'process',
}
