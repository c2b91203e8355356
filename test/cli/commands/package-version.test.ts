import { readFileSync } from 'node:fs'
import t from 'tap'
import { packageVersion } from '../../../lib/cli/commands/package-version.js'

t.test('is that of package.json', async t => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  t.equal(packageVersion(), (JSON.parse(text) as { version: string }).version)
})
