import { chunkFilters } from '../../lib/job/encoding/chunk-filters.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'

/** The arguments of one output for everything that a plan encodes in pieces: the same encoders, without cuts. */
export function planArguments({ video, audio }: SplitPlan): string[] {
  const only = video.renditions[0]!
  const sound = audio === undefined ? ['-an'] : ['-map', '0:a', ...audio[0]!.args]
  const picture = [
    '-map',
    video.map,
    '-vf',
    chunkFilters({ ...video, ...only }),
    '-fps_mode:v',
    'passthrough',
  ]
  return [...picture, ...only.first, ...sound]
}
