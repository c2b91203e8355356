import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { fileWritableSettings } from '../../../lib/io/file/file-writable-options.js'
import { GiB, KiB, MiB } from '../../../lib/options.js'

t.test('has defaults', async t => {
  t.same(fileWritableSettings({ path: 'a' }), {
    path: 'a',
    place: join(process.cwd(), 'a'),
    overwrite: true,
    mode: 0o666,
    headerReserve: MiB,
    headerHoldSize: 8 * MiB,
    beforeCommit: undefined,
    signal: undefined,
    highWaterMark: 256 * KiB,
  })
})

t.test('accepts every option, and a file: URL as the path', async t => {
  const given = {
    overwrite: false,
    mode: 0o600,
    headerReserve: 16,
    headerHoldSize: 0,
    beforeCommit: () => true,
    signal: new AbortController().signal,
    highWaterMark: 0,
  }
  const path = process.execPath
  t.same(fileWritableSettings({ path: pathToFileURL(path), ...given }), { path, place: path, ...given })
})

t.test('rejects invalid options and names the rule', async t => {
  for (const [option, value, rule] of [
    ['overwrite', 'no', /true or false/],
    ['mode', 0o1000, /from 0 to 511/],
    ['mode', '644', /got "644"/],
    ['headerReserve', 15, /from 16 to 1073741824 bytes, got 15/],
    ['headerHoldSize', GiB + 1, /from 0 to 1073741824 bytes/],
    ['beforeCommit', true, /a function/],
    ['signal', {}, /AbortSignal/],
    ['highWaterMark', null, /bytes, got null/],
    ['flags', 'wx', /has no option "flags"/],
  ] as const) {
    const options = { [option]: value } as object
    t.throws(
      () => fileWritableSettings({ path: 'a', ...options }),
      { code: 'AVIO_ERR_OPTION', message: rule },
      option,
    )
  }
  for (const path of ['', 7, undefined, new URL('https://example.com/a')]) {
    const rule = { code: 'AVIO_ERR_OPTION', message: /a path or a file: URL/ }
    t.throws(() => fileWritableSettings({ path: path as string }), rule)
  }
  t.throws(() => fileWritableSettings(null as never), { code: 'AVIO_ERR_OPTION' })
})
