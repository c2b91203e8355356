import { seeded } from '../support/hostile.js'
import { CALLER_FAULTS, CALLER_STAGES } from './caller-faults.js'
import { CHILD_FAULTS, CHILD_STAGES } from './child-faults.js'
import type { Cell, Fault, Stage } from './fault.js'
import { PIPELINES, type Pipeline } from './pipelines.js'
import { STORE_FAULTS, STORE_STAGES } from './store-faults.js'

/** All places where something can go wrong. */
export const STAGES: readonly Stage[] = [...STORE_STAGES, ...CHILD_STAGES, ...CALLER_STAGES]

/** All that can go wrong. */
export const FAULTS: readonly Fault[] = [...STORE_FAULTS, ...CHILD_FAULTS, ...CALLER_FAULTS]

/** Why a fault can't be met in a pipeline, though its stage is there; `undefined` where it can. */
function isPossible(pipeline: Pipeline, stage: Stage, fault: Fault): boolean {
  const { caller, own } = fault
  if (!fault.stages.includes(stage.name) || !pipeline.stages.includes(stage.name)) return false
  if (caller) {
    if (pipeline.isReading === true && caller.action !== 'abort') return false
    return caller.at === undefined || pipeline.stages.includes(caller.at)
  }
  // A range carries no checksum, and a single one is not asked about.
  if (fault.name === 'flipped' && pipeline.isAtRest === true) return false
  // Nobody looks into a picture.
  if (fault.child === 'garbage' && pipeline.name === 'thumbnails') return false
  if (own === undefined) return true
  const atRest = pipeline.isAtRest === true
  if (own === 'source-heeds-no-signal' || own === 'source-short-read') return atRest
  if (own === 'source-closes' || own === 'source-ends-early' || own === 'source-never-ends') return !atRest
  // Without ffmpeg any bytes are as good as others.
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
 * Some of the cells: each pair of a stage and a fault once, of a pipeline by turns, and others by chance.
 *
 * @param count - how many, at least as many as there are pairs
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
