/**
 * A process for many test files: it imports each into its own test, one after another, and each has to leave the
 * process unchanged. `needs.ts` selects the files.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { ROOT, compiledOf } from '../program.js'
import { giveOwnTest } from './own-test.js'
import { changesSince, traces } from './traces.js'

// tap names fixture folders after the command line, which would be too long with the files.
const files = JSON.parse(process.env['AVIO_TEST_FILES']!) as string[]
const timeout = 1000 * Number(process.env['AVIO_TEST_TIMEOUT'])
t.plan(2 * files.length)
for (const file of files) {
  const before = traces()
  await t.test(file, { timeout }, async own => {
    giveOwnTest(file, own)
    await import(pathToFileURL(compiledOf(join(ROOT, file))).href)
  })
  t.same(await changesSince(before), [], `${file} leaves the process unchanged`)
}
