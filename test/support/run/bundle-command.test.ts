import { execFile } from 'node:child_process'
import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { COMMAND, ROOT, compiledOf, programArgs } from '../program.js'
import { bundleCommand } from './bundle-command.js'

const execute = promisify(execFile)

t.test('compiled tests start the command from a bundle, which is made once', async t => {
  // Below the root, as `.build/`: what the bundle lacks is found there.
  const folder = join(t.testdir({ probe: { 'chunk-OLD.mjs': '', 'chunk-NEW.mjs': '' } }), 'probe')
  utimesSync(join(folder, 'chunk-OLD.mjs'), 1e9, 1e9)
  t.equal(await bundleCommand(folder), true)
  t.equal(await bundleCommand(folder), false)
  const rest = readdirSync(folder).filter(name => /-(?:OLD|NEW)\b/.test(name))
  t.same(rest, ['chunk-NEW.mjs'], 'another run may be at work with young parts')

  const words = ['--print-job', '-i', 's3://in/a.mov', '-c', 'copy', 's3://out/a.mp4']
  const compiled = await execute(process.execPath, [compiledOf(join(ROOT, 'lib/cli.ts')), ...words])
  const bundled = await execute(process.execPath, [join(folder, 'cli.mjs'), ...words])
  t.match(bundled.stdout, 's3://out/a.mp4')
  t.equal(bundled.stdout, compiled.stdout)

  const made = join(folder, 'made.json')
  const sums = JSON.parse(readFileSync(made, 'utf8')) as Record<string, string>
  t.notMatch(
    Object.keys(sums).join(),
    /node_modules\/(?:bullmq|ffmpeg-static|ioredis|pg)\//,
    'peers are found by Node',
  )
  for (const file of ['.build/lib/cli.js', 'test/support/run/bundle-command.ts']) {
    writeFileSync(made, JSON.stringify({ ...sums, [file]: 'old' }))
    t.equal(await bundleCommand(folder), true, `another ${file} is another bundle`)
  }
})

t.test('only the command has one', async t => {
  const [program] = programArgs(join(ROOT, 'lib/cli.ts')).slice(-1)
  const isCompiled = process.argv[1] !== import.meta.filename
  t.equal(program, isCompiled ? join(COMMAND, 'cli.mjs') : join(ROOT, 'lib/cli.ts'))
  const other = join(ROOT, 'test/support/store-process.ts')
  t.same(programArgs(other).slice(-1), [isCompiled ? compiledOf(other) : other])
})
