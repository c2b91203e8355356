import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { blocksOf } from '../support/docs-code.js'

/** Runs the programs of docs/getting-started.md one after another, as a reader would. */

const run = promisify(execFile)
const page = readFileSync(fileURLToPath(new URL('../../docs/getting-started.md', import.meta.url)), 'utf8')
const blocks = blocksOf('docs/getting-started.md', page).map(({ code }) => code)

/** The arguments of the page's command that generates the source, for a shorter source. */
function sourceArguments(): string[] {
  const [, command = ''] = /^ffmpeg ((?:.*\\\n)*.*)$/m.exec(page) ?? []
  const args = command.split(/[\s\\]+/)
  return args.map((arg, n) => (args[n - 1] === '-t' ? '2' : arg))
}

t.test('stores, transcodes and inspects an object with the programs of the page', async t => {
  const folder = t.testdir()
  const write = (name: string, n: number, change = (code: string) => code) => {
    writeFileSync(join(folder, name), change(blocks[n]!))
    return join(folder, name)
  }
  const store = spawn(process.execPath, [write('store.mjs', 0, code => code.replace('9000', '0'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(async () => {
    store.kill()
    await once(store, 'close')
  })
  const [line] = (await once(createInterface(store.stdout), 'line')) as [string]
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: /http:\S+/.exec(line)![0],
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIALOCALS3',
    AWS_SECRET_ACCESS_KEY: 'local-s3-secret',
  }
  const node = async (name: string, n: number, source = 'talk.mov') => {
    const program = write(name, n, code => code.replace('masters/talk.mov', `masters/${source}`))
    return (await run(process.execPath, [program], { cwd: folder, env })).stdout
  }

  await run(process.env['FFMPEG_PATH'] ?? 'ffmpeg', sourceArguments(), { cwd: folder })
  t.equal(await node('upload.mjs', 1), '')
  t.match(await node('transcode.mjs', 2), /stored \d+ bytes, ETag "/)
  const misspelt = await node('misspelt.mjs', 2, 'tlak.mov').catch((error: unknown) => String(error))
  t.match(misspelt, /AVIO_ERR_NO_SUCH_KEY/)
  t.match(await node('look.mjs', 3), /^2\S* \[ 'video: h264', 'audio: aac' \]/)
  t.equal(readdirSync(folder).filter(name => name.endsWith('.jpg')).length, 3)
})
