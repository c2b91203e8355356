import { readFile } from 'node:fs/promises'
import t from 'tap'
import { MP4_ERROR_CODES } from '../../lib/errors.js'
import { MP4_WARNING_CODES } from '../../lib/mp4/validation.js'

t.test('docs/validation.md has a row for every code, error or warning, and for no other', async t => {
  const page = await readFile(new URL('../../docs/validation.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(AVIO_(?:ERR|WARN)_MP4_\w+)`/gm)].map(match => match[1]!)
  t.same([...rows].sort(), [...MP4_ERROR_CODES, ...MP4_WARNING_CODES].sort())
})

t.test('warnings can not be taken for errors', async t => {
  for (const code of MP4_WARNING_CODES) t.match(code, /^AVIO_WARN_MP4_[A-Z0-9_]+$/)
})
