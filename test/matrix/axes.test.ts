import t from 'tap'
import { FAULTS, STAGES, allCells, someCells } from './axes.js'
import { judge } from './judge.js'
import { PIPELINES } from './pipelines.js'
import { axesOfCode, axesOfPage } from './report.js'

t.test('docs/faults.md lists the places and faults of the matrix', async t => {
  t.same(axesOfPage(), axesOfCode(), 'update it with: npm run matrix -- --write')
})

t.test('every fault, every place and every pipeline has a cell', async t => {
  const cells = allCells()
  const missing = (names: readonly string[], seen: readonly string[]) =>
    names.filter(name => !seen.includes(name))
  t.same(
    missing(
      PIPELINES.map(({ name }) => name),
      cells.map(({ pipeline }) => pipeline),
    ),
    [],
  )
  t.same(
    missing(
      STAGES.map(({ name }) => name),
      cells.map(({ stage }) => stage.name),
    ),
    [],
  )
  for (const fault of FAULTS) {
    const own = cells.filter(cell => cell.fault.name === fault.name).map(({ stage }) => stage.name)
    t.same(missing(fault.stages, own), [], fault.name)
  }
  t.equal(new Set(cells.map(({ id }) => id)).size, cells.length, 'names are unique')
})

t.test('a sample covers each pair of a place and a fault, and is the same for the same seed', async t => {
  const all = allCells()
  const pairs = (cells: typeof all) =>
    new Set(cells.map(({ stage, fault }) => `${stage.name}/${fault.name}`)).size
  const some = someCells(all, 600, 7)
  t.equal(some.length, 600)
  t.equal(pairs(some), pairs(all))
  const names = (cells: typeof all) => cells.map(({ id }) => id).join(' ')
  t.ok(names(some) === names(someCells(all, 600, 7)))
  t.ok(names(some) !== names(someCells(all, 600, 8)))
  t.equal(pairs(someCells(all, 10, 7)), pairs(all), 'even if fewer were requested')
})

const ours = { code: 'AVIO_ERR_UPLOAD_FAILED', message: 's3://matrix/cell-1/out.mp4 failed', isOurs: true }
const told = { errors: [], value: undefined, problems: [], isStored: false }
const nothing = { told, objects: new Map<string, string>(), uploads: 0, hits: 1, left: [], took: 1 }
const whole = new Map([['out.mp4', 'a hash']])

t.test('accepts only two ends', async t => {
  const cell = allCells().find(({ id }) => id === 'pipe/put/denied')!
  const end = (outcome: object) =>
    judge(cell, { ...nothing, ...outcome }, { objects: whole, value: undefined })
  const failed = { told: { ...told, errors: [ours] } }

  t.match(end({ objects: whole }), { end: 'stored', problems: [] })
  t.match(end(failed), { end: 'refused', code: ours.code, problems: [] })

  const wrong: [string, object, RegExp][] = [
    ['a success with nothing stored', {}, /success with nothing/],
    ['other bytes', { objects: new Map([['out.mp4', 'another']]) }, /wrong bytes/],
    ['an extra object', { objects: new Map([...whole, ['x', 'y']]) }, /wrong bytes: x/],
    ['an error and an object', { ...failed, objects: whole }, /but stored: out\.mp4/],
    [
      'two errors',
      { told: { ...told, errors: [ours, { ...ours, message: `${ours.message} again` }] } },
      /several/,
    ],
    [
      'an error of another kind',
      { told: { ...told, errors: [{ ...ours, isOurs: false }] } },
      /not our error/,
    ],
    ['an error without a name', { told: { ...told, errors: [{ ...ours, message: 'no' }] } }, /does not name/],
    ['an upload', { ...failed, uploads: 1 }, /left behind: 1 uploads/],
    ['a process', { ...failed, left: ['process 7'] }, /left behind: process 7/],
    ['a timer', { told: { ...failed.told, problems: ['left behind: 1 Timeout'] } }, /Timeout/],
    ['no end', { told: 'no end after 120 s' }, /no end/],
    ['a fault that never occurred', { objects: whole, hits: 0 }, /never occurred/],
    ['another value', { objects: whole, told: { ...told, value: 'x' } }, /another value/],
  ]
  for (const [name, outcome, problem] of wrong) {
    const { end: kind, problems } = end(outcome)
    t.equal(kind, 'failed', name)
    t.match(problems.join('\n'), problem, name)
  }
})

t.test('rejects a failure that a retry would have overcome', async t => {
  const cell = allCells().find(({ id }) => id === 'pipe/get-first/reset')!
  const outcome = { ...nothing, told: { ...told, errors: [ours] } }
  t.match(judge(cell, outcome, { objects: whole, value: undefined }).problems, [
    /a retry would have succeeded/,
  ])
})
