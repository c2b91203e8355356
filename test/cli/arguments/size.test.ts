import t from 'tap'
import { sizeOption } from '../../../lib/cli/arguments/size.js'

t.test('reads sizes in KiB, MiB and GiB', async t => {
  const sizes = { '24MiB': 24 * 1024 ** 2, '2GiB': 2 * 1024 ** 3, '65536KiB': 64 * 1024 ** 2 }
  for (const [word, bytes] of Object.entries(sizes))
    t.equal(sizeOption(word, '--memory-budget', 24 * 1024 ** 2), bytes, word)
})

t.test('refuses a number without a unit, decimal units, too little, and anything else', async t => {
  for (const word of [
    '',
    '512',
    '512M',
    '512MB',
    '512mib',
    '1.5GiB',
    '-1GiB',
    '1 GiB',
    '23MiB',
    '1e3MiB',
    'GiB',
  ])
    t.throws(
      () => sizeOption(word, '--memory-budget', 24 * 1024 ** 2),
      {
        code: 'AVIO_ERR_OPTION',
        option: '--memory-budget',
        message: `--memory-budget must be a size, such as 512MiB or 2GiB, of at least 24MiB; it is "${word}".`,
      },
      word,
    )
})
