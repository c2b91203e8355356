import t from 'tap'
import type { AvioError } from '../../lib/errors.js'
import { clip } from '../../lib/tasks/clip/clip.js'
import { storyboard } from '../../lib/tasks/storyboard/storyboard.js'
import { thumbnails } from '../../lib/tasks/thumbnails/thumbnails.js'
import { fastStartMp4 } from '../support/media.js'
import { recorder } from '../support/recorder.js'
import { UNLIMITED } from '../../lib/ffmpeg/limits/limits.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { TASK_OPTIONS, type TaskOptions, secondsOption, stageOptions } from '../../lib/tasks/task-options.js'

t.test('checks the source, and passes the other options on', async t => {
  const source = new BytesSource({ bytes: Buffer.alloc(1) })
  const { signal } = new AbortController()
  const own = { ffmpegPath: 'ffmpeg', globalArgs: ['-threads', '2'], env: { TZ: 'UTC' }, killTimeout: 7 }
  const more = { ...own, signal, cacheSize: 2 ** 20, highWaterMark: 9 }
  const formatWhitelist = ['mov']
  t.same(stageOptions({ source, formatWhitelist, ...more }), {
    source,
    input: { formatWhitelist },
    stage: { ...more, limits: UNLIMITED },
  })
  const wrong: Record<string, unknown> = {
    ...{ formatWhitelist: ['mkv'], ffmpegPath: 7, globalArgs: '-threads 2', env: [], signal: 7 },
    ...{ killTimeout: -1, limits: 7, cacheSize: 5, highWaterMark: 0 },
  }
  for (const [name, value] of Object.entries(wrong)) {
    const message = new RegExp(`"${name}`)
    t.throws(() => stageOptions({ source, [name]: value }), { code: 'AVIO_ERR_OPTION', message }, name)
  }
  t.same(Object.keys({ source, ...wrong }).sort(), [...TASK_OPTIONS].sort(), 'every option')
  t.throws(() => stageOptions({} as TaskOptions), { message: /"source" must be a RandomAccess/ })
})

t.test('applies the options to every ffmpeg of a task', async t => {
  const source = new BytesSource({ bytes: await fastStartMp4({ seconds: 2 }) })
  const tasks: [string, (options: Partial<TaskOptions>) => AsyncIterable<unknown>][] = [
    ['clip', options => clip({ source, start: 0.5, end: 1, ...options })],
    ['thumbnails at times', options => thumbnails({ source, times: [1], ...options })],
    ['thumbnails by count', options => thumbnails({ source, count: 1, ...options })],
    ['storyboard', options => storyboard({ source, times: [1], ...options })],
  ]
  const codeOf = async (task: AsyncIterable<unknown>) => {
    try {
      const items = task[Symbol.asyncIterator]()
      while ((await items.next()).done !== true) continue
      return undefined
    } catch (error) {
      return (error as AvioError).code
    }
  }
  for (const [name, run] of tasks) {
    t.equal(await codeOf(run({ formatWhitelist: ['mov'], globalArgs: ['-threads', '1'] })), undefined, name)
    t.equal(await codeOf(run({ formatWhitelist: ['matroska'] })), 'AVIO_ERR_FORMAT_REFUSED', name)
    t.equal(await codeOf(run({ globalArgs: ['-nonsense', '1'] })), 'AVIO_ERR_FFMPEG_ARGUMENT', name)
    t.throws(() => run({ killTimeout: -1 }), { code: 'AVIO_ERR_OPTION', option: 'killTimeout' }, name)
  }
})

t.test('gives its environment to every tool that a task runs', async t => {
  const { ffmpegPath, ffprobePath, runs } = await recorder(t)
  const source = new BytesSource({ bytes: await fastStartMp4({ seconds: 2 }) })
  const own = { source, ffmpegPath, env: { MARK: 'of the task' } }
  const tasks: Record<string, () => AsyncIterable<unknown>> = {
    'an exact clip': () => clip({ ...own, start: 0.5, end: 1, exact: true }),
    'thumbnails by count': () => thumbnails({ ...own, count: 1, ffprobePath }),
    storyboard: () => storyboard({ ...own, count: 1, ffprobePath }),
  }
  for (const [name, run] of Object.entries(tasks)) {
    const earlier = runs().length
    const items = run()[Symbol.asyncIterator]()
    while ((await items.next()).done !== true) continue
    const made = runs().slice(earlier)
    t.ok(made.length > 0, name)
    const without = made.filter(({ mark }) => mark !== 'of the task')
    t.same(without, [], name)
  }
})

t.test('requires a time to be a finite number from its minimum on', async t => {
  const rule = { min: 1, default: 7 }
  t.equal(secondsOption({}, 'at', rule), 7)
  t.equal(secondsOption({ at: 1 }, 'at', rule), 1)
  for (const at of [0.9, NaN, Infinity, '5', null]) {
    t.throws(() => secondsOption({ at }, 'at', rule), {
      message: /"at" must be a number of seconds, 1 or more/,
    })
  }
})
