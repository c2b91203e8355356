import t from 'tap'
import { faultsOf } from '../support/labelled-bad.js'
import { GOOD, goodFile } from '../support/labelled-good.js'
import { writtenByFfmpeg } from '../support/labelled-media.js'
import { validate } from '../support/validate.js'

/**
 * More than a thousand labelled files: the validator must pass the good ones, and report the bad ones with the code and
 * position of their label. ffmpeg writes a few of them; the rest are derived from these (labelled-good.ts,
 * labelled-bad.ts).
 */
const files = await writtenByFfmpeg()
/** Files with a gap in ffmpeg's own times: if a sequence number is missing too, it looks like a lost fragment. */
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
  // Every other file covers all kinds, and takes a minute.
  for (const [name, bytes] of [...files].filter((_, n) => n % 2 === 0)) {
    for (const { kind, bytes: faulty, code, offset } of faultsOf(bytes)) {
      const { error } = await validate(faulty)
      const found = error as { code?: string; byteOffset?: number; message?: string } | undefined
      // A gap of ffmpeg's own may precede that of a lost fragment.
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

t.test('covers hundreds of good and of bad files', t => {
  t.comment(`${good} good files, ${bad} bad ones`)
  t.ok(good >= 300 && bad >= 300, `${good} and ${bad}`)
  t.end()
})
