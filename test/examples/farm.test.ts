import t, { type Test } from 'tap'
import { main } from '../../examples/farm.js'
import { noBrowser, openPage } from '../support/browser.js'
import { isGone } from '../support/child.js'
import { Playback } from '../support/playback.js'
import { Unavailable } from '../support/servers/debian-tree.js'
import { Redis } from '../support/servers/redis.js'

/** Collects what the example prints. */
function printed(t: Test): string[] {
  const lines: string[] = []
  t.intercept(console, 'log', { value: (line: string) => lines.push(...line.split('\n')) })
  return lines
}

/** Why the tests of the queue are skipped; in CI they fail instead. */
async function noRedis(): Promise<string | false> {
  try {
    await (await Redis.start()).stop()
    return false
  } catch (error) {
    if (error instanceof Unavailable && process.env['CI'] !== 'true') return error.message
    throw error
  }
}

t.test(
  'runs a batch and a film on three workers, one of which is killed',
  { skip: await noRedis() },
  async t => {
    const lines = printed(t)
    const { engine, attempts, frames, left, url, close } = await main([], { clips: 6, seconds: 10 })
    let isOpen = true
    t.teardown(() => (isOpen ? close() : undefined))
    t.match(engine, /^(?:Redis|Valkey)/)
    const text = lines.join('\n')
    t.match(text, /^Added a film and 6 objects; the same batch again adds 0$/m)

    const [killed, ...more] = attempts.filter(({ end }) => end === 'killed')
    t.ok(killed !== undefined && more.length === 0, 'one worker is killed')
    const { worker } = killed!
    const piece = killed!.piece!
    const [, pid] = new RegExp(`^${worker} \\(process (\\d+)\\) gets a SIGKILL in ${piece}$`, 'm').exec(text)!
    t.ok(isGone(Number(pid)), `process ${pid!} is gone`)
    const again = attempts.filter(one => one.piece === piece && one.end === 'done')
    t.equal(again.length, 1)
    t.not(again[0]!.worker, worker, `${again[0]!.worker} encodes ${piece} again`)
    const pieces = attempts.filter(one => one.piece !== undefined && one.end === 'done')
    t.same(pieces.map(one => one.piece).sort(), ['audio', 'chunk-00000', 'chunk-00001', 'chunk-00002'])
    t.equal(frames, 250)
    t.same(left, [])
    t.match(text, /^Frames of the film: 250 of 250$/m)
    t.match(text, /^Left of the work: nothing$/m)
    t.match(text, new RegExp(`^${worker} +\\d+ +\\d+ +${piece}$`, 'm'))

    t.match(await (await fetch(new URL('/data.json', url))).json(), {
      chunks: { length: 3 },
      board: '/board',
    })
    const counts = (await (await fetch(new URL('/board/api/queues', url))).json()) as {
      queues: { name: string; counts: Record<string, number> }[]
    }
    t.match(counts.queues, [{ name: 'avio-streams', counts: { failed: 0, active: 0, waiting: 0 } }])
    t.ok(counts.queues[0]!.counts['completed']! >= 7, 'all jobs are in Bull Board')

    await t.test('shows the film and Bull Board on its page', { skip: noBrowser }, async t => {
      const page = await openPage(t, url)
      const video = new Playback(page)
      t.ok(Math.abs((await video.duration()) - 10) < 0.1)
      await video.pictures(2)
      const name = `Chunk ${Number(piece.slice(-5)) + 1}`
      t.match(await page.getByRole('button', { name }).textContent(), `${worker}, killed${again[0]!.worker}`)
      await page.frameLocator('iframe').getByText('avio-streams').first().waitFor()
    })
    await close()
    isOpen = false
    await t.rejects(fetch(url), 'the page is closed')
  },
)

t.test('runs all jobs in this process without a Redis, and says so', async t => {
  const lines = printed(t)
  const redis = () => Promise.reject(new Error('there is none on this machine'))
  const { engine, attempts, frames, left, url, close } = await main([], { clips: 2, seconds: 6, redis })
  t.teardown(close)
  t.equal(engine, 'No Redis (there is none on this machine): all jobs run in this process')
  t.equal(lines[0], engine)
  t.same(attempts, [])
  t.equal(frames, 150)
  t.same(left, [])
  const { board } = (await (await fetch(new URL('/data.json', url))).json()) as { board?: string }
  t.equal(board, undefined)
  t.equal((await fetch(new URL('/board', url))).status, 404)
})

t.test('prints the usage for an argument', async t => {
  await t.rejects(main(['a.mov']), { message: /^Usage/ })
})
