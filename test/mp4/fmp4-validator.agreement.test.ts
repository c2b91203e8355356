import t from 'tap'
import { faultsOf } from '../support/labelled-bad.js'
import { GOOD, goodFile } from '../support/labelled-good.js'
import { writtenByFfmpeg } from '../support/labelled-media.js'
import { validate } from '../support/validate.js'

/**
 * What the validator says of labelled files, more than a thousand of them: those that are well pass, and of those that
 * are not the code and the place of the error are as the label says. A few are written by ffmpeg; the rest are made of
 * them (labelled-good.ts, labelled-bad.ts).
 */
const files = await writtenByFfmpeg()
/** Files in whose times ffmpeg itself left a gap: with a number missing as well it can't be told from one of a loss. */
const withGaps = new Set<string>()
let good = 0
let bad = 0

t.test('passes the output of ffmpeg, with every flag, codec and way to cut fragments', async t => {
  for (const [name, bytes] of files) {
    const { error, warnings, report } = await validate(bytes)
    if (error) t.fail(`${name}: ${error.message}`)
    if (warnings.some(({ code }) => code === 'AVIO_WARN_MP4_TFDT_GAP')) withGaps.add(name)
    t.equal(report?.complete, true, name)
    good++
  }
  t.ok(files.size >= 30, `${files.size} files`)
})

for (const kind of Object.keys(GOOD)) {
  t.test(`passes files with ${kind}`, async t => {
    let count = 0
    for (const [name, bytes] of files) {
      if (/number/.test(kind) && /second|tenth/.test(kind) && withGaps.has(name)) continue
      const changed = goodFile(bytes, kind)
      if (changed === undefined) continue
      const { error } = await validate(changed)
      if (error) t.fail(`${name}: ${error.message}`)
      count++
    }
    t.ok(count >= 10, `${count} files`)
    good += count
  })
}

t.test('finds each fault, with its code and position', async t => {
  const kinds = new Map<string, number>()
  // Every other file has all kinds, and the minute that they take is enough.
  for (const [name, bytes] of [...files].filter((_, n) => n % 2 === 0)) {
    for (const { kind, bytes: faulty, code, offset } of faultsOf(bytes)) {
      const { error } = await validate(faulty)
      const found = error as { code?: string; byteOffset?: number; message?: string } | undefined
      // Where a fragment is lost, a gap of ffmpeg's own may come before the one that is left.
      const isPlaced = offset !== undefined && !(code === 'FRAGMENT_LOST' && withGaps.has(name))
      const isSame = found?.code === `AVIO_ERR_MP4_${code}` && (!isPlaced || found.byteOffset === offset)
      if (!isSame) t.fail(`${name}, ${kind}: ${code} at ${offset}, but ${found?.message ?? 'it passed'}`)
      kinds.set(code, (kinds.get(code) ?? 0) + 1)
      bad++
    }
  }
  for (const [code, count] of kinds) t.comment(`${code}: ${count}`)
  t.ok(kinds.size >= 20, `${kinds.size} codes`)
})

t.test('has hundreds of files of either kind', t => {
  t.comment(`${good} files that are well, ${bad} that are not`)
  t.ok(good >= 300 && bad >= 300, `${good} and ${bad}`)
  t.end()
})
