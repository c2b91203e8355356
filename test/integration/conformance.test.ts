import { readFileSync } from 'node:fs'
import t from 'tap'
import { Asker, type Question } from '../support/questions/asker.js'
import { MULTIPART } from '../support/questions/multipart.js'
import { OBJECTS } from '../support/questions/objects.js'
import { READING } from '../support/questions/reading.js'
import { missingStores, stores } from '../support/stores.js'

const QUESTIONS: readonly Question[] = [...OBJECTS, ...READING, ...MULTIPART]

for (const store of stores()) {
  t.test(`${store.name} behaves like S3, or deviates as documented`, async t => {
    const ask = new Asker(await store.open(t))
    t.teardown(() => ask.close())
    for (const { asks, s3, but, answer } of QUESTIONS) t.equal(await answer(ask), but?.[store.id] ?? s3, asks)
  })
}

for (const { id, reason } of missingStores()) {
  t.test(`${id} behaves like S3, or deviates as documented`, { skip: reason }, async () => undefined)
}

t.test('lists each deviation in docs/s3-compatible.md, and no other', async t => {
  const text = readFileSync(new URL('../../docs/s3-compatible.md', import.meta.url), 'utf8')
  const [, section = ''] = text.split('## Answers that differ')
  const rows = section.split('\n').filter(line => line.startsWith('|'))
  const cells = rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
  const differing = QUESTIONS.filter(({ but }) => but !== undefined)
  t.same(
    cells.slice(2),
    differing.map(({ asks, s3, but }) => [asks, s3, but?.ceph16 ?? s3, but?.ceph20 ?? s3]),
  )
  t.match(section, `${QUESTIONS.length} questions`)
  t.notOk(
    differing.some(({ but }) => but?.local !== undefined),
    'the in-process server answers as S3 does',
  )
})
