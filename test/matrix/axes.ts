import { seeded } from '../support/hostile.js'
import { CALLER_FAULTS, CALLER_STAGES } from './caller-faults.js'
import { CHILD_FAULTS, CHILD_STAGES } from './child-faults.js'
import type { Cell, Fault, Stage } from './fault.js'
import { PIPELINES, type Pipeline } from './pipelines.js'
import { STORE_FAULTS, STORE_STAGES } from './store-faults.js'

/** All places where a fault can strike. */
export const STAGES: readonly Stage[] = [...STORE_STAGES, ...CHILD_STAGES, ...CALLER_STAGES]

/** All faults. */
export const FAULTS: readonly Fault[] = [...STORE_FAULTS, ...CHILD_FAULTS, ...CALLER_FAULTS]

/** Why a fault can't occur in a pipeline that has its place; `undefined` if it can. */
function isPossible(pipeline: Pipeline, stage: Stage, fault: Fault): boolean {
  const { caller, own } = fault
  if (!fault.stages.includes(stage.name) || !pipeline.stages.includes(stage.name)) return false
  if (caller) {
    if (pipeline.isReading === true && caller.action !== 'abort') return false
    return caller.at === undefined || pipeline.stages.includes(caller.at)
  }
  // A range carries no checksum, and the store is not asked for one.
  if (fault.name === 'flipped' && pipeline.isAtRest === true) return false
  // Nothing checks the content of an image.
  if (fault.child === 'garbage' && pipeline.name === 'thumbnails') return false
  if (own === undefined) return true
  const atRest = pipeline.isAtRest === true
  if (own === 'source-heeds-no-signal' || own === 'source-short-read') return atRest
  if (own === 'source-closes' || own === 'source-ends-early' || own === 'source-never-ends') return !atRest
  // Without ffmpeg any bytes are valid.
  return own !== 'source-is-garbage' || pipeline.name !== 'copy'
}

/** All cells, in order. */
export function allCells(): Cell[] {
  return PIPELINES.flatMap(pipeline =>
    STAGES.flatMap(stage =>
      FAULTS.filter(fault => isPossible(pipeline, stage, fault)).map(fault => ({
        id: `${pipeline.name}/${stage.name}/${fault.name}`,
        pipeline: pipeline.name,
        stage,
        fault,
      })),
    ),
  )
}

/**
 * A sample of the cells: each pair of a place and a fault once, with the pipelines in turn, and random others.
 *
 * @param count - the size of the sample, at least the number of pairs
 */
export function someCells(cells: readonly Cell[], count: number, seed: number): Cell[] {
  const random = seeded(seed)
  const shuffled = cells.map(cell => ({ cell, at: random() })).sort((a, b) => a.at - b.at)
  const seen = new Set<string>()
  const first: Cell[] = []
  const rest: Cell[] = []
  for (const { cell } of shuffled) {
    const pair = `${cell.stage.name}/${cell.fault.name}`
    ;(seen.has(pair) ? rest : first).push(cell)
    seen.add(pair)
  }
  return [...first, ...rest].slice(0, Math.max(count, first.length))
}
