import t from 'tap'
import { LEND, type LentRead, type LendingSource, lentRead } from '../../lib/io/lent-read.js'
import { SyntheticSource, bytesOf } from '../support/synthetic-source.js'

const SIZE = 10_000

const more = (reading: LentRead) => new Promise<void>(resolve => reading.onMore(resolve))

async function collect(reading: LentRead): Promise<Buffer> {
  const parts: Buffer[] = []
  while (!reading.isOver) {
    const chunk = reading.take()
    if (chunk === undefined) await more(reading)
    else {
      parts.push(Buffer.from(chunk))
      reading.giveBack()
    }
  }
  t.equal(reading.take(), undefined)
  return Buffer.concat(parts)
}

t.test('uses the loan of a source that offers one', async t => {
  const lent = {} as LentRead
  const calls: unknown[] = []
  const source = new SyntheticSource(SIZE) as unknown as LendingSource
  const { signal } = new AbortController()
  source[LEND] = async (...args) => (calls.push(args), lent)
  t.equal(await lentRead(source, 1, 2, signal), lent)
  t.same(calls, [[1, 2, signal]])
})

t.test('delivers the chunks of any other source, and ends with the read', async t => {
  const source = new SyntheticSource(SIZE, { chunkSize: 999 })
  const reading = await lentRead(source, 5, SIZE)
  t.ok((await collect(reading)).equals(bytesOf(5, SIZE)))
  t.equal(reading.prepaid, 0)
  await reading.close()
  t.same(source.log, [`5-${SIZE}`])
})

t.test('throws the error of the source after the bytes before it', async t => {
  const failure = new Error('on purpose')
  const source = new SyntheticSource(SIZE, {
    chunkSize: 1000,
    before: position => {
      if (position === 3000) throw failure
    },
  })
  const reading = await lentRead(source, 0, SIZE)
  let taken = 0
  await t.rejects(async () => {
    for (;;) {
      const chunk = reading.take()
      if (chunk === undefined) await more(reading)
      taken += chunk?.length ?? 0
    }
  }, failure)
  t.equal(taken, 3000)
  t.notOk(reading.isOver, 'a failure is no end')
  await reading.close()
})

t.test('is left early: close() waits for the source', async t => {
  const source = new SyntheticSource(SIZE, { chunkSize: 1000 })
  const controller = new AbortController()
  const reading = await lentRead(source, 0, SIZE, controller.signal)
  await more(reading)
  reading.take()
  reading.keep()
  await reading.close()
  t.equal(source.underWay, 0)
  t.match(source.log.at(-1), /^cut/)

  let open!: () => void
  const opened = new Promise<void>(resolve => (open = resolve))
  const deaf = {
    size: async () => SIZE,
    async *read() {
      await opened
      yield bytesOf(0, SIZE)
    },
  }
  const stuck = await lentRead(deaf, 0, SIZE, controller.signal)
  const woken = more(stuck)
  controller.abort()
  await woken
  t.throws(() => stuck.take(), { name: 'AbortError' })
  let isClosed = false
  const closing = stuck.close().then(() => (isClosed = true))
  await new Promise(setImmediate)
  t.notOk(isClosed)
  open()
  await closing
})
