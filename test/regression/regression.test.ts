import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import { findOf } from '../fuzz/find.js'
import { TARGETS } from '../fuzz/targets.js'

/** What `npm run fuzz` found: each file is an input of the target that its name begins with. */
const INPUTS = new URL('inputs/', import.meta.url)

const files = readdirSync(INPUTS)

t.test('has inputs, each of a target', t => {
  t.ok(files.length > 0)
  t.same(
    files.filter(file => targetOf(file) === undefined),
    [],
  )
  t.end()
})

for (const file of files) {
  t.test(`reads ${file} without a find`, async t => {
    t.equal(await findOf(targetOf(file)!, readFileSync(new URL(file, INPUTS))), undefined)
  })
}

/** The longest name that fits: `wav-head-….bin` is of `wav-head`. */
function targetOf(file: string) {
  const names = Object.keys(TARGETS).filter(name => file.startsWith(`${name}-`))
  return TARGETS[names.sort((a, b) => b.length - a.length)[0] ?? '']
}
