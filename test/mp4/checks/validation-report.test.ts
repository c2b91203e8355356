import { readFile } from 'node:fs/promises'
import t from 'tap'
import { MP4_ERROR_CODES } from '../../../lib/errors/codes.js'
import { MP4_WARNING_CODES } from '../../../lib/mp4/checks/validation-report.js'

t.test('uses exactly the codes that have a row in docs/validation.md, errors and warnings', async t => {
  const page = await readFile(new URL('../../../docs/validation.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(AVIO_(?:ERR|WARN)_MP4_\w+)`/gm)].map(match => match[1]!)
  // Such a track is valid in fragments: only the conversion to an ordinary file rejects it.
  const codes = MP4_ERROR_CODES.filter(code => code !== 'AVIO_ERR_MP4_TRACK_UNSUPPORTED')
  t.same([...rows].sort(), [...codes, ...MP4_WARNING_CODES].sort())
})

t.test('keeps warnings apart from errors', async t => {
  for (const code of MP4_WARNING_CODES) t.match(code, /^AVIO_WARN_MP4_[A-Z0-9_]+$/)
})
