import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { pipeFault } from '../../../lib/io/pipeline/pipe-check.js'

const settled = () => new Promise(resolve => setImmediate(resolve))
const boom = new Error('boom')

async function ended(): Promise<Readable> {
  const source = Readable.from([Buffer.from('all')])
  await source.resume().toArray()
  return source
}

async function headTaken(): Promise<Readable> {
  const source = new PassThrough()
  source.end('header, body')
  source.read(8)
  await settled()
  return source
}

async function destroyed(error?: Error): Promise<Readable> {
  const source = new PassThrough()
  source.on('error', () => undefined).destroy(error)
  await settled()
  return source
}

t.test('rejects a source only after it has ended, failed or closed', async t => {
  const cases: [string, Readable | Promise<Readable>, object | undefined][] = [
    ['has ended', ended(), { code: 'AVIO_ERR_STAGE_USED', message: /piped into Sink has already ended/ }],
    ['was closed', destroyed(), { code: 'AVIO_ERR_UPSTREAM_CLOSED' }],
    ['has failed', destroyed(boom), boom],
    ['is fresh', Readable.from(['all']), undefined],
    ['is empty, and its end was not read yet', Readable.from([]), undefined],
    ['lacks its header, which was read', headTaken(), undefined],
  ]
  for (const [name, source, fault] of cases) {
    const found = pipeFault(await source, new PassThrough(), 'Sink', false)
    if (fault === undefined) t.equal(found, undefined, name)
    else t.match(found, fault, name)
  }
})

t.test('rejects a stage that accepts no more', async t => {
  const used = (stage: PassThrough, wasUsed = true) => pipeFault(new PassThrough(), stage, 'Sink', wasUsed)
  t.match(used(new PassThrough().end()), {
    code: 'AVIO_ERR_STAGE_USED',
    message: /This Sink has already ended/,
  })
  t.match(used(new PassThrough().destroy()), { code: 'AVIO_ERR_STAGE_USED' })
  const failed = new PassThrough().on('error', () => undefined).destroy(boom)
  await settled()
  t.match(used(failed), { code: 'AVIO_ERR_STAGE_USED', cause: boom })
  t.equal(used(failed, false), boom, 'an unused stage fails with its own error')
  const begun = new PassThrough()
  begun.write('header')
  t.equal(used(begun), undefined, 'a stage may have been written to')
})
