import t from 'tap'
import { runCli } from '../support/cli.js'

t.test('flushes its output and exits, though standard input stays open', async t => {
  const { code, stdout } = await runCli(['--help'])
  t.equal(code, 0)
  t.match(stdout.toString(), /avio-streams COMMAND --help/)
})
