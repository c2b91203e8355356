import { Readable } from 'node:stream'
import t from 'tap'
import { readJson } from '../../../lib/cli/commands/read-json.js'
import type { Context } from '../../../lib/cli/commands/context.js'

const contextOf = (cwd: string, input = '') => ({ cwd, stdin: Readable.from([input]) }) as unknown as Context

t.test('reads a file, relative to the working directory, and standard input', async t => {
  const folder = t.testdir({ 'a.json': '{"a":1}' })
  t.same(await readJson('a.json', 'job', contextOf(folder)), { a: 1 })
  t.same(await readJson('-', 'job', contextOf(folder, '[2]')), [2])
})

t.test('refuses a missing file, and text that is not JSON, of which it shows nothing', async t => {
  const folder = t.testdir({})
  await t.rejects(readJson('a.json', 'job', contextOf(folder)), {
    ...{ code: 'AVIO_ERR_OPTION', message: /^The job "a\.json" can't be read: ENOENT/ },
  })
  for (const input of ['', '{"url":"https://x/?sig=SECRET"'])
    await t.rejects(readJson('-', 'plan', contextOf(folder, input)), {
      ...{ code: 'AVIO_ERR_OPTION', message: 'The plan "-" is not JSON.' },
    })
})
