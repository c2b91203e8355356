/**
 * A process for many test files: each is imported into a test of its own, one after the other, and has to leave the
 * process as it has found it. `needs.ts` says which files can run so.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { ROOT, compiledOf } from '../program.js'
import { giveOwnTest } from './own-test.js'
import { changesSince, traces } from './traces.js'

// tap names the folders of fixtures after the command line, which the files would make too long.
const files = JSON.parse(process.env['AVIO_TEST_FILES']!) as string[]
t.plan(2 * files.length)
for (const file of files) {
  const before = traces()
  await t.test(file, async own => {
    giveOwnTest(file, own)
    await import(pathToFileURL(compiledOf(join(ROOT, file))).href)
  })
  t.same(await changesSince(before), [], `${file} leaves the process as it was`)
}
