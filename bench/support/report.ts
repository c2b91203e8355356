import { GiB, MiB } from '../../lib/options.js'
import { table } from '../../examples/support/format.js'
import { isBusy } from './machine.js'
import { AGAINST, type Figures, type Origin, type TopicResult } from './results.js'

/** `± 4 %`: half of the distance between the least and the most, by the median. */
function spread({ wall }: Figures): string {
  return `± ${((50 * (wall.most - wall.least)) / wall.median).toFixed(0)} %`
}

/** The rows of a topic: medians, and each peer's ratio to this library. The first row names the columns. */
export function rowsOf(result: TopicResult): string[][] {
  const { contenders, size, limitSeconds, figure } = result
  const bytes = size * (result.count ?? 1)
  const [ours] = Object.values(contenders)
  const cells = Object.entries(contenders).map(([name, one]) => [
    name,
    `${one.wall.median.toFixed(3)} s`,
    spread(one),
    `${(bytes / 1e6 / one.wall.median).toFixed(0)} MB/s`,
    ...(limitSeconds === undefined ? [] : [`${((100 * limitSeconds) / one.wall.median).toFixed(0)} %`]),
    `${(one.wall.median / ours!.wall.median).toFixed(2)} ×`,
    `${((one.cpu.median / bytes) * GiB).toFixed(2)} s`,
    `${(one.cpu.median / ours!.cpu.median).toFixed(2)} ×`,
    `${(one.memory.median / MiB).toFixed(0)} MiB`,
    ...(figure === undefined ? [] : [one.figure?.median.toFixed(1) ?? '']),
  ])
  const head = [
    ...['contender', 'wall', 'spread', 'rate'],
    ...(limitSeconds === undefined ? [] : ['of the limit']),
    ...['wall / ours', 'CPU a GiB', 'CPU / ours', 'memory'],
    ...(figure === undefined ? [] : [figure]),
  ]
  return [head, ...cells]
}

/** How large the work was, and what the store's process itself could deliver. */
export function conditionsOf(result: TopicResult): string {
  const { size, count, setting, ceiling, limitSeconds } = result
  const of = size >= MiB ? `${(size / MiB).toFixed(0)} MiB` : `${(size / 1000).toFixed(0)} kB`
  const rate = (bytesPerSecond: number) => `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`
  return [
    `${count === undefined ? of : `${count.toLocaleString('en')} × ${of}`}, ${setting}`,
    ...(limitSeconds === undefined ? [] : [`the limit model: ${rate(size / limitSeconds)}`]),
    ...(ceiling === undefined
      ? []
      : 'reason' in ceiling
        ? [`no ceiling: ${ceiling.reason}`]
        : [`curl from the same store: ${rate(ceiling.bytesPerSecond)} over ${ceiling.connections}`]),
  ].join('; ')
}

/** Where and when, and whether it was quiet there. */
export function originLine(origin: Origin): string {
  const { date, commit, node, ffmpeg, cpu, cores, memory, rounds, quick, others } = origin
  const used = others === undefined ? 'an unknown part' : others.toFixed(1)
  return [
    `${cores} cores (${cpu}), ${(memory / GiB).toFixed(0)} GiB`,
    `Node ${node}, ffmpeg ${ffmpeg}, commit ${commit}, ${date}`,
    `medians of ${rounds} ${rounds === 1 ? 'round' : 'interleaved rounds'}`,
    ...(quick ? ['small sizes (--quick)'] : []),
    ...(isBusy(origin) ? [`a busy machine: other processes used ${used} of ${cores} cores`] : []),
  ].join('; ')
}

/** The lines of what could not be measured. */
export function missingLines({ missing }: Pick<TopicResult, 'missing'>): string[] {
  return Object.entries(missing).map(([name, reason]) => `${name}: not measured, ${reason}`)
}

/** The ratios of this library to the commit of `--against`, as rows; none without it. */
export function againstRows({ contenders }: Pick<TopicResult, 'contenders'>): string[][] {
  const rows = Object.entries(contenders).flatMap(([name, ours]) => {
    const theirs = contenders[name + AGAINST]
    if (theirs === undefined) return []
    const ratio = (of: 'wall' | 'cpu' | 'memory') =>
      theirs[of].median > 0 ? `${(ours[of].median / theirs[of].median).toFixed(2)} ×` : '–'
    return [[name, ratio('wall'), ratio('cpu'), ratio('memory')]]
  })
  return rows.length === 0 ? [] : [['÷ the other commit', 'wall', 'CPU', 'memory'], ...rows]
}

/** A topic as text. */
export function report(result: TopicResult): string {
  const against = againstRows(result)
  return [
    result.title,
    conditionsOf(result),
    originLine(result.origin),
    table(rowsOf(result)),
    ...(against.length === 0 ? [] : [table(against)]),
    ...missingLines(result),
  ].join('\n')
}
